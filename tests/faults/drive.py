"""What the drivers of the fault tests share: the file by which fault.c is told what shall fail, the kinds
of faults, which n of a kind are tried, how a program is run and a door asked."""
# SPDX-License-Identifier: MIT
import errno
import http.client
import mmap
import os
import signal
import socket
import struct
import subprocess
import tempfile
import zlib
from collections import namedtuple

FAMILIES = ("memory map open look read write receive send change settle wait process clock library").split()
ERROR, FOR_GOOD, EVERY_2ND, SHORT, DRIBBLE, JUMP = range(6)
MODE_WORDS = ("once", "for good", "every second", "one byte", "one byte each", "jump")

Kind = namedtuple("Kind", "family mode reason amount", defaults=(0, 0))

HOUR = 3600
KINDS = [
    Kind("memory", ERROR, errno.ENOMEM),
    Kind("memory", FOR_GOOD, errno.ENOMEM),
    Kind("library", ERROR, errno.ENOMEM),
    Kind("library", FOR_GOOD, errno.ENOMEM),
    Kind("map", ERROR, errno.ENOMEM),
    Kind("map", FOR_GOOD, errno.EPERM),
    Kind("open", ERROR, errno.EMFILE),
    Kind("open", FOR_GOOD, errno.EMFILE),
    Kind("open", ERROR, errno.EIO),
    Kind("open", ERROR, errno.EACCES),
    Kind("open", EVERY_2ND, errno.EINTR),
    Kind("look", ERROR, errno.EIO),
    Kind("look", FOR_GOOD, errno.EACCES),
    Kind("read", ERROR, errno.EIO),
    Kind("read", FOR_GOOD, errno.EIO),
    Kind("read", EVERY_2ND, errno.EINTR),
    Kind("read", SHORT),
    Kind("read", DRIBBLE),
    Kind("write", ERROR, errno.ENOSPC),
    Kind("write", FOR_GOOD, errno.ENOSPC),
    Kind("write", ERROR, errno.EIO),
    Kind("write", EVERY_2ND, errno.EINTR),
    Kind("write", SHORT),
    Kind("write", DRIBBLE),
    Kind("receive", ERROR, errno.ECONNRESET),
    Kind("receive", ERROR, errno.EAGAIN),
    Kind("receive", EVERY_2ND, errno.EINTR),
    Kind("send", ERROR, errno.EPIPE),
    Kind("send", ERROR, errno.EAGAIN),
    Kind("send", EVERY_2ND, errno.EINTR),
    Kind("change", ERROR, errno.EIO),
    Kind("change", ERROR, errno.ENOSPC),
    Kind("change", FOR_GOOD, errno.EROFS),
    Kind("settle", ERROR, errno.EIO),
    Kind("settle", ERROR, errno.EINTR),
    Kind("settle", FOR_GOOD, errno.ENOBUFS),
    Kind("wait", ERROR, errno.ENOMEM),
    Kind("wait", EVERY_2ND, errno.EINTR),
    Kind("process", ERROR, errno.EAGAIN),
    Kind("process", ERROR, errno.EPERM),
    Kind("clock", JUMP, 0, -5 * HOUR),
    Kind("clock", JUMP, 0, 30 * HOUR),
]


def kind_text(kind):
    reason = errno.errorcode.get(kind.reason, "")
    if kind.mode == JUMP:
        reason = f"{kind.amount // HOUR:+} h"
    return " ".join(word for word in (kind.family, reason, MODE_WORDS[kind.mode]) if word)


def is_picked(kind, text):
    """Whether the kind's name holds the text; behind a "!": does not."""
    return text[1:] not in kind_text(kind) if text.startswith("!") else text in kind_text(kind)


class Control:
    """The shared file; laid out as struct control in fault.c."""

    NAMES = struct.Struct("=32s64s")
    HEAD = struct.Struct("=IIIiqQQ32sQ64sI4x")
    CALLS = struct.Struct(f"={len(FAMILIES)}Q")

    def __init__(self, path, program, apart=()):
        self.path, self.names = path, (program.encode(), f" {' '.join(apart)} ".encode())
        with open(path, "wb") as file:
            file.write(bytes(4096))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4096)
        self.disarm()

    def arm(self, kind, at):
        self._write(1, kind, at)

    def disarm(self):
        self._write(0, KINDS[0], 0)

    def _write(self, armed, kind, at):
        self.NAMES.pack_into(self.memory, 0, *self.names)
        self.HEAD.pack_into(self.memory, self.NAMES.size, 0, 0, 0, 0, 0, 0, 0, b"", 0, b"", 0)
        self.CALLS.pack_into(self.memory, self.NAMES.size + self.HEAD.size, *[0] * len(FAMILIES))
        self.HEAD.pack_into(self.memory, self.NAMES.size, armed, FAMILIES.index(kind.family), kind.mode,
                            kind.reason, kind.amount, at, 0, b"", 0, b"", 0)

    def _head(self):
        return self.HEAD.unpack_from(self.memory, self.NAMES.size)

    def rest(self):
        """No more failures; what was seen stays."""
        struct.pack_into("=I", self.memory, self.NAMES.size, 0)

    def fired(self):
        return self._head()[6]

    def crash(self):
        """The signal by which the program crashed, or 0: whoever started it may not have told."""
        return self._head()[10]

    def where(self):
        """The function that failed first, and who called it."""
        head = self._head()
        text = [part.split(b"\0")[0].decode(errors="replace") for part in (head[7], head[9])]
        return f"{text[0]} called from {text[1]}+{head[8]:#x}"

    def calls(self, family):
        return self.CALLS.unpack_from(self.memory, self.NAMES.size + self.HEAD.size)[FAMILIES.index(family)]


def preloaded(environment, library, control):
    return environment | {"LD_PRELOAD": library, "FAULT_FILE": control.path}


def scratch_environment(at):
    """What the programs get that work in the scratch folder, whose folders it makes."""
    for folder in ("home", "state", "tmp", "run", "shop"):
        os.mkdir(f"{at}/{folder}", 0o700)
    environment = {"PATH": os.environ["PATH"], "HOME": f"{at}/home", "XDG_STATE_HOME": f"{at}/state",
                   "TMPDIR": f"{at}/tmp", "LC_ALL": "C.UTF-8", "SAMEKEY_SOCKET": f"{at}/run/handoff.sock"}
    return environment | {name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}


def stand_in(path, program, library, control):
    """A script in the place of a program that gets a clean environment: it becomes the program, preloaded."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o700), "w") as file:
        file.write(f"#!/bin/sh\nLD_PRELOAD='{library}' FAULT_FILE='{control.path}' exec '{program}' \"$@\"\n")


def ask(door, method, target, body=None, headers=(), wait=20):
    """Asks over HTTP at a Unix socket. Returns: status, headers and body; OSError or HTTPException: no answer."""
    connection = http.client.HTTPConnection("localhost", timeout=wait)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(wait)
    try:
        connection.sock.connect(door)
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    finally:
        connection.close()


PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
          127, 151, 181, 211, 251, 307, 401, 503, 701, 1009, 2003, 4001, 8009)


OF_LIBRARIES = 50  # of a library's calls that are a family of their own, where every n of the others is tried


def numbers(name, kind, reached, most):
    """Which n are tried of `reached` calls: all, or about `most` of them, a prime apart, from where this
    row and kind begin. FAULTS_PART=1/2 leaves every second of them to another driver."""
    part, parts = (int(number) for number in (os.environ.get("FAULTS_PART") or "1/1").split("/"))
    if kind.family == "library":
        most = most or OF_LIBRARIES
    found = range(1, reached + 1)
    if most and reached > most:
        step = next((prime for prime in PRIMES if prime * most >= reached), PRIMES[-1])
        found = range(1 + zlib.crc32(f"{name} {kind_text(kind)}".encode()) % step, reached + 1, step)
    yield from list(found)[part - 1::parts]


LASTING = {"FAULTS_LASTING": "yes"}  # in the environment of what a test starts for all of its runs


def end_others(environment):
    """Ends what it started in sessions of their own: a helper that spins in a library would do so for good."""
    mark = os.fsencode(f"HOME={environment['HOME']}")  # of this test alone
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                variables = file.read().split(b"\0")
            if mark in variables and b"FAULTS_LASTING=yes" not in variables:
                os.kill(int(entry), signal.SIGKILL)
        except OSError:
            pass  # it ended meanwhile, or is another's


def finish(words, environment, folder, given, seconds):
    """Runs a program to its end. Returns: status (negative: a signal; None: it hangs), stdout, stderr."""
    with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as talk:
        into.write(given)
        into.seek(0)
        process = subprocess.Popen(words, cwd=folder, env=environment, stdin=into, stdout=output, stderr=talk,
                                   start_new_session=True)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        if status is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            end_others(environment)
        output.seek(0)
        talk.seek(0)
        return status, output.read(), talk.read()


def chosen():
    """Returns: about how many n of a kind are tried (0: all), and the text that its name holds."""
    full = os.environ.get("FAULTS") or "2"
    return 0 if full == "full" else int(full), os.environ.get("FAULTS_KIND", "")


def sum_up(tally, wrong):
    """Prints what came of all. Returns: the exit status."""
    print(", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"{sum(count for what, count in tally.items() if what in FAMILIES)} faults, {wrong} wrong")
    return 1 if wrong else 0
