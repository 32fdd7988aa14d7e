"""A samekeyd with every door, which the fault tests ask: in a scratch folder, with a login server and one app."""
# SPDX-License-Identifier: MIT
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time

from drive import Control, ask, finish, preloaded, scratch_environment, stand_in
from rows import APART_IN_DAEMON

SECRET = "cAnaryStrongK7Vw2mQx9RtLzB4nHcYfPd6sJgA8"
LOGIN = f"{os.path.dirname(os.path.abspath(__file__))}/../daemon/login_server.py"
PATIENCE = 20  # seconds for what must come
NO_ANSWER = 0


class Site:
    """A samekeyd with all its doors, a login server, and one app."""

    forgets = False  # the database, before each start

    def __init__(self, library, inside, redis=None):
        self.at = tempfile.mkdtemp(prefix="skf.")
        self.environment = scratch_environment(self.at)
        self.control = Control(f"{self.at}/control", inside, APART_IN_DAEMON.get(inside, ()))
        self.inside = inside
        self.started = preloaded(self.environment, library, self.control)
        if inside != "samekeyd":
            path = f"{self.at}/{inside}"
            stand_in(path, f"{os.path.dirname(os.environ['SAMEKEYD'])}/{inside}", library, self.control)
            self.started = self.environment | {"SAMEKEY_UPSTREAM": path}
        self.login = subprocess.Popen([sys.executable, LOGIN, f"{self.at}/port"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        self.until(lambda: os.path.exists(f"{self.at}/port"), "the login server")
        self.redis = self.start_redis(redis) if redis else None
        store = f"redis://{self.at}/run/redis.db" if redis else f"sqlite:{self.at}/run/sessions.db"
        with open(f"{self.at}/port") as file:
            port = file.read().strip()
        self.write("refresh.key", "cAnaryRefreshQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK")
        self.write("shop/.env", f"NEXTAUTH_SECRET={SECRET}\n")
        self.write("shop/samekey.ini", "[app]\nname = web\n[key NEXTAUTH_SECRET]\nrequired = yes\nsecret = yes\n")
        self.write("samekeyd.ini", (
            f"[listen]\nhandoff = {self.at}/run/handoff.sock\napi = {self.at}/run/api.sock\n"
            "[profile access]\napp = web\nkey = NEXTAUTH_SECRET\n"
            f"[profile refresh]\nkey_file = {self.at}/refresh.key\n"
            f"[upstream]\nurl = http://127.0.0.1:{port}/login\n"
            f"[session]\nsocket = {self.at}/run/session.sock\naccess = access\nrefresh = refresh\n"
            "claims = sub:userData.id\nsubject = userData.id\n"
            f"[store]\nurl = {store}\n"))
        self.daemon = None

    def start_redis(self, root):
        """A Redis of its own, from where packages were unpacked."""
        libraries = f"{root}/usr/lib/{os.uname().machine}-linux-gnu"
        redis = subprocess.Popen(
            [f"{root}/usr/bin/redis-server", "--port", "0", "--unixsocket", f"{self.at}/run/redis.db", "--dir", self.at,
             "--save", "", "--unixsocketperm", "700"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=self.environment | {"LD_LIBRARY_PATH": libraries})
        self.until(lambda: os.path.exists(f"{self.at}/run/redis.db"), "Redis")
        return redis

    def write(self, name, text):
        with open(os.open(f"{self.at}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)

    @staticmethod
    def until(comes, what):
        deadline = time.monotonic() + PATIENCE
        while not comes():
            if time.monotonic() > deadline:
                raise SystemExit(f"{what} does not come")
            time.sleep(0.01)

    def launch(self):
        """Starts samekeyd; it need not come up."""
        for name in os.listdir(f"{self.at}/run") if self.forgets else ():
            if name.startswith("sessions.db"):
                os.unlink(f"{self.at}/run/{name}")
        self.log = open(f"{self.at}/log", "ab")
        self.daemon = subprocess.Popen(
            [os.environ["SAMEKEYD"], "--ini", f"{self.at}/samekeyd.ini"], stdin=subprocess.DEVNULL,
            env=self.started, stdout=self.log, stderr=self.log)

    def lives(self):
        """Whether it goes on: it may be about to end when nobody answers."""
        deadline = time.monotonic() + 1
        while self.daemon.poll() is None and not self.serves() and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.daemon.poll() is None

    def serves(self):
        return self.ask("GET", "/healthz")[0] == 200

    def offer(self):
        return finish([os.environ["SAMEKEY"], "offer"], self.environment, f"{self.at}/shop", b"", PATIENCE)

    def start(self):
        self.launch()
        self.until(self.serves, "samekeyd")
        status, _, talk = self.offer()
        if status:
            raise SystemExit(f"the first offer: {talk}")

    def ask(self, method, target, body=None, headers=(), door="api", wait=PATIENCE):
        """Returns: status, headers and body; NO_ANSWER when there is none."""
        try:
            return ask(f"{self.at}/run/{door}.sock", method, target, body, headers, wait)
        except (OSError, http.client.HTTPException):
            return NO_ANSWER, {}, ""

    def stop(self):
        """Returns: what is wrong with the end."""
        if self.daemon.poll() is None:
            self.daemon.terminate()
        try:
            status = self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            status = f"{self.daemon.wait()}: it had to be killed"
        self.log.close()
        wrong = [f"samekeyd ended with {status}"] if status else []
        return wrong + [f"{name} is left" for name in self.sockets()]

    def sockets(self):
        return [name for name in os.listdir(f"{self.at}/run") if name.endswith(".sock")]

    def remove_sockets(self):
        for name in self.sockets():
            os.unlink(f"{self.at}/run/{name}")

    def said(self):
        with open(f"{self.at}/log", errors="replace") as file:
            return file.read()

    def abandon(self):
        """Whatever came: nothing of it goes on."""
        for process in (self.daemon, self.login, self.redis):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.at, ignore_errors=True)

    def close(self):
        for process in (self.login, self.redis):
            if process:
                process.terminate()
                process.wait()
        wrong = ["a value in samekeyd's log"] * ("cAnary" in self.said())
        shutil.rmtree(self.at)
        return wrong
