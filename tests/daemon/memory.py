#!/usr/bin/env python3
"""Looks for byte strings in the memory of a process, from outside: memory.py PID NAME=HEX...

Prints a line for each name: `NAME guarded=N elsewhere=N`, where guarded memory is what is left out of
core files (madvise DONTDUMP); then `unreadable=N`, the mappings that even root cannot read, as those
of memfd_secret(2). Needs root, and no module beyond python3-minimal's.
"""
# SPDX-License-Identifier: MIT
import sys

CHUNK = 1 << 20


def mappings(pid):
    """(start, end, readable, guarded) of each."""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as smaps:
        for line in smaps:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                start, end = (int(part, 16) for part in words[0].split("-"))
                found.append([start, end, words[1][0] == "r", False])
            elif words[0] == "VmFlags:":
                found[-1][3] = "dd" in words[1:]
    return found


def count(memory, start, end, wanted):
    """How often each of `wanted` lies between two addresses."""
    longest = max(map(len, wanted))
    counts = [0] * len(wanted)
    for at in range(start, end, CHUNK):
        memory.seek(at)
        # an overlap, so that nothing is missed at an edge and nothing counted twice
        chunk = memory.read(min(end - at, CHUNK + longest - 1))
        for i, needle in enumerate(wanted):
            at_byte = chunk.find(needle)
            while at_byte >= 0:
                counts[i] += at_byte < CHUNK
                at_byte = chunk.find(needle, at_byte + 1)
    return counts


def main(pid, *named):
    names = [item.split("=")[0] for item in named]
    wanted = [bytes.fromhex(item.split("=")[1]) for item in named]
    totals = {True: [0] * len(names), False: [0] * len(names)}
    unreadable = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, readable, guarded in mappings(pid):
            if not readable:
                continue
            try:
                found = count(memory, start, end, wanted)
            except OSError:
                unreadable += 1
                continue
            totals[guarded] = [a + b for a, b in zip(totals[guarded], found)]
    for i, name in enumerate(names):
        print(f"{name} guarded={totals[True][i]} elsewhere={totals[False][i]}")
    print(f"unreadable={unreadable}")


if __name__ == "__main__":
    main(*sys.argv[1:])
