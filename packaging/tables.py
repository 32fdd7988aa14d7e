"""What the programs say of themselves: commands, options and settings, read from their help.

The man pages and the completions are made of this, so neither can differ from the programs.
$SAMEKEY and $SAMEKEYD name them.
"""
# SPDX-License-Identifier: MIT
import json
import os
import re
import subprocess


def said(program, *words):
    """What a program prints, in an environment that changes nothing of it."""
    return subprocess.run(
        [os.environ[program], *words], check=True, stdout=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    ).stdout


def rows(text):
    """(left, doc, default) of the lines that setting_print_row wrote."""
    joined = re.sub(r"(?m)^(  \S(?:(?! {2}).)*)\n {32}", r"\1  ", text)  # a long left
    joined = re.sub(r"\n {32}", " ", joined)
    for line in joined.splitlines():
        row = re.match(r"  (\S.*?) {2,}(\S.*)$", line)
        if not row:
            continue
        left, doc = row.groups()
        fallback = re.search(r" \(default: (.*)\)$", doc)
        if fallback:
            doc = doc[: fallback.start()]
        yield left, doc, fallback.group(1) if fallback else None


class Command:
    """A command by what its help says."""

    def __init__(self, name, summary):
        head, _, rest = said("SAMEKEY", "help", name).partition("\noptions\n")
        lines = head.split("\n")
        self.name, self.synopsis, self.summary = name, lines[0], summary
        self.details = "\n".join(lines[3:])
        own, _, settings = rest.partition("\nsettings of samekey.ini, for this start only\n")
        self.options, self.settings = list(rows(own)), list(rows(settings))
        self.beside = " ".join(re.split(r"\n\n", settings or own, maxsplit=1)[1:]).replace("\n", " ").strip()


def commands():
    """All commands, in the order of help."""
    return [
        Command(row["name"], row["summary"])
        for row in json.loads(said("SAMEKEY", "help", "--json"))["commands"]
    ]
