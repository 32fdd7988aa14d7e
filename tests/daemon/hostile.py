#!/usr/bin/env python3
"""A peer that says wrong things to samekeyd's handoff socket: hostile.py SOCKET [--uid N] CASE...

Prints what came back, a line for each case: `verdict accepted`, `verdict refused CODE...`, `problem
CODE`, `answer STATUS BODY`, `closed`; of several cases with the case before it. With --uid it becomes
that user first (as root). With `--serve` alone it reads such lines from standard input. Needs no
module beyond python3-minimal's and handoff_wire.py.
"""
# SPDX-License-Identifier: MIT
import fcntl
import os
import select
import signal
import socket
import sys
import time

from handoff_wire import (ASK, CANARY, CAP, F_ADD_SEALS, PATIENCE, SEALS, VERDICT, WITHDRAW, ask,
                          bundle, candidate, connect, give, key, memfd, offer, packet, read,
                          receive, say, send, sparse, text)

# ---- what goes over many connections or none


def silent(path, *_):
    return read(receive(connect(path)))


def dies(path, *_):
    """Offers and is gone before the verdict: its bundle must not stay live."""
    child = os.fork()
    if child == 0:
        data = bundle("dying")
        send(connect(path), offer(len(data)), [memfd(data)])
        os._exit(0)
    os.waitpid(child, 0)
    return "gone"


def flood(path, *_):
    """Opens more connections than one user may have; says how all but the first ones ended."""
    links = [connect(path) for _ in range(400)]
    answers = set()
    for link in links[200:]:
        answers.add(read(receive(link)))
    return " ".join(sorted(answers))


def flooded(path, *_):
    """As flood, and holds on until its standard input ends."""
    links = [connect(path) for _ in range(400)]
    print(read(receive(links[-1])), flush=True)
    sys.stdin.read()
    return "over"


def deaf(path, *_):
    """Asks on and on and never listens."""
    link = connect(path)
    link.setblocking(False)
    sent, deadline = 0, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            link.sendmsg([ask("/metrics")])
            sent += 1
        except BlockingIOError:
            select.select([], [link], [], 0.1)
        except OSError:
            return "closed"
    return "still open after %d questions" % sent


def talks_on(path, *_):
    """Asks again and again on one connection, and listens."""
    link = connect(path)
    for _ in range(1000):
        send(link, ask("/healthz"))
        if read(receive(link)) == "closed":
            return "closed"
    return "still open"


def odd_descriptors(path, *_):
    """Things that are no memfd. A file on tmpfs has seals, though not all."""
    ends = os.pipe()
    pair = socket.socketpair()
    name = "/dev/shm/hostile.%d" % os.getpid()
    fds = [ends[0], pair[0].fileno(), os.open("/dev/null", os.O_RDONLY),
           os.open("/", os.O_RDONLY), os.open("/proc/self/status", os.O_RDONLY)]
    if os.access("/dev/shm", os.W_OK):
        fds.append(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(name)
        os.write(fds[-1], bundle())
    return " ".join(sorted({say(path, offer(200), [fd]) for fd in fds}))


def own_connection(path, *_):
    """Passes the connection through itself: a cycle that only the kernel can collect."""
    link = connect(path)
    send(link, offer(200), [link.fileno()])
    return read(receive(link))


def every_byte(path, *_):
    """A good bundle cut at every byte: each is refused, and none is half taken."""
    data = bundle()
    return " ".join(sorted({give(path, data[:size], size=len(data[:size]))
                            for size in range(1, len(data))}))


def many(path, *_):
    """More bundles of one process than there is room for."""
    answers = {}
    for i in range(40):
        data = bundle("many-%d" % i)
        said = give(path, data, hold=1)
        answers[said.split(":")[0]] = 1
    return " ".join(sorted(answers))


def pesters(path, *_):
    """Says a wrong thing over and over, each time on a connection of its own."""
    answers = {say(path, b"nonsense") for _ in range(400)}
    return " ".join(sorted(answers))


def flaps(path, *_):
    """Offers one bundle over and over: each is accepted."""
    data, answers = bundle("flapping"), set()
    for _ in range(50):
        link = connect(path)
        for _ in range(20):
            send(link, offer(len(data)), [memfd(data)])
            answers.add(read(receive(link)))
        link.close()
    return " ".join(sorted(answers))


def renames(path, *_):
    """Offers under more names than are remembered, and takes each back: what the last one gets."""
    link, said = connect(path), ""
    for i in range(1100):
        if i % 20 == 0:
            link.close()
            link = connect(path)
        data = bundle("name-%d" % i)
        send(link, offer(len(data), 1), [memfd(data)])
        said = read(receive(link))
        send(link, packet(WITHDRAW, text("name-%d" % i)))
        receive(link)
    return said


def stays(path, *_):
    """Asks for what is held, and once more on the same connection when a line comes in."""
    link = connect(path)
    send(link, ask())
    print(read(receive(link)), flush=True)
    sys.stdin.readline()
    send(link, ask())
    return read(receive(link))


def in_flight(path, *_):
    """Ends the daemon ($DAEMON) while offers are under way: each of them gets its verdict.

    Some links have been heard before, some have sent without an answer, and some speak after it.
    """
    links, data = [connect(path) for _ in range(24)], bundle()
    for link in links[:8]:
        send(link, ask("/healthz"))
        receive(link)
    os.kill(int(os.environ["DAEMON"]), signal.SIGSTOP)  # so that all of it is there at once
    links += [connect(path) for _ in range(8)]
    for link in links[:16] + links[24:]:
        send(link, offer(len(data)), [memfd(data)])
    os.kill(int(os.environ["DAEMON"]), signal.SIGTERM)
    os.kill(int(os.environ["DAEMON"]), signal.SIGCONT)
    answers = {read(receive(link)) for link in links[:16]}
    try:
        while True:
            connect(path).close()
    except OSError as problem:
        answers.add("then " + os.strerror(problem.errno))
    for link in links[16:24]:
        send(link, offer(len(data)), [memfd(data)])
    answers |= {read(receive(link)) for link in links[16:]}
    return ", ".join(sorted(answers))


def full(size):
    """A bundle of exactly so many bytes, of values that are as long as they may be."""
    keys, at = [], len(bundle("full", keys=[]))
    while at < size:
        one = len(key("K%06d" % len(keys), candidates=[candidate(b"")]))
        room = min(size - at - one, 65536)
        if 0 < size - at - one - room < 200:
            room -= 200  # so that the last key has room too
        keys.append(key("K%06d" % len(keys), candidates=[candidate(b"x" * room)]))
        at += one + room
    return bundle("full", keys=keys)


def numbered(count, value=CANARY, app="numbered"):
    return bundle(app,
                  keys=[key("K%06d" % i, candidates=[candidate(value)]) for i in range(count)])


def piles(path, *_):
    """As many keys as may live, in bundles of several apps; then one more, and one less again."""
    said = {give(path, numbered(10000, app="pile-%d" % i)) for i in range(10)}
    over = give(path, numbered(1))
    return ", ".join(sorted(said) + [over, give(path, numbered(9999, app="pile-0")),
                                     give(path, numbered(1))])


def crowd(path, *_):
    """Many bundles of one app with many keys, each with another value, all live
    at once until its standard input ends."""
    holders = []
    for i in range(8):
        data, (end, told) = numbered(10000, CANARY + b"%d" % i), os.pipe()
        child = os.fork()
        if child == 0:
            give(path, data)
            os.write(told, b".")
            signal.pause()
        os.read(end, 1)
        holders.append(child)
    print("held", flush=True)
    sys.stdin.read()
    for child in holders:
        os.kill(child, signal.SIGKILL)
    return "over"


def rewrites(path, *_):
    """Tries to change a bundle that was accepted, in each way that a descriptor has."""
    data = bundle()
    fd = memfd(data)
    link = connect(path)
    send(link, offer(len(data)), [fd])
    said = read(receive(link))
    for change in (lambda: os.pwrite(fd, b"x", 40), lambda: os.ftruncate(fd, 10),
                   lambda: os.ftruncate(fd, CAP),
                   lambda: fcntl.fcntl(fd, F_ADD_SEALS, 16),
                   lambda: os.pwrite(os.open("/proc/self/fd/%d" % fd, os.O_RDWR), b"x", 40)):
        try:
            change()
            said += ", then changed"
        except OSError:
            pass
    return said


def flickers(path, *_):
    """A bundle whose bytes another process changes all the time."""
    data, answers = bundle(), set()
    fd = memfd(data, 7)  # every seal but write
    child = os.fork()
    while child == 0:
        os.pwrite(fd, b"x", 40)
        os.pwrite(fd, data[40:41], 40)
    for _ in range(100):
        answers.add(say(path, offer(len(data)), [fd]))
    os.kill(child, signal.SIGKILL)
    return " ".join(sorted(answers))


def missing_seal(name):
    return lambda path: give(path, bundle(), 15 & ~SEALS[name])


def cut(data, announced):
    return lambda path: give(path, data, size=announced)


def wrong(**fields):
    return lambda path: give(path, bundle(**fields))


LONG = packet(ASK, b"x" * 70000)

CASES = {
    "good": lambda path: give(path, bundle()),
    "standing": lambda path: give(path, bundle("web"), hold=1),
    "held": lambda path: say(path, ask()),
    "metrics": lambda path: say(path, ask("/metrics")),
    "drift": lambda path: say(path, ask("/v1/drift")),
    "healthz": lambda path: say(path, ask("/healthz")),
    "withdraw": lambda path: say(path, packet(WITHDRAW, text("web"))),
    # descriptors
    "no-descriptor": lambda path: say(path, offer(200)),
    "two-descriptors": lambda path: say(path, offer(200), [memfd(bundle())] * 2),
    "many-descriptors": lambda path: say(path, offer(200), [memfd(bundle())] * 250),
    "descriptor-with-a-question": lambda path: say(path, ask(), [memfd(b"x")]),
    "odd-descriptors": odd_descriptors,
    "own-connection": own_connection,
    # seals
    **{"without-" + name: missing_seal(name) for name in SEALS},
    "without-any": lambda path: give(path, bundle(), 0),
    "rewrites": rewrites,
    "flickers": flickers,
    # sizes
    "announces-more": cut(bundle(), len(bundle()) + 1),
    "announces-less": cut(bundle(), len(bundle()) - 1),
    "announces-nothing": cut(bundle(), 0),
    "announces-too-much": cut(bundle(), CAP + 1),
    "empty": cut(b"", 1),
    "half-a-bundle": cut(bundle()[:60], 60),
    "every-byte": every_byte,
    "oversized": lambda path: say(path, offer(CAP), [sparse(CAP + 1)]),
    "sparse": lambda path: say(path, offer(CAP), [sparse(CAP)]),
    "endless": lambda path: say(path, offer(CAP), [sparse(1 << 40)]),
    # caps
    "full": lambda path: give(path, full(CAP)),
    "over-full": lambda path: give(path, full(CAP + 1), size=CAP),
    "full-value": wrong(keys=[key(candidates=[candidate(b"x" * 65536)])]),
    "full-keys": lambda path: give(path, numbered(10000)),
    "over-keys": lambda path: give(path, numbered(10001)),
    "crowd": crowd,
    # messages
    "garbage": lambda path: say(path, b"GET / HTTP/1.1\r\n\r\n"),
    "one-byte": lambda path: say(path, b"S"),
    "version-2": lambda path: say(path, packet(ASK, version=2)),
    "type-9": lambda path: say(path, packet(9)),
    "a-verdict": lambda path: say(path, packet(VERDICT, b"\0" * 40)),
    "half-a-message": lambda path: say(path, packet(ASK, b"x" * 10, size=100)),
    "bytes-behind": lambda path: say(path, packet(ASK, b"x" * 10, size=5)),
    "long-packet": lambda path: say(path, LONG),
    "unknown-flag": lambda path: say(path, packet(ASK, b"x", flags=2)),
    "question-in-an-unsealed-file": lambda path: say(
        path, packet(ASK, flags=1, size=3), [memfd(b"abc", 0)]),
    "question-in-a-huge-file": lambda path: say(
        path, packet(ASK, flags=1, size=1 << 20), [sparse(1 << 24)]),
    "question-with-a-line-end": lambda path: say(path, ask("/v1\r\nHost: x")),
    "question-about-nothing": lambda path: say(path, ask("/no-such-path")),
    # bundles
    "bundle-garbage": lambda path: give(path, b"\xa5" * 4096),
    "bundle-version-2": wrong(version=2),
    "bundle-phase-7": wrong(phase=7),
    "bundle-tail": wrong(tail=b"\0"),
    "bundle-app-with-line-end": wrong(app="a\nlevel=info event=forged"),
    "bundle-app-empty": wrong(app=""),
    "bundle-app-not-utf8": wrong(app=b"\xc3\x28"),
    "bundle-app-markup": wrong(app='<b>"\\\'</b> level=error'),
    "bundle-many-keys": wrong(count=10001),
    "bundle-missing-keys": wrong(count=10000),
    "bundle-same-key": wrong(keys=[key(), key()]),
    "bundle-unsorted": wrong(keys=[key("B"), key("A")]),
    "bundle-key-name": wrong(keys=[key("A=B")]),
    "bundle-flag": wrong(keys=[key(flags=1 << 31)]),
    "bundle-inherited": wrong(keys=[key(flags=1 << 6)]),
    "bundle-two-winners": wrong(keys=[key(candidates=[candidate()] * 2)]),
    "bundle-no-source": wrong(keys=[key(candidates=[candidate(source=0)])]),
    "bundle-long-value": wrong(keys=[key(candidates=[candidate(b"x" * 65537)])]),
    "bundle-lying-value": wrong(keys=[key(candidates=[candidate(length=0xffffffff)])]),
    "bundle-readings": wrong(keys=[key(candidates=[candidate()] + [
        candidate(kind=2, dialects="next")] * 17)]),
    "bundle-rotation": wrong(rotation=1 << 62),
    # conduct
    "silent": silent,
    "dies": dies,
    "flood": flood,
    "flooded": flooded,
    "deaf": deaf,
    "talks-on": talks_on,
    "many": many,
    "in-flight": in_flight,
    "stays": stays,
    "pesters": pesters,
    "flaps": flaps,
    "renames": renames,
    "piles": piles,
}


def play(path, cases):
    if cases[0] == "--uid":
        uid = int(cases[1])
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        cases = cases[2:]
    for case in cases:
        # an empty line ends what is said
        print((case + " " if len(cases) > 1 else "") + CASES[case](path).rstrip("\n"), flush=True)


def serve(path):
    """Plays one line of cases after the other, each in a process of its own, and ends what it says
    with an empty line: Python starts once, not once a case."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                play(path, line.split())
            except BaseException as problem:  # shown where the test waits for an answer
                print(repr(problem), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print("", flush=True)


def main():
    if sys.argv[2] == "--serve":
        serve(sys.argv[1])
    else:
        play(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    main()
