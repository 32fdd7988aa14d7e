# The server that knows passwords: POST /login answers by the email's first word. Its port goes into
# the file that is named, each body that it got into PORTFILE.bodies.
# SPDX-License-Identifier: MIT
import http.server
import json
import os
import sys
import time

GOOD = {
    "message": "Welcome",
    "accessToken": "theirs.access",
    "refreshToken": "theirs.refresh",
    "userData": {"id": "u1", "role": "admin", "name": "Ann"},
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1] + ".bodies", "ab") as bodies:
            bodies.write(body + b"\n")
        word = json.loads(body)["email"].split("@")[0]
        if word == "slow":
            time.sleep(3)
        status, answer, type_ = {
            "wrong": (401, b'{"canary-body":1}', "application/json"),
            "often": (429, b"", "text/plain"),
            "html": (200, b"<html>canary-body</html>", "text/html"),
            "broken": (500, b"canary-body", "text/plain"),
            "lacking": (200, b'{"canary-body":1}', "application/json"),
            "away": (302, b"", "text/plain"),
        }.get(word, (200, json.dumps(GOOD).encode(), "application/json"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
