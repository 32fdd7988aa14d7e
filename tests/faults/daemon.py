#!/usr/bin/env python3
"""Makes the n-th call of each family fail in a running samekeyd, for every n or a part of them, while it is
asked, and says what came of it that must not: daemon.py LIBRARY [--redis] [--in PROGRAM] [QUESTION]...; with --start in
the place of questions it does the same to its start, with --first-start to one without a database. PROGRAM is samekeyd,
or the helper samekeyd-upstream; with --redis the store is a Redis, from the folder CHECK_DEBIAN.

A question under a fault is answered as usual, or with a status that says that samekeyd could not, or its
connection ends: never is a bad token good, a good one bad, or a success told that is none. Asked again without a
fault it is answered as usual. No value is said, and in the end samekeyd stops as it was told to. A start
either serves, or ends with an exit status that the design names and a reason, and leaves no socket. FAULTS and
FAULTS_KIND are as for commands.py. SAMEKEY and SAMEKEYD are the programs."""
# SPDX-License-Identifier: MIT
import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter

from doors import NO_ANSWER, PATIENCE, Site
from drive import FOR_GOOD, JUMP, KINDS, chosen, is_picked, kind_text, numbers, sum_up

STRANGER = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SILENCE = 0.7  # seconds after which an answer does not come any more; a fault may have lost the news of it
NO_WAIT = "an end in order, where epoll_wait fails as the kernel never lets it"
ABORTED = "libmicrohttpd's own abort (open, docs/RELIABILITY.md)"
LOCK_KEPT = "a store that is away for some 10 s, until SQLite gives up a lock of its own (open)"
DIALS = "a Redis that is dialled again after a pause of up to a second"
LIBSECCOMP = "a start that libseccomp ends, or does not come back to (open)"

# ---- what is asked: each gives a status and what must be the same without a fault

JSON = {"Content-Type": "application/json"}


def asks(method, target, body=None, headers=(), door="api", member=None):
    """A question whose answer is judged by its status, and by one member of it."""
    def question(site, prepared, wait):
        send = body(prepared) if callable(body) else body
        heads = headers(prepared) if callable(headers) else headers
        status, _, text = site.ask(method, target, send, heads, door, wait)
        return status, (json.loads(text).get(member) if member and status == 200 else None), text
    return question


def offers(site, _prepared, _wait):
    """The handoff: the exit status stands for the one of HTTP."""
    status, output, talk = site.offer()
    return {0: 200, None: NO_ANSWER}.get(status, 500 if status in (65, 66, 69, 75, 77, 78) else status), None, (
        output + talk).decode(errors="replace")


class Unprepared(Exception):
    """What a question needs could not be had."""


def minted(site):
    status, _, text = site.ask("POST", "/v1/issue", '{"profile":"access","claims":{"sub":"alice"}}', JSON)
    if status != 200:
        raise Unprepared(text)
    return json.loads(text)["access_token"]


def logged_in(site):
    """Returns: the refresh token's cookie."""
    status, headers, text = site.ask("POST", "/auth/login", '{"email":"a@b.example","password":"correct horse"}',
                                     JSON, "session")
    if status != 200:
        raise Unprepared(text)
    return next(line.split(";")[0] for line in headers.get_all("Set-Cookie") if line.startswith("__Host-refresh="))


def nothing(_site):
    return None


def token_body(token):
    return json.dumps({"token": token, "profile": "access"})


def cookie(prepared):
    return {"Cookie": prepared}


# name: (what is made before, the question, the usual status, its member)
QUESTIONS = {
    "health": (nothing, asks("GET", "/healthz"), 200),
    "ready": (nothing, asks("GET", "/readyz"), 200),
    "held": (nothing, asks("GET", "/v1/secrets"), 200),
    "drift": (nothing, asks("GET", "/v1/drift"), 200),
    "metrics": (nothing, asks("GET", "/metrics"), 200),
    "page": (nothing, asks("GET", "/"), 200),
    "offer": (nothing, offers, 200),
    "good token": (minted, asks("POST", "/v1/verify", token_body, JSON, member="active"), 200),
    "bad token": (nothing, asks("POST", "/v1/verify", token_body(STRANGER), JSON), 401),
    "introspect bad": (nothing, asks("POST", "/v1/introspect", f"profile=access&token={STRANGER}", {
        "Content-Type": "application/x-www-form-urlencoded"}, member="active"), 200),
    "issue": (nothing, asks("POST", "/v1/issue", '{"profile":"access","claims":{"sub":"alice"}}', JSON), 200),
    "revoke": (minted, asks("POST", "/v1/revoke", token_body, JSON), 200),
    "login": (nothing, asks("POST", "/auth/login", '{"email":"a@b.example","password":"correct horse"}', JSON,
                            "session"), 200),
    "check": (logged_in, asks("GET", "/auth/check/access", None, cookie, "session"), 204),
    "refresh": (logged_in, asks("POST", "/auth/refresh", "", cookie, "session"), 200),
    "logout": (logged_in, asks("POST", "/auth/logout", "", cookie, "session"), 200),
    "stranger's check": (nothing, asks("GET", "/auth/check/access", None, {"Cookie": f"__Host-refresh={STRANGER}"},
                                       "session"), 401),
}
COULD_NOT = {NO_ANSWER, 403, 429, 500, 502, 503, 504}  # 403 is what nginx passes on of a forward-auth that could not


def ask_again(site, prepare, put):
    if not site.lives():
        return NO_ANSWER, None, ""
    try:
        return put(site, prepare(site), PATIENCE)
    except Unprepared as missing:
        return NO_ANSWER, None, str(missing)


def comes_back(site, question):
    """Whether it is answered as usual after a while; what fails meanwhile says so."""
    prepare, put, usual, member = question
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        again = ask_again(site, prepare, put)
        if again[:2] == (usual, member):
            return True
        if again[0] not in COULD_NOT:
            return False
    return False


def attempt(site, question, kind, at):
    """Returns: whether the n-th call came, the status, and what is wrong."""
    prepare, put, usual = question[:3]
    prepared = prepare(site)
    site.control.arm(kind, at)
    status, told, text = put(site, prepared, SILENCE)
    site.control.rest()
    fired, wrong = site.control.fired(), []
    if kind.mode == JUMP:  # a token is good or not by the clock
        pass
    elif status != usual and status not in COULD_NOT:
        wrong.append(f"status {status} instead of {usual}: {text[:200]}")
    elif status == usual and told != question[3]:
        wrong.append(f"{told!r} instead of {question[3]!r}")
    if "cAnary" in text:
        wrong.append("a value is shown")
    if site.inside != "samekeyd" and site.control.crash():  # samekeyd's own end is seen
        wrong.append(f"{site.inside} crashed by signal {site.control.crash()}")
    again = ask_again(site, prepare, put)
    if not site.lives():
        said, where = site.said()[-400:], site.control.where()
        end = site.daemon.wait()
        site.stop()
        site.start()
        if "event=http_abort" in said:
            return fired, ABORTED, wrong
        if where.startswith("epoll_wait") and kind.reason == errno.ENOMEM and end == 75:
            return fired, NO_WAIT, wrong
        return fired, status, wrong + [f"samekeyd ended with {end}: {where}: {said}"]
    if again[:2] != (usual, question[3]):
        away = DIALS if site.redis else LOCK_KEPT if "fcntl64 called from libsqlite3" in site.control.where() else None
        if away and again[0] in COULD_NOT and comes_back(site, question):
            return fired, away, wrong
        wrong.append(f"asked again: {again[0]} {again[1]!r} {again[2][:200]}")
    return fired, status, wrong


def run_question(site, name, most, pick, tally):
    question = (*QUESTIONS[name], None)
    prepared = question[0](site)
    site.control.disarm()
    status, told, text = question[1](site, prepared, PATIENCE)
    reached = {kind.family: site.control.calls(kind.family) for kind in KINDS}
    if status != question[2]:
        print(f"{name}: without a fault: {status} {text}")
        return 1
    question = (*question[:3], told)
    wrong = 0
    for kind in KINDS:
        if not is_picked(kind, pick):
            continue
        for at in numbers(name, kind, reached[kind.family], most):
            fired, status, faults = attempt(site, question, kind, at)
            tally[kind.family] += bool(fired)
            tally[status if isinstance(status, str) else f"status {status}"] += bool(fired)
            wrong += len(faults)
            for text in faults:
                print(f"{name}: {kind_text(kind)}, call {at}: {text}\n  {site.control.where()}")
    return wrong


# ---- the start

ENDS = {65, 66, 69, 71, 73, 75, 77, 78}


def has_started(site, kind, before):
    """Where what it serves with fails for good, it is asked when that is over."""
    return site.ask("GET", "/healthz", wait=1)[0] == 200 or kind.mode == FOR_GOOD and (
        "event=status" in site.said()[before:])


def known_end(site, kind, said):
    """What is open in docs/RELIABILITY.md, or None."""
    if "event=http_abort" in said:
        return ABORTED
    lost = site.control.crash() or site.daemon.poll() is None and not site.serves()
    return LIBSECCOMP if kind.family == "library" and lost else None


def start_once(site, kind, at):
    before = len(site.said())
    site.control.arm(kind, at)
    site.launch()
    deadline = time.monotonic() + (PATIENCE / 4 if kind.family == "library" else PATIENCE)
    while site.daemon.poll() is None and time.monotonic() < deadline and not has_started(site, kind, before):
        time.sleep(0.01)
    site.control.rest()
    if site.daemon.poll() is None and not site.serves():
        with contextlib.suppress(subprocess.TimeoutExpired):  # the call failed after it had served, and it ends now
            site.daemon.wait(PATIENCE / 4)
    fired, status = site.control.fired(), site.daemon.poll()
    said = site.said()[before:]
    known = known_end(site, kind, said)
    if known:
        site.daemon.kill()
        site.daemon.wait()
        site.log.close()
        site.remove_sockets()
        return fired, known, []
    if status is None:
        wrong = [] if site.serves() else ["it neither serves nor ends"]
        offered = site.offer()
        if offered[0]:
            wrong.append(f"an offer to it: {offered[0]} {offered[2].decode()[-300:]}")
    else:
        wrong = [] if status in ENDS else [f"exit status {status}"]
        if kind.family != "write" and not re.search(r"level=(error|warning)|^samekeyd: ", said, re.M):
            wrong.append(f"it ended with {status} without a word")
    if site.control.crash():
        wrong.append(f"{site.inside} crashed by signal {site.control.crash()}")
    if status is None:
        wrong += site.stop()
    else:
        site.log.close()
        if kind.family not in ("look", "change") or kind.mode != FOR_GOOD:  # it cannot look at them, or remove any
            wrong += [f"{name} is left" for name in site.sockets()]
        site.remove_sockets()
    return fired, status, [f"{text}: {said[-300:]}" if status is not None else text for text in wrong]


def run_start(site, most, pick, tally):
    site.control.disarm()
    site.launch()
    site.until(site.serves, "samekeyd")
    reached = {kind.family: site.control.calls(kind.family) for kind in KINDS}
    wrong = len(site.stop())
    for kind in KINDS:
        if not is_picked(kind, pick):
            continue
        for at in numbers("start", kind, reached[kind.family], most):
            fired, status, faults = start_once(site, kind, at)
            tally[kind.family] += bool(fired)
            tally["served" if status is None else status if isinstance(status, str) else f"exit {status}"] += bool(fired)
            wrong += len(faults)
            for text in faults:
                print(f"start: {kind_text(kind)}, call {at}: {text}\n  {site.control.where()}")
    return wrong


def run_all(site, names, most, pick, tally):
    if names in (["--start"], ["--first-start"]):
        site.forgets = names == ["--first-start"]
        wrong = run_start(site, most, pick, tally)
    else:
        site.start()
        wrong = sum(run_question(site, name, most, pick, tally) for name in names or QUESTIONS)
        for text in site.stop():
            print(text)
            wrong += 1
    for text in site.close():
        print(text)
        wrong += 1
    return wrong


def main():
    library, *names = sys.argv[1:]
    inside, redis = "samekeyd", None
    if names[:1] == ["--redis"]:
        redis, names = os.environ["CHECK_DEBIAN"], names[1:]
    if names[:1] == ["--in"]:
        inside, names = names[1], names[2:]
    most, pick = chosen()
    tally = Counter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    site = Site(library, inside, redis)
    try:
        wrong = run_all(site, names, most, pick, tally)
    finally:
        site.abandon()
    return sum_up(tally, wrong)


sys.exit(main())
