#!/usr/bin/env python3
"""Runs commands of samekey with the n-th call of each family failing, for every n or a part of them, and
says what came of it that must not: commands.py LIBRARY [COMMAND]...; commands.py LIBRARY --in HELPER ["WORDS"]...
does the same to a program that samekey starts, samekey-scan or a private samekeyd, by all its rows or these.

After each run: an exit status that the design names, the whole answer or the reason on standard error,
no value in what is said, no temporary file, every file as it was or wholly new, no program that crashed, and a
samekeyd that answers and holds whole bundles alone. FAULTS=full tries every n, else FAULTS=N about N of each
kind (default 2); FAULTS_KIND=TEXT picks kinds, =!TEXT all others. SAMEKEY and SAMEKEYD are the programs."""
# SPDX-License-Identifier: MIT
import difflib
import json
import os
import re
import subprocess
import sys
from collections import Counter

from drive import FOR_GOOD, JUMP, KINDS, chosen, is_picked, kind_text, numbers, sum_up
from rows import HELPERS, ROWS
from world import HANGS, LOOPS, World

LOST = "another answer, and not a word about it"
# What libraries do where memory runs out under them: told in docs/RELIABILITY.md, and counted.
OPEN = (
    ("libseccomp", ("samekeyd crashed", "samekey-scan crashed", "a helper was ended by a signal", "it hangs"),
     "a helper that libseccomp ends, or does not come back to, at its start (open)"),
)


def plain(bytes_, loose):
    """What is the same in every run."""
    text = bytes_.decode(errors="replace")
    text = re.sub(r"skf\.\w+", "skf", text)
    text = re.sub(r", \d+ [a-z]+ old", "", text) if loose else text  # not of what is not a second old
    text = re.sub(r"\d+ (s|min|minutes?)\b", "# s", text) if loose else text
    text = re.sub(r'"lineage":"[^"]*"', "", text)  # says of each ancestor what it was told
    return re.sub(r"[0-9A-Za-z_-]{20,}|\b[0-9a-f]{12}\b|\d+", "#", text) if loose else text


def said_lines(talk, output):
    """What is told of the outcome: a line, or in JSON a finding or an error."""
    said = set(plain(talk, True).splitlines())
    said |= {line for line in output.decode(errors="replace").splitlines()
             if re.search(r"; [1-9]\d* errors?\b|\b[1-9]\d* errors?\b(?!, \d)|scan-incomplete|\[[a-z-]+\]$", line)}
    try:
        answer = json.loads(output)
        answer["findings"] = [*answer.get("findings", []), *(
            one for examination in answer.get("examinations", []) for one in examination["findings"])]
        for name in ("findings", "error", "title", "reasons", "unasked"):
            told = answer.get(name) or []
            said |= {plain(json.dumps(one).encode(), True) for one in (told if isinstance(told, list) else [told])}
        said |= {f"unseen: {name}" for name, count in (answer.get("unseen") or {}).items() if count}
    except (ValueError, TypeError, AttributeError):
        pass  # no JSON, or a part of it, which tells nothing
    return said


def difference(usual, now):
    """The lines, or members, that are only in one of two answers."""
    usual, now = (text.replace(",", ",\n").splitlines() for text in (usual, now))
    return [line for line in difflib.unified_diff(usual, now, n=0, lineterm="")][2:22]


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
        wait = LOOPS if kind.family == "library" else HANGS
        status, output, talk = self.world.run(self.row.words, given=self.given, wait=wait)
        self.world.control.rest()
        fired = self.world.control.fired()
        told = bool(said_lines(talk, output) - said_lines(self.usual[2], self.usual[1]))
        told_or_lost = told or kind.family == "write"  # the talk is written too
        wrong = list(self.judge_end(status, output, talk, told_or_lost, kind))
        now = self.world.snapshot()
        wrong += self.judge_files(now, kind, told)
        self.world.restore(now)
        if self.world.control.crash():
            wrong.append(f"{self.world.inside} crashed by signal {self.world.control.crash()}")
        wrong += self.judge_daemon()
        return fired, status, wrong, output, talk

    def is_open(self, kind):
        """Whether nobody knows the answer: others' processes come and go; tokens and ages go by the clock."""
        return self.row.machine and not is_alone() or kind.mode == JUMP and (
            self.row.machine or self.world.inside == "samekeyd")

    def judge_end(self, status, output, talk, told, kind):
        usual_status, usual_output, _ = self.usual
        if status is None:
            yield "it hangs"
        elif status not in self.row.exits:
            yield f"exit status {status}"
        if b"by signal" in talk:
            yield "a helper was ended by a signal"
        if b"cAnary" in talk or (b"cAnary" in output and not self.row.prints_values):
            yield "a value is shown"
        if self.is_open(kind):
            return
        if status == usual_status:
            now, usual = plain(output, self.row.loose), plain(usual_output, self.row.loose)
            if now != usual and not told:
                yield "\n".join([LOST, *difference(usual, now)])
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
            if was is None and self.world.inside == "samekeyd" and kind.family == "look" and (
                    kind.mode == FOR_GOOD or "lstat" in self.world.control.where()):
                continue  # it removes no socket that it cannot look at
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
        if not is_picked(kind, pick):
            continue
        tried = list(numbers(" ".join(row.words), kind, judge.reached[kind.family], most))
        if not most and kind.family != "library":
            tried += range(judge.reached[kind.family] + 1, judge.reached[kind.family] + 200)
        for at in tried:
            fired, status, wrong, output, talk = judge.attempt(kind, at)
            if not fired and at > judge.reached[kind.family] - 1:
                break
            tally[kind.family] += bool(fired)
            tally[f"exit {status}"] += bool(fired)
            for text in wrong:
                known = next((name for library, begin, name in OPEN if kind.family == "library" and
                              text.startswith(begin) and library in world.control.where()), None)
                if known:
                    tally[known] += 1
                    continue
                wrong_rows.append((kind, at, text, world.control.where() + "\n" +
                                   (talk[-800:] + b"|" + output[-300:]).decode(errors="replace")))
    for kind, at, text, where in wrong_rows:
        shown = kind_text(kind) if kind else "no fault"
        told = f"{world.inside} in samekey {' '.join(row.words)}: {shown}, call {at}: {text}\n{where}"
        print(told.replace("\n", "\n  "))
    return len(wrong_rows)


def run_world(library, inside, row, tally):
    """One row, in a shop beside a samekeyd that knows of nothing before."""
    world = World(library, inside)
    try:
        if row.machine:
            world.hold()
        wrong = run_row(world, row, *chosen(), tally)
        for text in world.close():
            print(text)
            wrong += 1
        return wrong
    finally:
        world.abandon()


# ---- alone: nobody else's processes are seen, so that what is said of all of them is known

UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--pid", "--fork", "--kill-child",
           "--mount-proc"]


def is_alone():
    return "FAULTS_ALONE" in os.environ


def become_alone():
    """Begins again with no other processes in sight, below a shell that buries the orphans."""
    if subprocess.run([*UNSHARE, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                      check=False).returncode:
        print("processes cannot be hidden here: what is said of all of them is not held to an answer")
        return
    os.environ["FAULTS_ALONE"] = "yes"
    os.execvp(UNSHARE[0], [*UNSHARE, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, *sys.argv])


def main():
    library, *names = sys.argv[1:]
    if names == ["--list"]:
        print("\n".join(ROWS))
        return 0
    inside, table = "samekey", ROWS
    if names[:1] == ["--in"]:
        inside, table, picked = names[1], {}, names[2:]
        names, table[inside] = [inside], [row for row in HELPERS[inside] if not picked or " ".join(row.words) in picked]
    rows = [row for name in names or table for row in table[name]]
    if any(row.machine for row in rows) and not is_alone():
        become_alone()
    tally = Counter()
    return sum_up(tally, sum(run_world(library, inside, row, tally) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
