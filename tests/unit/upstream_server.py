#!/usr/bin/env python3
"""Servers that know passwords, each with another fault: upstream_server.py FOLDER

Makes certificates in FOLDER (with openssl), listens on loopback and prints a line `NAME PORT` for
each server, then `ready`. What a server does stands in the path of the request. Ends when standard
input does.
"""
# SPDX-License-Identifier: MIT
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import warnings

FOLDER = sys.argv[1]
warnings.simplefilter("ignore")  # that TLS 1.1 is old is why it is tried
OVER = threading.Event()  # never set: what waits for it hangs, and ends with the process
PATIENCE = 20  # seconds


# ---- certificates


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=FOLDER, check=True, capture_output=True)


def make_key(name):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")


def make_authority():
    make_key("ca")
    openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=tests", "-days", "2", "-out", "ca.pem",
            "-addext", "keyUsage=critical,keyCertSign")


def make_certificate(name, subject, days):
    make_key(name)
    with open(os.path.join(FOLDER, name + ".ext"), "w") as file:
        file.write(f"subjectAltName={subject}\n")
    openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr")
    sign = ("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", name + ".ext", "-out", name + ".pem")
    try:
        openssl(*sign, "-days", days)
    except subprocess.CalledProcessError:  # OpenSSL 3.4 and later have other words for what is over
        openssl(*sign, "-not_before", "20200101000000Z", "-not_after", "20200102000000Z")


def make_self_signed(name, subject):
    make_key(name)
    openssl("req", "-x509", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-days", "2", "-out", name + ".pem",
            "-addext", f"subjectAltName={subject}")


# ---- what a server answers, by path


def head(status, length=None, kind="application/json", more=""):
    lines = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\n{more}"
    return (lines + (f"Content-Length: {length}\r\n" if length is not None else "") + "\r\n").encode()


def whole(status, body=b"{}", kind="application/json", more=""):
    return head(status, len(body), kind, more) + body


def endless(link, first, part, pause=0.0):
    link.sendall(first)
    while not OVER.wait(pause):
        link.sendall(part)


def echo(link, request):
    body = json.dumps({"line": request["line"], "headers": request["headers"], "body": request["body"],
                       "port": link.getpeername()[1]}).encode()
    link.sendall(whole(200, body, more="Set-Cookie: upstream=1; Path=/\r\n"))


def late(link, request):
    OVER.wait(0.3)
    link.sendall(whole(200))


def hang(link, request):
    OVER.wait()


def head_then_hang(link, request):
    link.sendall(head(200, 10))
    OVER.wait()


def quit_at_once(link, request):
    raise ConnectionError


def quit_in_body(link, request):
    link.sendall(head(200, 100) + b"{")
    raise ConnectionError


def answer(data):
    return lambda link, request: link.sendall(data)


def without_end(first, part, pause=0.0):
    return lambda link, request: endless(link, first, part, pause)


CHUNKED = "Transfer-Encoding: chunked\r\n"
PATHS = {
    "/echo": echo,
    "/late": late,
    "/401": answer(whole(401, b'{"error":"no"}')),
    "/500": answer(whole(500, b"<h1>sorry</h1>", "text/html")),
    "/302": answer(whole(302, b"", more="Location: /echo\r\n")),
    "/503": answer(whole(503, more="Retry-After: 7\r\n")),
    "/429": answer(whole(429, more="Retry-After: 99999999999\r\n")),
    "/204": answer(head(204, kind="application/json; charset=utf-8")),
    "/problem": answer(whole(400, kind="application/problem+json")),
    "/text": answer(whole(200, b"{}", "text/json")),
    "/packed": answer(whole(200, b"\x1f\x8b\x08", more="Content-Encoding: gzip\r\n")),
    "/short-length": answer(head(200, 2) + b"{}" + b"x" * 100000),
    "/hang": hang,
    "/head-then-hang": head_then_hang,
    "/drip": without_end(head(200, more=CHUNKED), b"1\r\nx\r\n", 0.05),
    "/drip-head": without_end(b"HTTP/1.1 200 x\r\nX: ", b"x", 0.05),
    "/large": answer(head(200, 4097) + b"x" * 4097),
    "/fits": answer(head(200, 4096) + b"x" * 4096),
    "/endless": without_end(head(200, more=CHUNKED), b"400\r\n" + b"x" * 1024 + b"\r\n"),
    "/endless-until-close": without_end(head(200), b"x" * 1024),
    "/endless-heads": without_end(b"HTTP/1.1 200 x\r\n", b"X-More: x\r\n"),
    "/endless-line": without_end(b"HTTP/1.1 200 x\r\nX: ", b"x" * 1024),
    "/endless-100": without_end(b"", b"HTTP/1.1 100 x\r\n\r\n"),
    "/garbage": answer(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "/bad-chunk": answer(head(200, more=CHUNKED) + b"zz\r\n"),
    "/two-lengths": answer(b"HTTP/1.1 200 x\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}xxx"),
    "/early": quit_at_once,
    "/early-in-body": quit_in_body,
}


# ---- a connection


def read_request(link, rest):
    while b"\r\n\r\n" not in rest:
        more = link.recv(65536)
        if not more:
            return None, b""
        rest += more
        if rest[:1] == b"\x16":  # a TLS handshake
            link.sendall(whole(400))
            return None, b""
    text, rest = rest.split(b"\r\n\r\n", 1)
    line, *fields = text.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
    length = int(headers.get("content-length", 0))
    while len(rest) < length:
        more = link.recv(65536)
        if not more:
            return None, b""
        rest += more
    return {"line": line, "headers": headers, "body": rest[:length].decode()}, rest[length:]


def serve(link, context):
    rest = b""
    try:
        link.settimeout(PATIENCE)
        if context:
            link = context.wrap_socket(link, server_side=True)
        while True:
            request, rest = read_request(link, rest)
            if not request:
                break
            PATHS[request["line"].split(" ")[1]](link, request)
    except OSError:
        pass
    link.close()


def accept(server, context):
    while True:
        link, _ = server.accept()
        threading.Thread(target=serve, args=(link, context), daemon=True).start()


def listen(name, context=None):
    server = socket.create_server(("127.0.0.1", 0), backlog=256)
    threading.Thread(target=accept, args=(server, context), daemon=True).start()
    print(name, server.getsockname()[1], flush=True)


def tls(name, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(FOLDER, name + ".pem"), os.path.join(FOLDER, name + ".key"))
    if version:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return context


def main():
    make_authority()
    make_certificate("good", "IP:127.0.0.1,DNS:localhost", "2")
    make_certificate("expired", "IP:127.0.0.1", "-1")
    make_certificate("foreign", "DNS:other.example", "2")
    make_self_signed("selfsigned", "IP:127.0.0.1")
    listen("plain")
    for name in ("good", "expired", "foreign", "selfsigned"):
        listen(name, tls(name))
    listen("old", tls("good", ssl.TLSVersion.TLSv1_1))
    nobody = socket.socket()  # has the port, and takes no connection
    nobody.bind(("127.0.0.1", 0))
    print("nobody", nobody.getsockname()[1], flush=True)
    print("ready 0", flush=True)
    sys.stdin.read()


main()
