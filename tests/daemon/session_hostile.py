#!/usr/bin/env python3
"""Browsers, sites and programs that mean no good, at samekeyd's session listener.

    session_hostile.py SOCKET CASE    plays a case and prints what came of it

Needs no module but Python's own; the login server is login_server.py.
"""
# SPDX-License-Identifier: MIT
import json
import random
import re
import socket
import sys

ACCESS, REFRESH = "__Host-session", "__Host-refresh"
PATIENCE = 20  # seconds


def connect():
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(PATIENCE)
    link.connect(SOCKET)
    return link


def request(method, path, *lines, body=""):
    head = ["%s %s HTTP/1.1" % (method, path), *lines, "Content-Length: %d" % len(body)]
    if not any(line.lower().startswith("host:") for line in lines):
        head.insert(1, "Host: shop.example")
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def hear(link):
    """The next answer: its status, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = link.recv(65536)
        if not more:
            return "closed", "", ""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    while found and len(body) < int(found.group(1)):
        body += link.recv(65536)
    return head.split(b" ")[1].decode(), head.decode(), body.decode()


def ask(*words, **more):
    with connect() as link:
        link.sendall(request(*words, **more))
        return hear(link)


def login(*lines):
    body = json.dumps({"email": "ann@mail.example", "password": "correct horse"})
    return cookies(ask("POST", "/auth/login", "Content-Type: application/json", *lines, body=body))


def cookies(answer):
    return dict(re.findall(r"(?m)^Set-Cookie: ([^=]+)=([^;\r]*)", answer[1]))


def cookie(name, jar):
    return "Cookie: %s=%s" % (name, jar[name])


def check(name, jar, *lines):
    return ask("GET", "/auth/check/access", cookie(name, jar), *lines)


# ---- cases

FOREIGN = (
    "Origin: null", "Origin: NULL", "Origin: ", "Origin: https://", "Origin: shop.example",
    "Origin: https://shop.example.evil.example", "Origin: https://shop.example@evil.example",
    "Origin: https://evil.example/shop.example", "Origin: https://shop.example:8443",
    "Origin: http://shop.example", "Origin: ftp://shop.example", "Origin: https://shop.example/",
    "Origin: https://shop.example https://evil.example", "Sec-Fetch-Site: ",
    "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: SAME-ORIGIN", "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: none\r\nOrigin: https://evil.example",
    "Sec-Fetch-Site: same-origin\r\nOrigin: null", "Host: \r\nOrigin: https://",
    "Host: [::1]\r\nOrigin: http://[::1]:80",
    "Origin: https://shop.example\r\nOrigin: https://evil.example",
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site")


def sites():
    """Of many spellings of another site none ends a session."""
    jar = login()
    for lines in FOREIGN:
        status = ask("POST", "/auth/logout", cookie(REFRESH, jar), lines)[0]
        if status not in ("400", "403"):
            return "%s: %s" % (lines, status)
    return check(ACCESS, jar)[0]


PATHS = ("/auth//check/access", "/auth/check/../access", "/auth/check/%61ccess", "/auth/check/",
         "/auth/check/access/", "/auth/check/access;a", "/auth/check/access%00", "/auth/check",
         "/auth/check/ACCESS", "http://shop.example/auth/check/access", "/auth/check/refresh",
         "/auth/check/access" + "a" * 2000, "/auth/check/access" + "a" * 4000)


def paths():
    """No other spelling of the check's path lets anybody in."""
    jar = login()
    both = "Cookie: %s=%s; %s=%s" % (ACCESS, jar[ACCESS], REFRESH, jar[REFRESH])
    return " ".join(sorted({ask("GET", path, both)[0] for path in PATHS}))


def jars():
    """What stands beside the cookie, or in its place, is no cookie of ours."""
    jar = login()
    token = jar[ACCESS]
    lines = ["Cookie: " + text.format(name=ACCESS, token=token) for text in (
        "{name}={token}; {name}=x", "{name}=x; {name}={token}", '{name}="{token}"',
        "{name}=; {name}={token}", "{name}={token}.", "{name}={token}=", "a=1, {name}={token}")]
    lines += ["Cookie: %s=x\r\nCookie: %s=%s" % (ACCESS, ACCESS, token),
              "Cookie: %s=%s" % (ACCESS.lower(), token), "Cookie: %s=%s" % (ACCESS, jar[REFRESH]),
              "Cookie: %s=%s" % (REFRESH, token)]
    return " ".join(sorted({ask("GET", "/auth/check/access", line)[0] for line in lines}))


def script():
    """A script in the page reads every header but Set-Cookie."""
    answer = check(REFRESH, login(), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors")
    seen = [line for line in answer[1].split("\r\n") if not line.startswith("Set-Cookie:")]
    return answer[0] + (" tells" if "eyJ" in "".join(seen) else " tells nothing")


def fixed():
    """Whoever logs in with cookies that somebody else has planted keeps nothing of them."""
    planted = login()
    mine = login(cookie(REFRESH, planted))
    return " ".join((check(ACCESS, planted)[0], check(REFRESH, planted)[0], check(ACCESS, mine)[0]))


def races():
    """After a logout nobody has a good token, whatever was under way."""
    links = [connect() for _ in range(20)]
    for _ in range(60):
        jar, wishes = login(), [("POST", "/auth/refresh"), ("GET", "/auth/check/access")] * 10
        wishes[0] = ("POST", "/auth/logout")
        random.shuffle(wishes)
        for link, wish in zip(links, wishes):
            link.sendall(request(*wish, cookie(REFRESH, jar)))
        for new in {tuple(sorted(cookies(hear(link)).items())) for link in links}:
            for name, value in new:
                if value and check(name, {name: value})[0] != "401":
                    return "a token is good"
    return "none is good"


SOCKET = sys.argv[1]
print({"sites": sites, "paths": paths, "jars": jars, "script": script, "fixed": fixed,
       "races": races}[sys.argv[2]]())
