// Every process that carries a key of a bundle, and every server in its folder, what it holds of
// it, and what is wrong with that: what `samekey ps` shows and `samekey drift` lists. Shows no
// value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_CENSUS_H
#define LOADER_INSPECT_RUNNING_CENSUS_H

#include "lib/base/base.h"
#include "loader/inspect/running/holding.h"
#include "loader/inspect/running/process.h"

struct diag;
struct err;
struct pool;
struct resolution;

// What a process is besides a program that uses its secrets. What is wrong with another than that
// is a warning, and nothing is missing there: it counts for what is started from it.
enum census_role {
	CENSUS_PROGRAM,
	CENSUS_SHELL,
	CENSUS_PM2,       // PM2's own daemon
	CENSUS_PRIMARY,   // of node's cluster module: it listens, its workers answer
	CENSUS_FORWARDER, // of Docker or Podman: it listens, a container answers
	CENSUS_VERIFIER,  // samekeyd, which needs no secret; seen only on the asked port
};

struct census_member {
	struct process process; // with its ports
	struct holding_list holdings;
	enum census_role role;
	bool orphan;         // what started it has ended
	int adopted;         // of an orphan: who was taken over, it itself or what started it
	int adopter;         // by whom
	bool ours;           // it runs in the bundle's project, or answers on the asked port
	bool home;           // it runs in the folder where the bundle begins, or below
	bool related;        // ours, or it holds a value of the bundle that nobody guesses
	const char *name;    // see lineage_name
	const char *lineage; // see lineage_text
};

struct census {
	const struct census_member *members; // by pid
	size_t count;
	size_t looked_at, denied, too_large; // processes of this machine
	bool hidden, cut;                    // see process_list
	bool lacks;                          // some member of ours lacks some secret
};

struct census_request {
	const struct resolution *resolution;
	uint16_t port; // only who listens on it, and the workers of a cluster behind it; 0: whoever
		       // carries a secret
	bool settings; // carrying a setting is enough
	bool strict;   // a secret that is missing is an error; with a port it always is, and else
		       // where it must be there
};

// What a role is called, in words: "a shell"; "" for a program.
const char *census_role_text(enum census_role role);

// Looks once; samekey's own processes are left out. Environments lie in the resolution's arena,
// texts in the pool; findings about secrets are added.
// Returns: 0, -ENOENT (no /proc), -ENOMEM, or another negative errno of reading /proc.
int census_take(const struct census_request *request, struct diag *diag, struct pool *pool,
	struct census *ret_census, struct err *err) must_check;

#endif
