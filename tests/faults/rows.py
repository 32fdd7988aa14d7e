"""The commands that are run with faults: what each may exit with, change and print."""
# SPDX-License-Identifier: MIT
OF_ALL = {0, 65, 66, 69, 75, 77, 78}
FINDS = OF_ALL | {1}


class Row:
    """How one command is run, and what may be different afterwards."""

    def __init__(self, words, exits=FINDS, given=b"", writes=(), prints_values=False, loose=False, before=(),
                 may_miss=False, machine=False):
        self.words, self.exits, self.given = words.split(), exits, given
        self.writes, self.prints_values = writes, prints_values
        self.loose = loose  # what is random, or a time, differs
        self.machine = machine  # speaks of all that runs here: needs a process to find, and nobody else
        self.may_miss = may_miss  # says what it did not see, and goes on
        self.before = before  # what is run first, without a fault


ROWS = {
    "": [Row("", OF_ALL)],
    "init": [Row("init --root bare", writes=["bare/samekey.ini"], may_miss=True), Row("init --print --root bare")],
    "keygen": [Row("keygen", OF_ALL, loose=True)],
    "install": [Row("install installed", OF_ALL, writes=["installed"]),
                Row("install out.env", OF_ALL, writes=["out.env"])],
    "check": [Row("check"), Row("check --json")],
    "explain": [Row("explain"), Row("explain --json")],
    "scan": [Row("scan built"), Row("scan --json built")],
    "offer": [Row("offer --name row", loose=True),
              Row("offer --name row --withdraw", before=["offer", "--name", "row"])],
    "run": [Row("run --name row -- printenv NEXTAUTH_SECRET", (OF_ALL | {126, 127}), prints_values=True),
            Row("run --name row --reach warn -- sh -c true", (OF_ALL | {126, 127})),
            Row("run --name row --phase build --stamp stamp -- true", (OF_ALL | {126, 127}), writes=["stamp"],
                loose=True),
            Row("run --name row --supervise -- true", (OF_ALL | {126, 127}))],
    "status": [Row("status", loose=True), Row("status --json", loose=True), Row("status --health")],
    "drift": [Row("drift", loose=True, machine=True), Row("drift --json --scan built", loose=True, machine=True)],
    "ps": [Row("ps", loose=True, machine=True), Row("ps --json", loose=True, machine=True)],
    "doctor": [Row("doctor files code images git machine verifier bundle", loose=True),
               Row("doctor --json files code images git machine verifier bundle", loose=True),
               Row("doctor --root deployed --host host systemd deployments images pm2", loose=True)],
    "verify": [Row("verify -", given="token", loose=True), Row("verify --json -", given="token", loose=True)],
    "issue": [Row("issue --claim sub=alice", OF_ALL, loose=True)],
    "diagnose": [Row("diagnose -", given="token", loose=True),
                 Row("diagnose --private-verifier --verifier-ini verifier.ini -", given="token", loose=True)],
    "revoke": [Row("revoke -", given="new token", loose=True)],
    "dialects": [Row("dialects", OF_ALL), Row("dialects --json", OF_ALL)],
    "parse": [Row("parse --dialect next .env.local .env", OF_ALL, prints_values=True),
              Row("parse --json --dialect docker .env", OF_ALL, prints_values=True)],
    "lint": [Row("lint --loaders next,docker .env .env.local"),
             Row("lint --json --loaders next,docker,compose odd/.env"),
             Row("lint --fix --loaders next,docker odd/.env", writes=["odd/.env"])],
    "export": [Row("export --for docker", OF_ALL, prints_values=True),
               Row("export --for json", OF_ALL, prints_values=True),
               Row("export --for docker out.env", OF_ALL, writes=["out.env"])],
    "help": [Row("help", OF_ALL), Row("help run", OF_ALL), Row("help conflict", OF_ALL)],
}

# Programs that samekey starts with a clean environment, and the commands that start them.
HELPERS = {
    "samekey-scan": [Row("scan built"), Row("scan --json built"), Row("scan --format sarif built"),
                     Row("doctor --root deployed --host host deployments images", loose=True)],
    "samekeyd": [Row("verify --private-verifier --verifier-ini verifier.ini -", given="token", loose=True),
                 Row("verify --json --private-verifier --verifier-ini verifier.ini -", given="token", loose=True),
                 Row("diagnose --private-verifier --verifier-ini verifier.ini -", given="token", loose=True),
                 Row("scan --json tokens"),
                 Row("run --private-verifier --verifier-ini verifier.ini -- printenv NEXTAUTH_SECRET",
                     (OF_ALL | {126, 127}), prints_values=True)],
}

# Libraries that ask for memory thousands of times in each of these programs: libseccomp while it makes a filter, the
# compiler of expressions, and libcrypto's start, whose every n is tried at samekeyd's start.
APART = {
    "samekey-scan": ["libseccomp", "libhs", "libstdc++"],
    "samekeyd": ["libseccomp", "libcrypto"],
}
APART_IN_DAEMON = {
    "samekeyd": ["libseccomp"],
    "samekeyd-upstream": ["libseccomp", "libcrypto"],
}
