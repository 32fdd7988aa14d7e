#!/usr/bin/env python3
"""Offers and questions of which one byte, one field or the descriptor is not what it should be.

    hostile_bytes.py SOCKET CASE

Plays a case on samekeyd's handoff socket, and asks for its health on another connection all along.
Prints every kind of answer that came, sorted, without repeating itself. Needs no module but Python's own
and handoff_wire.py.
"""
# SPDX-License-Identifier: MIT
import ctypes
import fcntl
import os
import select
import socket
import struct
import sys

from handoff_wire import (ANSWER, ASK, CAP, F_ADD_SEALS, OFFER, PROBLEM, VERDICT, WITHDRAW, ask,
                          bundle, connect, memfd, offer, packet, read, receive, say, send, text)

HEALTHY = 20  # one of so many things that are said is an honest question


def in_file(body, kind=ASK):
    """A message whose body travels beside it."""
    return packet(kind, flags=1, size=len(body)), body


# What is right, by the name of its kind: a packet, and what the descriptor beside it holds.
RIGHT = {
    "offer": (offer(len(bundle())), bundle()),
    "standing": (offer(len(bundle()), 1), bundle()),
    "parent": (offer(len(bundle()), 2), bundle()),
    "ask": (ask("/healthz"), None),
    "ask-in-a-file": in_file(ask("/healthz")[12:]),
    "withdraw": (packet(WITHDRAW, text("nobody-offered-this")), None),
    "verdict": (packet(VERDICT, struct.pack(">BQHII", 1, 1, 0, 0, 0)), None),
    "answer": (packet(ANSWER, struct.pack(">HI", 200, 2) + b"{}"), None),
    "problem": (packet(PROBLEM, text("busy") + text("no") + text("")), None),
}

said, answers = 0, set()


def tell(data, held=None):
    """Says one thing; what comes back is added up."""
    global said
    fds = [] if held is None else [memfd(held) if isinstance(held, bytes) else held]
    words = say(SOCKET, data, fds).split()
    answers.add(" ".join(words[:2]))
    for fd in fds:
        os.close(fd)
    said += 1
    if said % HEALTHY == 0 and not say(SOCKET, ask("/healthz")).startswith("answer 200 "):
        sys.exit("nobody else is served")


def heads():
    """Each field of the head at its ends and beside what is right, of every type."""
    for data, held in RIGHT.values():
        for at, form in ((0, ">H"), (2, ">B"), (3, ">B"), (4, ">I"), (8, ">I")):
            most = (1 << 8 * struct.calcsize(form)) - 1
            value = struct.unpack_from(form, data, at)[0]
            for other in {0, value + 1 & most, value - 1 & most, most, most >> 1} - {value}:
                changed = bytearray(data)
                struct.pack_into(form, changed, at, other)
                if not (at == 3 and other == ASK):  # that is another question, and a right one
                    tell(bytes(changed), held)


def shorter():
    """Every message and every bundle cut at every byte, in both announcements."""
    for data, held in RIGHT.values():
        for size in range(len(data)):
            tell(data[:size] or b"S", held)
    body = RIGHT["ask-in-a-file"][1]
    for size in range(1, len(body)):
        tell(*in_file(body[:size]))
        tell(packet(ASK, body[:size]))
    for size in range(len(text("nobody"))):
        tell(packet(WITHDRAW, text("nobody")[:size]))
    for size in range(8):
        tell(packet(OFFER, struct.pack(">II", 0, len(bundle()))[:size]), bundle())


def bodies():
    """Every byte of every body and of a bundle changed in four ways. Most texts may be others."""
    for name in ("ask", "ask-in-a-file", "withdraw", "offer"):
        data, held = RIGHT[name]
        for at in range(12, len(data)):
            for change in (0x01, 0x20, 0x80, 0xff):
                tell(data[:at] + bytes([data[at] ^ change]) + data[at + 1:], held)
    good = bundle()
    for at in range(len(good)):
        for change in (0x01, 0x80, 0xff):
            tell(offer(len(good)), good[:at] + bytes([good[at] ^ change]) + good[at + 1:])


def reopened(flags):
    """A good bundle by a descriptor that was opened anew."""
    fd = memfd(bundle())
    other = os.open("/proc/self/fd/%d" % fd, flags)
    os.close(fd)
    return other


def sized(size):
    fd = os.memfd_create("hostile", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, F_ADD_SEALS, 15)
    return fd


def moved():
    """A good bundle, its place behind the end: what is read is read by place."""
    fd = memfd(bundle())
    os.lseek(fd, CAP, os.SEEK_SET)
    return fd


def fifo():
    """One that opens without anybody at its other end."""
    name = SOCKET + ".fifo.%d" % os.getpid()
    os.mkfifo(name)
    fd = os.open(name, os.O_RDWR)
    os.unlink(name)
    return fd


def epoll():
    own = select.epoll()
    return os.dup(own.fileno())


def secret_memory():
    """memfd_secret, where the kernel has it: no file, and nobody else's to read."""
    fd = ctypes.CDLL(None).syscall(447, 0)
    return os.open("/dev/zero", os.O_RDONLY) if fd < 0 else fd


# Whatever a descriptor may be; the bundle is taken from the two last ones alone.
KINDS = {
    "fifo": fifo,
    "listening": lambda: socket.create_server(("127.0.0.1", 0)).detach(),
    "epoll": epoll,
    "pidfd": lambda: os.pidfd_open(os.getpid()),
    "eventfd": lambda: os.eventfd(8),
    "zero": lambda: os.open("/dev/zero", os.O_RDONLY),
    "memory": lambda: os.open("/proc/self/mem", os.O_RDONLY),
    "secret-memory": secret_memory,
    "path-only": lambda: reopened(os.O_PATH),
    "write-only": lambda: reopened(os.O_WRONLY),
    "empty": lambda: sized(0),
    "huge": lambda: sized(1 << 40),
    "hugest": lambda: sized((1 << 63) - (1 << 12)),
    "read-only": lambda: reopened(os.O_RDONLY),
    "moved": moved,
}


def descriptors():
    for name, make in KINDS.items():
        keep = make()
        print(name, say(SOCKET, offer(len(bundle())), [keep]), flush=True)
        try:
            os.close(keep)
        except OSError:
            pass  # an object of Python's has closed it
    tell(ask("/healthz"))


def again():
    """Of a connection on which one thing was wrong nothing more is heard."""
    for data, held in RIGHT.values():
        link = connect(SOCKET)
        send(link, data[:-1], [memfd(held)] if held else [])
        first = read(receive(link)).split()[0]
        send(link, ask("/healthz"))
        answers.add(first + ", then " + read(receive(link)))


SOCKET = sys.argv[1]
{"heads": heads, "shorter": shorter, "bodies": bodies, "descriptors": descriptors, "again": again}[sys.argv[2]]()
if sys.argv[2] != "descriptors":
    print("\n".join(sorted(answers)))
