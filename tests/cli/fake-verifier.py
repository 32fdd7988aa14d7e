#!/usr/bin/env python3
"""A verifier that gives answers it was told: fake-verifier.py SOCKET LOG STATUS BODY
or: SOCKET LOG problem CODE. Writes what it is asked to LOG, a line `METHOD PATH BODY` a question.
Speaks the wire format from its description. Ends with its standard input.
"""
# SPDX-License-Identifier: MIT
import os
import select
import socket
import struct
import sys

ASK, ANSWER, PROBLEM = 3, 4, 6
HEAD = 12


def text(value):
    value = value.encode()
    return struct.pack(">H", len(value)) + value


def packet(kind, body):
    return b"SK" + struct.pack(">BBII", 1, kind, 0, len(body)) + body


def read_ask(body):
    texts = []
    for _ in range(2):
        length = struct.unpack(">H", body[:2])[0]
        texts.append(body[2:2 + length])
        body = body[2 + length:]
    length = struct.unpack(">I", body[:4])[0]
    return b" ".join(texts + [body[4:4 + length]])


def answer():
    if sys.argv[3] == "problem":
        return packet(PROBLEM, text(sys.argv[4]) + text("it says why") + text("it says what to do"))
    body = sys.argv[4].encode()
    return packet(ANSWER, struct.pack(">HI", int(sys.argv[3]), len(body)) + body)


server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(sys.argv[1] + ".new")
server.listen(8)
os.rename(sys.argv[1] + ".new", sys.argv[1])  # there only once it serves
while True:
    ready, _, _ = select.select([server, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    peer, _ = server.accept()
    asked = peer.recv(1 << 20)
    with open(sys.argv[2], "ab") as log:
        log.write(read_ask(asked[HEAD:]) + b"\n" if asked[3] == ASK else b"offer\n")
    peer.send(answer())
    peer.close()
