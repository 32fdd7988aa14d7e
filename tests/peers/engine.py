"""A container engine on a Unix socket that takes note of what it is told to create, and does nothing
else: for the drivers of clients that read env files and send what is in them to their engine."""
import glob
import http.server
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading

import files

DEBIAN = os.path.join(os.path.dirname(os.environ["PEERS_STACKS"]), "debian")
LIBRARIES = ":".join(glob.glob(os.path.join(DEBIAN, "usr/lib/*-linux-gnu")) + glob.glob(os.path.join(DEBIAN, "lib/*-linux-gnu")))
CLIENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/u", "LANG": "C.UTF-8", "LD_LIBRARY_PATH": LIBRARIES}
UNTOLD = dict(CLIENT, TMPDIR="/var/tmp")  # what a client has of itself, podman the last one


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as an engine would, until a container is to be created."""
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("API-Version", "1.41")
        self.send_header("Libpod-API-Version", "4.3.1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def do_GET(self):
        self.answer(200, {})

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.partition("?")[0].endswith("/containers/create"):
            self.server.told = json.loads(body)
            self.answer(500, {"message": "noted"})
        else:
            self.answer(200, {"id": "0" * 64})

    def address_string(self):
        return "a client"

    def log_message(self, *arguments):
        pass


class Engine(socketserver.ThreadingUnixStreamServer):
    """The engine; `told` is the body of the last request to create a container."""
    daemon_threads = True
    told = None

    def __init__(self, path):
        super().__init__(path, Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that has ended needs no answer."""


def environment_of(told, key):
    """What the client sent as the environment: a list of NAME=VALUE or an object."""
    env = told.get(key) or {}
    if isinstance(env, list):
        env = dict(entry.split("=", 1) for entry in env if "=" in entry)
    return env


def drive(command, key):
    """Asks a client about each fixture on stdin. `command` is the client with its arguments, in
    which {socket} is replaced; `key` is where the environment is in what it sends."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("empty")
        socket = os.path.join(folder, "engine")
        engine = Engine(socket)
        command = [word.replace("{socket}", socket) for word in command]

        def ask(fixture):
            given = ["--env-file=../" + path for path in files.write(fixture, "env")]
            engine.told = None
            done = subprocess.run(command + given + ["image"], cwd="empty", stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=30, check=False,
                                  env={**CLIENT, **(fixture.get("process_env") or {})})
            if engine.told is None:
                return None, done.stderr.decode(errors="replace")
            return environment_of(engine.told, key), None

        always = {**UNTOLD, **ask({"file": ""})[0]}
        for line in sys.stdin:
            fixture = json.loads(line)
            env, error = ask(fixture)
            if env is None:
                outcome = {"error": error}
            elif any("\0" in name for name in env):
                outcome = {"skip": "no container can be given a NUL byte"}
            else:
                outcome = {"env": {name: value for name, value in env.items() if always.get(name) != value}}
            print(json.dumps(outcome), flush=True)
        os.chdir("/")
