# SPDX-License-Identifier: MIT
"""Kills samekeyd with SIGKILL while it refreshes sessions, again and again, and holds it to what it had
answered: killed.py SAMEKEYD INI SESSION_SOCKET ROUNDS. Every refresh is asked twice at the same time."""
import atexit
import base64
import http.client
import json
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

samekeyd, ini, path, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
SESSIONS = 480
REST = 0.45  # seconds of a session between two uses: none is used 16 times within a grace of 6 s
CLIENTS = 12
DEADLINE = 10.0


class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(path)


def ask(connection, route, token, body=b""):
    """Returns: status and the refresh token that was set; or None where nobody answered."""
    headers = {"Cookie": f"__Host-refresh={token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", route, body, headers)
        answer = connection.getresponse()
        text = "\n".join(answer.headers.get_all("Set-Cookie") or [])
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    found = re.search(r"__Host-refresh=([^;]+);", text)
    return answer.status, found.group(1) if found else None


class Session:
    def __init__(self, token):
        self.token = token
        self.lock = threading.Lock()
        self.successors = {}  # what a token was answered with
        self.unsure = False  # nobody answered the last refresh: a client tries again at once
        self.ended = False  # a logout was asked for, and `sure` if it was answered
        self.rests_until = 0.0


def generation(token):
    payload = token.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(payload + "=="))["jti"].split(".")[1])


faults = []
counted = threading.Lock()


def refresh(session, connections):
    """The same token twice at once: both who are answered get the same."""
    answers = [None, None]

    def one(i):
        answers[i] = ask(connections[i], "/auth/refresh", session.token)

    other = threading.Thread(target=one, args=(1,))
    other.start()
    one(0)
    other.join()
    session.unsure = not any(answers)
    for answer in answers:
        if answer is None:
            continue
        status, token = answer
        if status != 200:
            faults.append(f"locked out: {status} for generation {generation(session.token)}")
            continue
        known = session.successors.setdefault(session.token, token)
        if known != token:
            faults.append(f"two successors of generation {generation(session.token)}")
        if generation(token) != generation(session.token) + 1:
            faults.append(f"generation {generation(session.token)} gave {generation(token)}")
    if session.token in session.successors and not faults:
        session.token = session.successors[session.token]
        return 1
    return 0


def client(sessions, stop, counts, seed):
    dice = random.Random(seed)
    connections = [Unix("localhost"), Unix("localhost")]
    while not stop.is_set() and not faults:
        with counted:
            counts["turn"] += 1
            session = sessions[counts["turn"] % len(sessions)]
        if not session.lock.acquire(blocking=False):
            continue
        try:
            if session.ended:
                continue
            if time.monotonic() < session.rests_until:
                stop.wait(0.001)
                continue
            session.rests_until = time.monotonic() + REST
            if dice.random() < 0.02:
                answer = ask(connections[0], "/auth/logout", session.token)
                session.ended = True  # or perhaps: then it is neither held to the one nor the other
                session.sure = answer is not None and answer[0] == 200
                made = "logouts", int(session.sure)
            else:
                made = "refreshes", refresh(session, connections)
            with counted:
                counts[made[0]] += made[1]
        finally:
            session.lock.release()


def start():
    began = time.monotonic()
    daemon = subprocess.Popen([samekeyd, "--ini", ini], stderr=subprocess.DEVNULL)
    while True:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.connect(path)
                return daemon
        except OSError:
            if time.monotonic() - began > DEADLINE or daemon.poll() is not None:
                sys.exit("killed.py: samekeyd does not start")


def login():
    connection = Unix("localhost")
    body = json.dumps({"email": "a@b.example", "password": "correct horse"})
    connection.request("POST", "/auth/login", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = "\n".join(answer.headers.get_all("Set-Cookie") or [])
    answer.read()
    connection.close()
    found = re.search(r"__Host-refresh=([^;]+);", text)
    return Session(found.group(1)) if found else sys.exit(f"killed.py: login {answer.status}")


def judge_restart(sessions):
    """Who got no answer is let in; who was told of the logout stays out."""
    connection, second = Unix("localhost"), Unix("localhost")
    for session in sessions:
        if session.unsure and not session.ended:
            refresh(session, [connection, second])
        if session.ended and session.sure:
            answer = ask(connection, "/auth/refresh", session.token)
            if answer is None or answer[0] != 401:
                faults.append(f"a logout was lost: {answer and answer[0]}")
    connection.close()
    second.close()


def main():
    counts = {"refreshes": 0, "logouts": 0, "turn": 0}
    daemon = start()
    atexit.register(lambda: daemon.kill())  # whichever runs then
    sessions = [login() for _ in range(SESSIONS)]
    dice = random.Random(7)
    for number in range(rounds):
        stop = threading.Event()
        threads = [
            threading.Thread(target=client, args=(sessions, stop, counts, number * CLIENTS + i))
            for i in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.005, 0.09))  # where in its work it dies is the dice's
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        stop.set()
        for thread in threads:
            thread.join()
        daemon = start()
        judge_restart(sessions)
        if faults:
            break
        while sum(not session.ended for session in sessions) < SESSIONS:
            sessions.append(login())
    daemon.terminate()
    daemon.wait()
    print(f"killed {number + 1} times, {counts['refreshes']} refreshes, {counts['logouts']} logouts")
    for fault in faults[:10]:
        print(fault)
    sys.exit(bool(faults))


main()
