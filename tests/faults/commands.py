#!/usr/bin/env python3
"""Runs commands of samekey with the n-th call of each family failing, for every n or a part of them, and
says what came of it that must not: commands.py LIBRARY [COMMAND]...

After each run: an exit status that the design names, the whole answer or the reason on standard error,
no value in what is said, no temporary file, every file as it was or wholly new, and a samekeyd that
answers and holds whole bundles alone. FAULTS=full tries every n, else FAULTS=N about N of each kind
(default 2); FAULTS_KIND=TEXT picks kinds. SAMEKEY and SAMEKEYD are the programs."""
# SPDX-License-Identifier: MIT
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

from drive import Control, FAMILIES, KINDS, finish, kind_text, numbers, preloaded

CANARIES = {
    "NEXTAUTH_SECRET": "cAnaryStrongK7Vw2mQx9RtLzB4nHcYfPd6sJgA8",
    "NEXTAUTH_SECRET local": "cAnaryLocalT8LmXw3RkV7nYc5HdPf9GsJ2aUe6",
    "DB_PASSWORD": "cAnaryFileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK",
}
FILES = {
    ".env": "# of all modes\nNEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET"] + "\nPORT=3000\nMARK=\"a b\"\n",
    ".env.local": "NEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET local"] + "\n",
    "secrets/DB_PASSWORD": CANARIES["DB_PASSWORD"],
    "samekey.ini": "[app]\nname = web\n[sources]\nsecrets = secrets\n[key NEXTAUTH_SECRET]\nshared = yes\n",
    "odd/.env": "A='b c'\nB=\"x\"\n",
    "bare/server.js": "const key = process.env.NEXTAUTH_SECRET || 'none'\n",
    "bare/.env": "NEXTAUTH_SECRET=" + CANARIES["NEXTAUTH_SECRET"] + "\n",
    "built/server.js": "var a = \"" + CANARIES["DB_PASSWORD"] + "\"\n",
    "out.env": "# what was there\n",
}
HANGS = 20  # seconds after which a command hangs; the usual one takes some milliseconds
LOST = "another answer, and not a word about it"
OF_ALL = {0, 65, 66, 69, 75, 77, 78}
FINDS = OF_ALL | {1}


class Row:
    """How one command is run, and what may be different afterwards."""

    def __init__(self, words, exits=FINDS, given=b"", writes=(), prints_values=False, loose=False, before=(),
                 may_miss=False, machine=False):
        self.words, self.exits, self.given = words.split(), exits, given
        self.writes, self.prints_values = writes, prints_values
        self.loose = loose  # what is random, or a time, differs
        self.machine = machine  # speaks of all that runs here, which changes by itself
        self.may_miss = may_miss  # says what it did not see, and goes on
        self.before = before  # what is run first, without a fault


ROWS = {
    "": [Row("", OF_ALL)],
    "init": [Row("init --root bare", writes=["bare/samekey.ini"], may_miss=True), Row("init --print --root bare")],
    "keygen": [Row("keygen", OF_ALL, loose=True)],
    "install": [Row("install installed", OF_ALL, writes=["installed"]),
                Row("install out.env", OF_ALL, writes=["out.env"])],
    "check": [Row("check"), Row("check --json")],
    "explain": [Row("explain"), Row("explain --json")],
    "scan": [Row("scan built"), Row("scan --json built")],
    "offer": [Row("offer --name row", loose=True),
              Row("offer --name row --withdraw", before=["offer", "--name", "row"])],
    "run": [Row("run --name row -- printenv NEXTAUTH_SECRET", (OF_ALL | {126, 127}), prints_values=True),
            Row("run --name row --reach warn -- sh -c true", (OF_ALL | {126, 127})),
            Row("run --name row --phase build --stamp stamp -- true", (OF_ALL | {126, 127}), writes=["stamp"],
                loose=True),
            Row("run --name row --supervise -- true", (OF_ALL | {126, 127}))],
    "status": [Row("status", loose=True), Row("status --json", loose=True), Row("status --health")],
    "drift": [Row("drift", machine=True), Row("drift --json --scan built", machine=True)],
    "ps": [Row("ps", machine=True)],
    "doctor": [Row("doctor files code images git machine verifier bundle", machine=True)],
    "verify": [Row("verify -", given="token", loose=True), Row("verify --json -", given="token", loose=True)],
    "issue": [Row("issue --claim sub=alice", OF_ALL, loose=True)],
    "diagnose": [Row("diagnose -", given="token", loose=True),
                 Row("diagnose --private-verifier -", given="token", loose=True)],
    "revoke": [Row("revoke -", given="new token", loose=True)],
    "dialects": [Row("dialects", OF_ALL), Row("dialects --json", OF_ALL)],
    "parse": [Row("parse --dialect next .env.local .env", OF_ALL, prints_values=True),
              Row("parse --json --dialect docker .env", OF_ALL, prints_values=True)],
    "lint": [Row("lint --loaders next,docker .env .env.local"),
             Row("lint --json --loaders next,docker,compose odd/.env"),
             Row("lint --fix --loaders next,docker odd/.env", writes=["odd/.env"])],
    "export": [Row("export --for docker", OF_ALL, prints_values=True),
               Row("export --for json", OF_ALL, prints_values=True),
               Row("export --for docker out.env", OF_ALL, writes=["out.env"])],
    "help": [Row("help", OF_ALL), Row("help run", OF_ALL), Row("help conflict", OF_ALL)],
}


class World:
    """A shop in a scratch folder, and a samekeyd beside it."""

    def __init__(self, library):
        self.at = tempfile.mkdtemp(prefix="skf.")
        self.library = library
        self.samekey, self.samekeyd = os.environ["SAMEKEY"], os.environ["SAMEKEYD"]
        for folder in ("shop", "home", "state", "run", "tmp"):
            os.mkdir(f"{self.at}/{folder}", 0o700)
        self.shop = f"{self.at}/shop"
        self.watched = [f"{self.at}/{folder}" for folder in ("shop", "home", "state", "tmp")]
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": f"{self.at}/home", "XDG_STATE_HOME": f"{self.at}/state",
            "TMPDIR": f"{self.at}/tmp", "LC_ALL": "C.UTF-8", "SAMEKEY_SOCKET": f"{self.at}/run/handoff.sock"}
        for name in os.environ:
            if name.endswith("SAN_OPTIONS"):
                self.environment[name] = os.environ[name]
        os.mkdir(f"{self.shop}/.git")
        for name, text in FILES.items():
            self.put(f"{self.shop}/{name}", text.encode())
        self.control = Control(f"{self.at}/control", "samekey")
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

    def start_daemon(self):
        self.put(f"{self.at}/samekeyd.ini", (
            f"[listen]\nhandoff = {self.at}/run/handoff.sock\napi = {self.at}/run/api.sock\n"
            f"[profile session]\napp = web\nkey = NEXTAUTH_SECRET\n"
            f"[store]\nurl = sqlite:{self.at}/run/sessions.db\n").encode())
        self.log = open(f"{self.at}/log", "ab")
        self.daemon = subprocess.Popen([self.samekeyd, "--ini", f"{self.at}/samekeyd.ini"], env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return self.ask("/healthz")
            except OSError:
                time.sleep(0.02)
        raise SystemExit("samekeyd does not answer:\n" + open(f"{self.at}/log").read())

    def ask(self, target):
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        try:
            connection.sock.connect(f"{self.at}/run/api.sock")
            connection.request("GET", target)
            return connection.getresponse().read()
        finally:
            connection.close()

    def held(self):
        """What samekeyd holds: the names of keys of each live bundle."""
        apps = json.loads(self.ask("/v1/secrets"))["apps"]
        return {(app["app"], tuple(key["key"] for key in app["keys"])) for app in apps}

    def run(self, words, faulted=True, given=b""):
        environment = preloaded(self.environment, self.library, self.control) if faulted else self.environment
        return finish([self.samekey, *words], environment, self.shop, given, HANGS)

    def mint(self):
        return self.run(["issue", "--claim", "sub=alice"], False)[1]

    def snapshot(self):
        found = {}
        for top in self.watched:
            for folder, _, names in os.walk(top):
                for name in names:
                    path = f"{folder}/{name}"
                    if not os.path.islink(path):
                        facts = os.stat(path)
                        with open(path, "rb") as file:
                            found[path] = (facts.st_mode & 0o7777, file.read())
                if not names and folder not in self.watched:
                    found[folder] = (0, b"")
        return found

    def restore(self, now):
        for path in now.keys() - self.files.keys():
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        changed = [path for path, facts in self.files.items() if now.get(path) != facts and facts[0]]
        for path in changed:
            self.put(path, self.files[path][1], self.files[path][0])
        if changed:
            time.sleep(0.03)  # as in the beginning

    def close(self):
        """Returns: what is wrong with samekeyd's end."""
        self.daemon.terminate()
        status = self.daemon.wait(20)
        self.log.close()
        with open(f"{self.at}/log", errors="replace") as file:
            log = file.read()
        shutil.rmtree(self.at)
        wrong = [f"samekeyd ended with {status}"] if status else []
        return wrong + ["a value in samekeyd's log"] * ("cAnary" in log)


def plain(bytes_, loose):
    """What is the same in every run."""
    text = bytes_.decode(errors="replace")
    text = re.sub(r"skf\.\w+", "skf", text)
    return re.sub(r"[0-9A-Za-z_-]{20,}|\b[0-9a-f]{12}\b|\d+", "#", text) if loose else text


def said_lines(talk, output):
    """What is told of the outcome: a line, or in JSON a finding or an error."""
    said = set(plain(talk, True).splitlines())
    said |= {line for line in output.decode(errors="replace").splitlines()
             if re.search(r"\b[1-9]\d* errors?\b|scan-incomplete", line)}
    try:
        answer = json.loads(output)
        for name in ("findings", "error", "title", "reasons", "unasked"):
            told = answer.get(name) or []
            said |= {plain(json.dumps(one).encode(), True) for one in (told if isinstance(told, list) else [told])}
    except (ValueError, AttributeError):
        pass  # no JSON, or a part of it, which tells nothing
    return said


class Judge:
    """Runs a row with a fault and holds what came of it against the run without."""

    def __init__(self, world, row):
        self.world, self.row = world, row
        self.given = row.given
        world.control.disarm()
        self.prepare()
        self.usual = self.world.run(row.words, given=self.given)
        self.reached = {kind.family: world.control.calls(kind.family) for kind in KINDS}
        self.written = world.snapshot()
        world.restore(self.written)

    def prepare(self):
        if self.row.before:
            self.world.run(self.row.before, faulted=False)
        if self.row.given == "token":
            self.given = self.world.token
        elif self.row.given == "new token":
            self.given = self.world.mint()

    def usual_fails(self):
        status, output, talk = self.usual
        if status in self.row.exits and (status != 75):
            return []
        return [f"without a fault it exits with {status}: {output[-300:]!r} {talk[-600:]!r}"]

    def attempt(self, kind, at):
        """Returns: whether the n-th call came, the exit status, and what is wrong."""
        self.prepare()
        self.world.control.arm(kind, at)
        status, output, talk = self.world.run(self.row.words, given=self.given)
        self.world.control.rest()
        fired = self.world.control.fired()
        told = bool(said_lines(talk, output) - said_lines(self.usual[2], self.usual[1]))
        wrong = list(self.judge_end(status, output, talk, told or kind.family == "write"))  # the talk is written too
        now = self.world.snapshot()
        wrong += self.judge_files(now, kind, told)
        self.world.restore(now)
        wrong += self.judge_daemon()
        return fired, status, wrong, output, talk

    def judge_end(self, status, output, talk, told):
        usual_status, usual_output, _ = self.usual
        if status is None:
            yield "it hangs"
        elif status not in self.row.exits:
            yield f"exit status {status}"
        if b"cAnary" in talk or (b"cAnary" in output and not self.row.prints_values):
            yield "a value is shown"
        if self.row.machine:
            return
        if status == usual_status:
            if plain(output, self.row.loose) != plain(usual_output, self.row.loose) and not told:
                yield LOST
        elif status and not told:
            yield f"exit status {status} without a word"
        elif status == 0 and not told:
            yield "exit status 0 because of a fault"

    def judge_files(self, now, kind, told):
        allowed = {f"{self.world.shop}/{name}" for name in self.row.writes}
        removing = "unlink" in self.world.control.where() or "rmdir" in self.world.control.where()
        for path in now.keys() | self.world.files.keys():
            is_now, was = now.get(path), self.world.files.get(path)
            if is_now == was or (path in allowed and (self.is_whole(path, is_now) or self.row.may_miss and told)):
                continue
            if was is None and (removing or (kind.family == "change" and kind.mode != 0)):
                continue  # what could not be removed is left
            yield f"{path[len(self.world.at):]} is {'gone' if is_now is None else 'new' if was is None else 'changed'}"
            if is_now is not None and b"cAnary" in is_now[1] and was is None:
                yield "and holds a value"

    def is_whole(self, path, is_now):
        """Whether a file is what it becomes without a fault; what is random or a time may differ."""
        should = self.written.get(path)
        return is_now == should or (is_now and should and is_now[0] == should[0] and self.row.loose and
                                    plain(is_now[1], True) == plain(should[1], True))

    def judge_daemon(self):
        if self.world.daemon.poll() is not None:
            yield "samekeyd has ended"
            self.world.start_daemon()
            return
        whole = {keys for _, keys in self.world.bundles}
        for name, keys in self.world.held():
            if keys not in whole and keys != tuple(sorted(self.full_keys())):
                self.world.bundles.add((name, keys))  # told once; a dead one stays in the list
                yield f"samekeyd holds half a bundle of {name}: {' '.join(keys)}"

    @staticmethod
    def full_keys():
        return ("DB_PASSWORD", "MARK", "NEXTAUTH_SECRET", "PORT")


def run_row(world, row, most, pick, tally):
    judge = Judge(world, row)
    wrong_rows = [(None, 0, text, "") for text in judge.usual_fails()]
    for kind in KINDS:
        if pick not in kind_text(kind):
            continue
        tried = list(numbers(" ".join(row.words), kind, judge.reached[kind.family], most))
        if not most:
            tried += range(judge.reached[kind.family] + 1, judge.reached[kind.family] + 200)
        for at in tried:
            fired, status, wrong, output, talk = judge.attempt(kind, at)
            if not fired and at > judge.reached[kind.family] - 1:
                break
            tally[kind.family] += bool(fired)
            tally[f"exit {status}"] += bool(fired)
            for text in wrong:
                if kind.family == "memory" and text == LOST and "libjansson" in world.control.where():
                    tally["a member lost when jansson lacks memory (open, docs/RELIABILITY.md)"] += 1
                    continue
                wrong_rows.append((kind, at, text, world.control.where() + "\n" +
                                   (talk[-800:] + b"|" + output[-300:]).decode(errors="replace")))
    for kind, at, text, where in wrong_rows:
        shown = kind_text(kind) if kind else "no fault"
        print(f"samekey {' '.join(row.words)}: {shown}, call {at}: {text}\n  {where}".replace("\n", "\n  "))
    return len(wrong_rows)


def main():
    library, *names = sys.argv[1:]
    full = os.environ.get("FAULTS") or "2"
    most = 0 if full == "full" else int(full)
    pick = os.environ.get("FAULTS_KIND", "")
    if names == ["--list"]:
        print("\n".join(ROWS))
        return 0
    wrong, tally = 0, Counter()
    for row in (row for name in names or ROWS for row in ROWS[name]):
        world = World(library)  # a samekeyd that knows of nothing before
        wrong += run_row(world, row, most, pick, tally)
        for text in world.close():
            print(text)
            wrong += 1
    print(", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"{sum(count for what, count in tally.items() if what in FAMILIES)} faults, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
