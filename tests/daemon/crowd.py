#!/usr/bin/env python3
"""Crowds that mean no good at one of samekeyd's HTTP listeners, and one who asks all the while.

    crowd.py ADDRESS TARGET STATUS CASE COUNT [UID]

ADDRESS is a Unix socket or 127.0.0.1:PORT. A process plays the case with COUNT connections, as user UID
where one is given: whichever of them samekeyd ends is replaced. Meanwhile TARGET is asked for again
and again, each time on a new connection, and must be answered with STATUS. Prints `served`, or what
an honest request came to; on standard error how long they took. Needs no module but Python's own.
"""
# SPDX-License-Identifier: MIT
import os
import random
import resource
import select
import signal
import socket
import struct
import sys
import time

PATIENCE = 20  # seconds that an honest request may take on a busy machine
ROUNDS = 2     # of them are answered while the crowd is there
TURNS = 3      # of the crowd, each to its last connection, go by meanwhile


def address():
    if ADDRESS.startswith("/"):
        return socket.AF_UNIX, ADDRESS
    host, port = ADDRESS.rsplit(":", 1)
    return socket.AF_INET, (host, int(port))


def request(method="GET", *lines):
    head = ["%s %s HTTP/1.1" % (method, TARGET), "Host: localhost", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


# ---- who behaves


def ask():
    """The status of an answer that came whole."""
    family, where = address()
    got = b""
    with socket.socket(family) as link:
        # not settimeout, with which connect gives up at once where others stand before the door
        for side in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            link.setsockopt(socket.SOL_SOCKET, side, struct.pack("ll", PATIENCE, 0))
        link.connect(where)
        link.sendall(request("GET", "Connection: close"))
        while part := link.recv(65536):
            got += part
    head, _, body = got.partition(b"\r\n\r\n")
    return head[9:12].decode() if body else "nothing"


def asked():
    """Asks until it is answered, as one does whose connection was ended for another; gives the time
    that this took. Ends the program where it was in vain."""
    began = time.monotonic()
    while True:
        try:
            said = ask()
        except OSError as problem:
            said = str(problem)
        took = time.monotonic() - began
        if said == STATUS:
            return took
        if took > PATIENCE:
            print("an honest request: %s after %.1f s" % (said, took))
            sys.exit(0)


# ---- who does not


class Crowd:
    """Each connection says its words: the first `start` bytes at once, the rest one by one."""

    def __init__(self, count, words=lambda: b"", start=0, keep=True):
        self.count, self.words, self.start, self.keep = count, words, start, keep
        self.links = {}
        self.poll = select.poll()

    def join(self):
        """One more. Returns: whether there was room."""
        family, where = address()
        link = socket.socket(family)
        link.setblocking(False)
        try:
            link.connect(where)
        except BlockingIOError:
            if family == socket.AF_UNIX:
                link.close()
                return False
        except OSError:
            link.close()
            return False
        self.links[link.fileno()] = [link, self.words(), self.start]
        self.poll.register(link, select.POLLHUP | select.POLLRDHUP)
        return True

    def leave(self, fd):
        self.poll.unregister(fd)
        self.links.pop(fd)[0].close()

    def turn(self):
        while len(self.links) < self.count and self.join():
            pass
        for fd, _ in self.poll.poll(10):
            self.leave(fd)
        for fd, entry in list(self.links.items()):
            link, words, burst = entry
            try:
                if words:
                    sent = link.send(words[:burst or 1])
                    entry[1:] = words[sent:], max(burst - sent, 0)
                elif not self.keep:
                    self.leave(fd)
            except BlockingIOError:
                pass
            except OSError:
                self.leave(fd)


def noise():
    """A request that was good before bytes of it were lost, doubled or changed."""
    data = bytearray(random.choice((
        request("POST", "Content-Length: 4") + b"{}{}",
        request("POST", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
        request("GET", "Cookie: a=b", "Authorization: Bearer a.b.c") * 2)))
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(data))
        how = random.randrange(3)
        data[at:at + how] = bytes([random.choice(b"\r\n\t :;,0123456789aZ\x00\x7f\xff")]) * random.randrange(3)
    return bytes(data)


CASES = {
    # says nothing
    "idle": {},
    # never ends its headers
    "headers": {"words": lambda: request()[:-4] + b"\r\nX-Slow: " + b"a" * 4000, "start": 60},
    # never ends the body that it announced
    "bodies": {"words": lambda: request("POST", "Content-Length: 4000") + b"a" * 3999, "start": 80},
    # the same in chunks
    "chunks": {"words": lambda: request("POST", "Transfer-Encoding: chunked") + b"1\r\na\r\n" * 800,
               "start": 80},
    # asks and asks, and hears nothing of what is answered
    "deaf": {"words": lambda: request() * 2000, "start": 1 << 20},
    # comes and goes
    "flood": {"keep": False},
    # asks, and is gone before the answer
    "leaves": {"words": request, "start": 1 << 10, "keep": False},
    "noise": {"words": noise, "start": 1 << 20},
}


def play(ready, uid):
    """Until it is killed; says each turn."""
    random.seed(8)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    crowd = Crowd(COUNT, **CASES[CASE])
    resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 64, max(hard, COUNT + 64)))
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    while True:
        crowd.turn()
        os.write(ready, b".")


def main():
    heard, ready = os.pipe()
    uid = int(sys.argv[6]) if len(sys.argv) > 6 else 0
    asked()
    child = os.fork()
    if child == 0:
        os.close(heard)
        try:
            play(ready, uid)
        finally:
            os._exit(1)
    os.close(ready)
    try:
        turns = len(os.read(heard, 1))
        longest = rounds = 0
        while rounds < ROUNDS or turns < TURNS:
            longest = max(longest, asked())
            rounds += 1
            if select.select([heard], [], [], 0)[0]:
                said = os.read(heard, 4096)
                if not said:
                    sys.exit("the crowd is gone")
                turns += len(said)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    asked()
    print("served")
    print("%d honest requests, the longest %.3f s; %d turns" % (rounds, longest, turns), file=sys.stderr)


ADDRESS, TARGET, STATUS, CASE, COUNT = *sys.argv[1:5], int(sys.argv[5])
main()
