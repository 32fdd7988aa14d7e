#!/usr/bin/env python3
"""Complains about what documents say: tests/meta/documents.py CHECK, one of

commands   every command in a fence is typed by tests/play, or tests/unplayed.txt names it
rows       every row of tests/unplayed.txt has a line of its page, a reason, and a test that is there
help       a command of samekey between backticks exists, and has the options that it is given
links      a link leads to a file, and to a heading in it
events     docs/reference/events.md has every event that the sources log, and no other

The names of the documents, for events of the sources, are read from standard input. A complaint is a line.
"""
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
from functools import cache

TYPED = re.compile(r" +(\$ |sudo |samekeyd? |make |npm |npx |node |curl |docker |kubectl |systemctl |pm2 )")


def lines(name):
    with open(name, encoding="utf-8") as file:
        return file.read().split("\n")


def blocks(name):
    """The fenced blocks of a document, as (kind, lines); the lines outside are the kind None's."""
    kind, body, indent = None, [], 0
    for line in lines(name):
        fence = re.match(r"( *)```(\w*)$", line)
        if fence:
            yield kind, body
            kind, body, indent = (fence[2], [], len(fence[1])) if kind is None else (None, [], 0)
        else:
            body.append(line[indent:])
    yield kind, body


def rows():
    for line in lines("tests/unplayed.txt"):
        if line and not line.startswith("#"):
            yield (line.split(" :: ") + ["", ""])[:3]


def check_commands(names):
    known = {(page, line) for page, line, _ in rows()}
    for name in names:
        for kind, body in blocks(name):
            # what is shown without a prompt is not typed by tests/play
            if kind == "console" and not any(line.startswith("$ ") for line in body):
                for line in body:
                    if (name, line) not in known:
                        yield f"{name}: nobody runs: {line}"
            if kind is None:
                for before, line in zip([""] + body, body):
                    if not before and line.startswith("    ") and TYPED.match(line):
                        yield f"{name}: put into a fence: {line.strip()}"


def check_rows(_):
    for page, line, reason in rows():
        if not os.path.isfile(page):
            yield f"{page} is not there"
            continue
        if not reason:
            yield f"{page}: no reason for {line}"
        if line != "*" and not any(line in body for kind, body in blocks(page) if kind is not None):
            yield f"{page} does not hold: {line}"
        test = re.search(r"tests/[\w./-]*\w", reason)
        if test and not os.path.exists(test[0]):
            yield f"{page}: {test[0]} is not there"
        elif line == "*" and not (test and os.path.isfile(test[0]) and os.path.basename(page).removesuffix(".md") in "\n".join(lines(test[0]))):
            yield f"{page}: no test plays it"


@cache
def help_of(verb):
    done = subprocess.run([os.environ["SAMEKEY"], "help", verb], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def check_help(names):
    for name in names:
        prose = "\n".join(line for kind, body in blocks(name) if kind is None for line in body)
        for verb, words in re.findall(r"`samekey ([a-z]+)( [^`]*)?`", prose):
            text = help_of(verb)
            if text is None:
                yield f"{name}: samekey {verb}"
                continue
            for option in re.findall(r"(?<= )--[a-z][a-z-]+", re.split(r" -- ", words)[0]):
                if not re.search(rf"(?<![a-z-]){option}(?![a-z-])", text):
                    yield f"{name}: samekey {verb} {option}"


@cache
def headings(name):
    titles = [re.sub(r"^#+ ", "", line) for line in lines(name) if re.match(r"#+ ", line)]
    return {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles}


def check_links(names):
    for name in names:
        for link in re.findall(r"\]\(([^)\s:]+)\)", "\n".join(lines(name))):
            path, _, heading = link.partition("#")
            target = os.path.join(os.path.dirname(name), path) if path else name
            if not os.path.exists(target):
                yield f"{name} leads to {path}"
            elif heading and heading not in headings(target):
                yield f"{name} leads to {link}"


# which argument of a call names the event
LOGGED_BY = {"log_begin": 3, "log_event": 2, "log_failure": 1, "log_entry": 2, "keepinglog_change": 1}


def arguments(text, start):
    """The arguments of the call whose bracket opens before `start`."""
    found, depth, quoted = [""], 1, False
    for letter in text[start:]:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "([{") - (letter in ")]}")
        if not depth:
            return found
        if letter == "," and depth == 1 and not quoted:
            found.append("")
        else:
            found[-1] += letter
    return found


def check_events(names):
    page = "docs/reference/events.md"
    logged = set()
    for name in names:
        text = "\n".join(lines(name))
        for call in re.finditer(rf"\b({'|'.join(LOGGED_BY)})\(", text):
            event = arguments(text, call.end())[LOGGED_BY[call[1]]]
            logged.update(re.findall(r'"(\w+)"', event))
            # elsewhere it is the parameter of a function in this table
            if '"' not in event and not re.search(r"\bevent$", event):
                yield f"{name}: no name of an event: {event.strip()}"
    told = set(re.findall(r"^\| `(\w+)` \|", "\n".join(lines(page)), re.MULTILINE))
    for event in sorted(logged - told):
        yield f"{page} lacks {event}"
    for event in sorted(told - logged):
        yield f"{page}: nobody logs {event}"


CHECKS = {"commands": check_commands, "rows": check_rows, "help": check_help, "links": check_links, "events": check_events}
for complaint in CHECKS[sys.argv[1]](sys.stdin.read().split()):
    print(complaint)
