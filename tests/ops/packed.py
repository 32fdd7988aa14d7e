#!/usr/bin/env python3
"""Plants values around the sources, and lays bare what was packed so that it can be searched for them.

    packed.py value                    prints one that nothing else holds, nor a part of it
    packed.py plant VALUEFILE FOLDER   files that people have beside sources, none of them the project's
    packed.py bare FROM TO             copies FROM, and unpacks every .deb, .gz and tar in it, and in these

tests/daemon/leaks.py searches. Needs no module but Python's own, and dpkg-deb for a .deb.
"""
# SPDX-License-Identifier: MIT
import gzip
import os
import secrets
import shutil
import subprocess
import sys
import tarfile

# What a newcomer leaves in a tree: files of his own app, of an example that he tried, of a packer's login.
BESIDE = (".env", ".env.local", "samekey.ini", "id_ed25519", "conf/local.ini", "conf/examples/seed/.env",
          "conf/examples/incident/.env.production", "packaging/debian/.env", "packaging/docker/.env",
          "packaging/pm2/.env", "packaging/prometheus/local.yml", "packaging/npm/samekey/.env",
          "packaging/npm/samekey/bin/.env", "packaging/npm/samekey/.npmrc",
          "packaging/npm/samekey-linux-x64/.env", "packaging/oci/.env")


def value():
    # with what every encoding writes otherwise
    print("%s/\"+=\\%%&<>?~'%s" % (secrets.token_hex(12), secrets.token_hex(12)))


def plant(values, folder):
    with open(values, encoding="utf-8") as file:
        planted = file.readline().strip()
    for name in BESIDE:
        with open(os.path.join(folder, name), "x", encoding="utf-8") as file:
            file.write("; TOKEN_SECRET=%s\n" % planted)


def unpack(path):
    """Unpacks what lies at a path beside it, and what that holds."""
    to = path + ".bare"
    with open(path, "rb") as file:
        magic = file.read(8)
    if magic == b"!<arch>\n":
        subprocess.run(["dpkg-deb", "--raw-extract", path, to], check=True)
        unpack_all(to)
    elif magic.startswith(b"\x1f\x8b"):
        with gzip.open(path) as packed, open(to, "wb") as file:
            shutil.copyfileobj(packed, file)
        unpack(to)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(to)
        unpack_all(to)


def unpack_all(folder):
    for here, _, names in list(os.walk(folder)):
        for name in names:
            path = os.path.join(here, name)
            if os.path.isfile(path) and not os.path.islink(path):
                unpack(path)


def bare(source, to):
    shutil.copytree(source, to, symlinks=True)
    unpack_all(to)


def main(what, *rest):
    {"value": value, "plant": plant, "bare": bare}[what](*rest)


main(*sys.argv[1:])
