#!/usr/bin/env python3
"""Requests that wait on samekeyd's session listener, beside the server that they wait for.

    waiting.py upstream FOLDER         logs everybody in; {"email":"slow..."} once FOLDER/go is there;
                                       writes FOLDER/port, and a byte to FOLDER/waiting for each
    waiting.py play SOCKET FOLDER CASE plays a case and prints what came of it

Needs no module but Python's own.
"""
# SPDX-License-Identifier: MIT
import json
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 20  # seconds


def until(so):
    end = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > end:
            sys.exit("it never came true")
        time.sleep(0.01)


# ---- the upstream


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["email"].startswith("slow"):
            with open(FOLDER + "/waiting", "ab") as waiting:
                waiting.write(b".")
            until(lambda: os.path.exists(FOLDER + "/go"))
        body = json.dumps({"userData": {"id": asked["email"], "role": "user"}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, *_):
        pass  # whoever asked is gone


def serve():
    server = Server(("127.0.0.1", 0), Upstream)
    with open(FOLDER + "/port.new", "w", encoding="ascii") as port:
        port.write(str(server.server_port))
    os.rename(FOLDER + "/port.new", FOLDER + "/port")
    server.serve_forever()


# ---- the client


def request(method, path, body=None, more=""):
    body = b"" if body is None else json.dumps(body).encode()
    return ("%s %s HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n%s"
            "Content-Length: %d\r\n\r\n" % (method, path, more, len(body))).encode() + body


def login(email="slow@shop.example"):
    return request("POST", "/auth/login", {"email": email, "password": "canary-of-a-password"})


def connect():
    link = socket.socket(socket.AF_UNIX)
    link.connect(SOCKET)
    link.settimeout(PATIENCE)
    return link


def send(data):
    link = connect()
    link.sendall(data)
    return link


def hear(link, held=None):
    """Status and body of the next answer; what came behind it stays in `held`."""
    data = held.pop() if held else b""
    while b"\r\n\r\n" not in data:
        more = link.recv(65536)
        if not more:
            return "closed"
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(rest) < length:
        rest += link.recv(65536)
    if held is not None:
        held.append(rest[length:])
    status = head.split(b" ")[1].decode()
    body = json.loads(rest[:length]) if length else {}
    return status + (" " + body["code"] if "code" in body else "")


def waiting(count):
    until(lambda: os.path.exists(FOLDER + "/waiting") and
          os.path.getsize(FOLDER + "/waiting") >= count)


def go():
    with open(FOLDER + "/go", "w", encoding="ascii"):
        pass


def late():
    link = send(login())
    waiting(1)
    go()
    first = hear(link)
    link.sendall(request("GET", "/auth/nothing"))
    return first + ", " + hear(link)


def pipelined():
    link, held = send(login() + request("GET", "/auth/nothing")), []
    waiting(1)
    go()
    return hear(link, held) + ", " + hear(link, held)


def leaves():
    """Many log in and leave before they are answered; who stays is answered."""
    for _ in range(3):
        for link in [send(login()) for _ in range(50)]:
            link.close()
    link = send(login())
    waiting(1)
    go()
    return hear(link)


def many():
    links = [send(login()) for _ in range(60)]
    waiting(1)
    go()
    answers = [hear(link) for link in links]
    return ", ".join("%d of %s" % (answers.count(one), one) for one in sorted(set(answers)))


def stops():
    """The daemon is told to end while somebody waits for an answer that comes soon."""
    link = send(login())
    waiting(1)
    os.kill(int(os.environ["DAEMON"]), signal.SIGTERM)
    try:
        while True:
            connect().close()
    except OSError:
        pass
    go()
    return hear(link)


def hangs():
    """The same, and the answer does not come."""
    link = send(login())
    waiting(1)
    os.kill(int(os.environ["DAEMON"]), signal.SIGTERM)
    return hear(link)


def flood():
    links = [connect() for _ in range(400)]
    answers = [hear(link) for link in links[384:]]
    return ", ".join(sorted(set(answers)))


def refused():
    """What is refused comes in the door's own form."""
    long = "/" + "x" * 3000
    return ", ".join(hear(send(data)) for data in (
        request("GET", "/nothing"), request("GET", "/v1/secrets"), request("GET", "/healthz"),
        request("GET", long), request("POST", "/auth/logout", more="Host: b\r\n"),
        request("GET", "/auth/check/access", more="Host: b\r\n"),
        request("GET", "/auth/check/access" + long),
        request("PUT", "/auth/login")))


def main():
    cases = {"late": late, "pipelined": pipelined, "leaves": leaves, "many": many,
             "stops": stops, "hangs": hangs, "flood": flood, "refused": refused}
    if sys.argv[1] == "upstream":
        serve()
    else:
        print(cases[sys.argv[4]]())


FOLDER = sys.argv[2] if sys.argv[1] == "upstream" else sys.argv[3]
SOCKET = sys.argv[2]
main()
