"""Attests to samekeyd as any program could, from the protocol alone.

attest.py proof APP KEY NONCE VALUE     prints a proof
attest.py say SOCKET APP KEY=VALUE...   prints what is answered, as one line
attest.py hold SOCKET APP               likewise for each line KEY=VALUE that it reads, as one process
"""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import sys


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def be32(text):
    return len(text).to_bytes(4, "big") + text


def proof(app, key, nonce, value):
    nonce = base64.urlsafe_b64decode(nonce + "=")
    k = hashlib.sha256(b"samekey attest v1\0" + value).digest()
    mac = hmac.new(k, nonce + be32(app.encode()) + be32(key.encode()), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def ask(path, body):
    door = Unix(path)
    door.request("POST", "/v1/attest", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(door.getresponse().read())
    door.close()
    return answer


def say(path, app, values):
    given = ask(path, {"app": app, "keys": list(values)})
    if "nonces" not in given:
        return given
    proofs = [
        {"key": key, "nonce": nonce, "proof": proof(app, key, nonce, values[key])}
        for key, nonce in given["nonces"].items()
    ]
    return ask(path, {"app": app, "attestations": proofs})


def decode(text):
    return text.encode().decode("unicode_escape").encode("latin1")


def pairs(words):
    return {key: decode(value) for key, value in (word.split("=", 1) for word in words)}


def main(verb, *rest):
    if verb == "proof":
        print(proof(*rest[:3], decode(rest[3])))
    elif verb == "say":
        print(json.dumps(say(rest[0], rest[1], pairs(rest[2:]))))
    else:
        for line in sys.stdin:
            print(json.dumps(say(rest[0], rest[1], pairs([line.rstrip("\n")]))), flush=True)


main(*sys.argv[1:])
