"""A shop in a scratch folder, and a samekeyd beside it: where commands are run with faults."""
# SPDX-License-Identifier: MIT
import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile
import time

from drive import LASTING, Control, ask, finish, preloaded, scratch_environment, stand_in
from rows import APART

CANARIES = {
    "NEXTAUTH_SECRET": "cAnaryStrongK7Vw2mQx9RtLzB4nHcYfPd6sJgA8",
    "NEXTAUTH_SECRET local": "cAnaryLocalT8LmXw3RkV7nYc5HdPf9GsJ2aUe6",
    "DB_PASSWORD": "cAnaryFileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK",
}


def signed(key):
    """A token, as a build may hold one."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256"}', b'{"sub":"build"}')]
    mac = hmac.new(key.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def packed(name, content):
    """A gzipped tar archive with one member."""
    into, member = io.BytesIO(), tarfile.TarInfo(name)
    member.size = len(content)
    with tarfile.open(fileobj=into, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content.encode()))
    return gzip.compress(into.getvalue(), mtime=0)


FILES = {
    ".env": "# of all modes\nNEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET"] + "\nPORT=3000\nMARK=\"a b\"\n",
    ".env.local": "NEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET local"] + "\n",
    "secrets/DB_PASSWORD": CANARIES["DB_PASSWORD"],
    "samekey.ini": "[app]\nname = web\n[sources]\nsecrets = secrets\n[key NEXTAUTH_SECRET]\nshared = yes\n",
    "odd/.env": "A='b c'\nB=\"x\"\n",
    "bare/server.js": "const key = process.env.NEXTAUTH_SECRET || 'none'\n",
    "bare/.env": "NEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET"] + "\n",
    "built/server.js": "var a = \"" + CANARIES["DB_PASSWORD"] + "\"\n",
    "built/app.tgz": packed("app/page.js", "var b = \"" + CANARIES["DB_PASSWORD"] + "\"\n"),
    "tokens/page.js": "var t = \"" + signed(CANARIES["NEXTAUTH_SECRET local"]) + "\"\n",
    "deployed/.env": "NEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET"] + "\n",
    "deployed/compose.yaml": "services:\n  web:\n    image: web\n    environment:\n      NEXTAUTH_SECRET: "
                             "${NEXTAUTH_SECRET:-your-secret-key}\n      PORT: \"3000\"\n",
    "deployed/Dockerfile": "FROM node:20\nCOPY .env .\nENV NEXTAUTH_SECRET=your-secret-key\n",
    "host/etc/systemd/system/web.service": "[Service]\nEnvironment=NEXTAUTH_SECRET=your-secret-key\n"
                                           "EnvironmentFile=/deployed/.env\nExecStart=/usr/bin/node server.js\n",
    "verifier.ini": "[profile session]\napp = web\nkey = NEXTAUTH_SECRET\n",
    "out.env": "# what was there\n",
}
HANGS = 20  # seconds after which a command hangs; the usual one takes some milliseconds
LOOPS = 5  # the same where libseccomp is known to turn in a circle


class World:
    """A shop in a scratch folder, and a samekeyd beside it. `inside` is the program whose calls fail."""

    def __init__(self, library, inside="samekey"):
        self.at = tempfile.mkdtemp(prefix="skf.")
        self.library, self.inside = library, inside
        self.daemon = self.holder = None
        self.samekey, self.samekeyd = os.environ["SAMEKEY"], os.environ["SAMEKEYD"]
        self.environment = scratch_environment(self.at)
        self.shop = f"{self.at}/shop"
        self.watched = [f"{self.at}/{folder}" for folder in ("shop", "home", "state", "tmp")]
        os.mkdir(f"{self.shop}/.git")
        for name, text in FILES.items():
            self.put(f"{self.shop}/{name}", text if isinstance(text, bytes) else text.encode())
        self.control = Control(f"{self.at}/control", inside, APART.get(inside, ()))
        if inside != "samekey":
            self.surround()
        self.start_daemon()
        self.run(["check"], False)  # makes the key of fingerprints
        self.run(["offer", "--name", "web"], False)
        self.token = self.mint()
        time.sleep(0.1)  # so that no file is as young as one that is being written
        self.files = self.snapshot()
        self.bundles = self.held()

    @staticmethod
    def put(path, content, mode=0o600):
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)

    def surround(self):
        """A samekey that finds a stand-in of the helper beside itself."""
        os.mkdir(f"{self.at}/bin", 0o700)
        for program in ("samekey", "samekeyd", "samekey-scan"):
            real, path = f"{os.path.dirname(self.samekey)}/{program}", f"{self.at}/bin/{program}"
            if program == self.inside:
                stand_in(path, real, self.library, self.control)
            elif program == "samekey":
                shutil.copy(real, path)  # a link would lead it back to where it was built
            else:
                os.symlink(real, path)
        self.samekey = f"{self.at}/bin/samekey"

    def hold(self):
        """Starts a process of the app with a value that lost, for those that look at processes."""
        self.holder = subprocess.Popen(["sleep", "100000"], cwd=self.shop, stdin=subprocess.DEVNULL,
                                       env={"NEXTAUTH_SECRET": CANARIES["NEXTAUTH_SECRET"]})

    def start_daemon(self):
        self.put(f"{self.at}/samekeyd.ini", (
            f"[listen]\nhandoff = {self.at}/run/handoff.sock\napi = {self.at}/run/api.sock\n"
            f"[profile session]\napp = web\nkey = NEXTAUTH_SECRET\n"
            f"[store]\nurl = sqlite:{self.at}/run/sessions.db\n"
            f"[limits]\ndeadline = 20s\n").encode())  # as long as we wait: on a busy machine we are slow to ask
        self.log = open(f"{self.at}/log", "ab")
        self.daemon = subprocess.Popen([self.samekeyd, "--ini", f"{self.at}/samekeyd.ini"],
                                       env={**self.environment, **LASTING},
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return self.ask("/healthz")
            except OSError:
                time.sleep(0.02)
        raise SystemExit("samekeyd does not answer:\n" + open(f"{self.at}/log").read())

    def ask(self, target):
        return ask(f"{self.at}/run/api.sock", "GET", target)[2]

    def held(self):
        """What samekeyd holds: the names of keys of each live bundle."""
        apps = json.loads(self.ask("/v1/secrets"))["apps"]
        return {(app["app"], tuple(key["key"] for key in app["keys"])) for app in apps}

    def run(self, words, faulted=True, given=b"", wait=HANGS):
        environment = self.environment
        if faulted and self.inside == "samekey":
            environment = preloaded(environment, self.library, self.control)
        ended = finish([self.samekey, *words], environment, self.shop, given, wait)
        if self.inside == "samekeyd":
            self.await_private()
        return ended

    def await_private(self):
        """A private verifier ends behind its app, and takes its folder along; what is left is judged."""
        deadline = time.monotonic() + 5
        while os.listdir(f"{self.at}/tmp") and time.monotonic() < deadline:
            time.sleep(0.01)

    def mint(self):
        return self.run(["issue", "--claim", "sub=alice"], False)[1]

    def snapshot(self):
        found = {}
        for top in self.watched:
            for folder, _, names in os.walk(top):
                for name in names:
                    path = f"{folder}/{name}"
                    facts = os.lstat(path)
                    if stat.S_ISREG(facts.st_mode):
                        with open(path, "rb") as file:
                            found[path] = (facts.st_mode & 0o7777, file.read())
                    elif not stat.S_ISLNK(facts.st_mode):
                        found[path] = (0, b"")
                if folder != top:
                    found[folder] = (0, b"")
        return found

    def restore(self, now):
        for path in sorted(now.keys() - self.files.keys(), reverse=True):  # what is in a folder before it
            os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
        changed = [path for path, facts in self.files.items() if now.get(path) != facts and facts[0]]
        for path in changed:
            self.put(path, self.files[path][1], self.files[path][0])
        if changed:
            time.sleep(0.03)  # as in the beginning

    def close(self):
        """Returns: what is wrong with samekeyd's end."""
        self.daemon.terminate()
        status = self.daemon.wait(20)
        with open(f"{self.at}/log", errors="replace") as file:
            log = file.read()
        wrong = [f"samekeyd ended with {status}"] if status else []
        return wrong + ["a value in samekeyd's log"] * ("cAnary" in log)

    def abandon(self):
        """Whatever came: nothing of it goes on."""
        for process in (self.daemon, self.holder):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.log.close()
        shutil.rmtree(self.at)
