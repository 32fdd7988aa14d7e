#!/usr/bin/env python3
"""Looks for values where none may be, in every form in which one could have got there.

    leaks.py files VALUEFILE PATH...      every file below the paths, its name too, and what it links to
    leaks.py processes VALUEFILE [PID...] arguments and environment of all processes but these
    leaks.py memory VALUEFILE PID         memory that a swap or a core file could hold
    leaks.py plant VALUEFILE FOLDER       writes a file for each form of the first value: all are found

VALUEFILE holds a value a line. Prints `PLACE: FORM of value N` for each that it finds, and nothing else; its
exit status is 1 then. Independent of samekey-scan on purpose. Needs no module but Python's own.
"""
# SPDX-License-Identifier: MIT
import base64
import json
import os
import sys
import urllib.parse

PART = 16      # bytes of a value that are as good as the whole
CHUNK = 1 << 20


def in_base64(value, skipped, encode):
    """What base64 makes of it behind `skipped` other bytes, without the letters that they share."""
    text = encode(b"\0" * skipped + value).rstrip(b"=")
    shared = (0, 2, 3)[skipped]
    return text[shared:len(text) - (0 if (skipped + len(value)) % 3 == 0 else 1)]


def forms(value):
    """{name: bytes} of every form, each once."""
    text = value.decode()
    found = {
        "its first bytes": value[:PART],
        "its last bytes": value[-PART:],
        "hex": value.hex().encode(),
        "HEX": value.hex().upper().encode(),
        "spaced hex": value.hex(" ").encode(),
        "percent": urllib.parse.quote(text, safe="").encode(),
        "percent of every byte": b"".join(b"%%%02X" % byte for byte in value),
        "UTF-16LE": text.encode("utf-16-le"),
        "UTF-16BE": text.encode("utf-16-be"),
        "JSON": json.dumps(text)[1:-1].encode(),
        "JSON of every letter": b"".join(b"\\u%04x" % ord(letter) for letter in text),
        "C of every byte": b"".join(b"\\x%02x" % byte for byte in value),
        "reversed": value[::-1],
        "base32": base64.b32encode(value).rstrip(b"=")[:-1],
    }
    for skipped in range(3):
        found["base64 +%d" % skipped] = in_base64(value, skipped, base64.b64encode)
        found["base64url +%d" % skipped] = in_base64(value, skipped, base64.urlsafe_b64encode)
    return found


class Search:
    def __init__(self, values):
        self.wanted = [(needle, "%s of value %d" % (name, number + 1))
                       for number, value in enumerate(values)
                       for name, needle in forms(value).items()]
        self.longest = max(len(needle) for needle, _ in self.wanted)
        self.found = set()

    def look(self, data, where):
        for needle, what in self.wanted:
            if needle in data:
                self.found.add("%s: %s" % (where, what))

    def stream(self, file, where):
        tail = b""
        while part := file.read(CHUNK):
            self.look(tail + part, where)
            tail = part[-self.longest:]


def files(search, *paths):
    for path in paths:
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                search.stream(file, path)
        for folder, _, names in os.walk(path):
            search.look(folder.encode(), folder)
            for name in names:
                here = os.path.join(folder, name)
                search.look(name.encode(), here)
                if os.path.islink(here):
                    search.look(os.readlink(here).encode(), here)
                elif os.path.isfile(here):
                    with open(here, "rb") as file:
                        search.stream(file, here)


def processes(search, *but):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if pid in but or pid == str(os.getpid()):
            continue
        for what in ("cmdline", "environ", "comm"):
            try:
                with open("/proc/%s/%s" % (pid, what), "rb") as file:
                    search.stream(file, "process %s, %s" % (pid, what))
            except OSError:
                pass  # gone, or another user's


def mappings(pid):
    """[start, end, name, readable, guarded]: locked or never swapped, and in no core file."""
    found = []
    with open("/proc/%s/smaps" % pid, encoding="utf-8") as smaps:
        for line in smaps:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                start, end = (int(part, 16) for part in words[0].split("-"))
                found.append([start, end, words[5] if len(words) > 5 else "", words[1][0] == "r", False])
            elif words[0] == "VmFlags:":
                found[-1][4] = {"lo", "dd"} <= set(words[1:])
    return found


def memory(search, pid):
    with open("/proc/%s/mem" % pid, "rb", buffering=0) as source:
        for start, end, name, readable, guarded in mappings(pid):
            if not readable or guarded:
                continue
            for at in range(start, end, CHUNK):
                try:
                    source.seek(at)
                    data = source.read(min(end - at, CHUNK + search.longest))
                except OSError:
                    continue  # memfd_secret, or the kernel's own
                search.look(data, "memory of %s, %s" % (pid, name or "anonymous"))


def main(what, values, *rest):
    with open(values, "rb") as file:
        wanted = [line for line in file.read().split(b"\n") if line]
    if what == "plant":
        for name, needle in forms(wanted[0]).items():
            with open(os.path.join(rest[0], name), "wb") as file:
                file.write(b"before " + needle + b" behind")
        return
    search = Search(wanted)
    {"files": files, "processes": processes, "memory": memory}[what](search, *rest)
    print("\n".join(sorted(search.found)[:60]))
    sys.exit(1 if search.found else 0)


main(*sys.argv[1:])
