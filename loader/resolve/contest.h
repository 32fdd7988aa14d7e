// A contest: what the sources hold for one key, ranked; and what the rules say about it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_CONTEST_H
#define LOADER_RESOLVE_CONTEST_H

#include "lib/base/base.h"
#include "loader/read/found.h"

struct diag;
struct resolution;
struct settings_key;

struct contestant {
	const struct found *found;
	struct secret value; // cleaned and filled in
	uint64_t rank;       // lower wins
	bool left_out;       // its source is not in the order
	bool skipped;        // empty, or from a source that may not give it: never wins
	bool foreign;        // from = names another source
	bool expanded;       // as a winner; losers come when all winners are filled in
};

struct contest {
	const char *name;
	const struct found_key *found;
	const struct settings_key *rule; // or NULL
	bool secret, guessed, framework_secret;
	const char *file_variable; // KEY_FILE, when it gave the value; else NULL
	bool inherited;            // in the environment only, seen because no ini says otherwise
	bool given;                // by an outer `samekey run`, as SAMEKEY_RUN shows
	bool expanding;            // while references are filled in: a circle
	bool expanded;
	bool bad;                  // an error was found on it
	bool conflict;             // another kind of source disagrees, and that was told
	bool sentinel;             // what the build gets is a stand-in, or was made from one
	struct secret standin;     // drawn once, so that all who refer to the key get the same
	bool weak;                 // the winner can be guessed
	struct contestant *ranked; // best first; the winner is the first that is not skipped
	size_t count;
};

// Makes the contests of a resolution: every key of the sources and of the [key] sections, its
// candidates cleaned and ranked.
// Returns: 0 or -ENOMEM.
int contest_hold(struct resolution *resolution) must_check;

// Skips a candidate whose value is empty, unless the key's rule keeps it, and says so.
void contest_judge_empty(
	struct resolution *resolution, struct contest *contest, struct contestant *contestant);

// The winner.
// Returns: the contestant, or NULL when nobody wins.
const struct contestant *contest_winner(const struct contest *contest);

// Finds a contest by its key's name.
// Returns: the contest or NULL.
struct contest *contest_find(const struct resolution *resolution, const char *name, size_t length);

#endif
