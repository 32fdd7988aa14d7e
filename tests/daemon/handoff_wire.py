"""The handoff's messages and bundles as bytes, from their description, not through the project's own
encoder: with every field to be put wrong. Needs no module beyond python3-minimal's.
"""
# SPDX-License-Identifier: MIT
import array
import fcntl
import os
import socket
import struct

OFFER, VERDICT, ASK, ANSWER, WITHDRAW, PROBLEM = range(1, 7)
SEALS = {"seal": 1, "shrink": 2, "grow": 4, "write": 8}
F_ADD_SEALS = 1033
CANARY = b"canary-5f2c91d0e7-of-a-hostile-peer"
CAP = 8 * 1024 * 1024
PATIENCE = 20  # seconds


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(value)) + value


def candidate(value=CANARY, kind=0, source=4, place=".env", dialects="", length=None):
    length = len(value) if length is None else length
    head = struct.pack(">BBII", kind, source, 1, 1) + text(place) + text(dialects)
    return head + struct.pack(">I", length) + value


def key(name="NEXTAUTH_SECRET", flags=1, candidates=None, count=None):
    candidates = [candidate()] if candidates is None else candidates
    count = len(candidates) if count is None else count
    return text(name) + struct.pack(">IB", flags, count) + b"".join(candidates)


def bundle(app="hostile", keys=None, count=None, version=1, phase=0, size=None, mode="production",
           magic=b"SKBN", rotation=0, tail=b""):
    keys = [key()] if keys is None else keys
    count = len(keys) if count is None else count
    body = text(app) + text("hostile") + text(mode) + text("node") + text("/srv")
    body += struct.pack(">QQH", rotation, 1700000000000, 0)
    body += struct.pack(">I", count) + b"".join(keys) + tail
    size = 12 + len(body) if size is None else size
    return magic + struct.pack(">HHI", version, phase, size) + body


def memfd(data, seals=15):
    fd = os.memfd_create("hostile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    at = 0
    while at < len(data):
        at += os.write(fd, data[at:])
    fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd


def sparse(size):
    fd = os.memfd_create("hostile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, F_ADD_SEALS, 15)
    return fd


def packet(kind, body=b"", version=1, flags=0, size=None, magic=b"SK"):
    size = len(body) if size is None else size
    return magic + struct.pack(">BBII", version, kind, flags, size) + body


def offer(size, hold=0):
    return packet(OFFER, struct.pack(">II", hold, size))


def ask(path="/v1/secrets", method="GET", body=b""):
    return packet(ASK, text(method) + text(path) + struct.pack(">I", len(body)) + body)


def connect(path):
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(path)  # waits while the queue is full
    link.settimeout(PATIENCE)
    return link


def send(link, data, fds=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    try:
        link.sendmsg([data], rights)
    except (BrokenPipeError, ConnectionResetError):
        pass  # its last word may still be there


def receive(link):
    for _ in range(2):
        try:
            data, rights, _, _ = link.recvmsg(65536, socket.CMSG_SPACE(4))
            break
        except ConnectionResetError:
            data, rights = b"", []
    if data and struct.unpack(">I", data[4:8])[0] & 1:
        fd = array.array("i", rights[0][2])[0]
        data = data[:12] + os.pread(fd, 1 << 24, 0)
        os.close(fd)
    return data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        size = struct.calcsize(form)
        self.at += size
        return struct.unpack(form, self.data[self.at - size:self.at])[0]

    def text(self):
        size = self.number(">H")
        self.at += size
        return self.data[self.at - size:self.at].decode()


def verdict(reader):
    accepted = reader.number(">B")
    reader.number(">Q")
    reader.text()
    for _ in range(reader.number(">I")):
        reader.text(), reader.text()
    codes = []
    for _ in range(reader.number(">I")):
        reader.number(">H")
        codes.append(reader.text())
        for _ in range(4):
            reader.text()
    return " ".join(["verdict", "accepted" if accepted else "refused"] + codes)


def read(data):
    if not data:
        return "closed"
    reader = Reader(data)
    kind = data[3]
    reader.at = 12
    if kind == VERDICT:
        return verdict(reader)
    if kind == PROBLEM:
        code, what = reader.text(), reader.text()
        return "problem " + code if what else "problem without a text"
    if kind == ANSWER:
        status, size = reader.number(">H"), reader.number(">I")
        return "answer %d %s" % (status, data[reader.at:reader.at + size].decode())
    return "type %d" % kind


def say(path, data, fds=()):
    link = connect(path)
    send(link, data, fds)
    return read(receive(link))


def give(path, data, seals=15, **more):
    fd = memfd(data, seals)
    return say(path, offer(more.get("size", len(data)), more.get("hold", 0)), [fd])
