// What a running process holds of a bundle's keys: its environment against the winners, candidates
// and readings. Under PM2's cluster mode the variables lie in the JSON of `pm2_env`, which is read
// first: what stands beside it there is PM2's own. Shows no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_HOLDING_H
#define LOADER_INSPECT_RUNNING_HOLDING_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"

struct bundle;
struct bundle_key;
struct candidate;
struct fingerprint_key;
struct given;
struct pool;
struct process;
struct secret_arena;

enum holding_state {
	HOLDING_SAME,
	HOLDING_STALE, // a candidate that lost, or a reading: see `candidate`
	HOLDING_MISSING,
	HOLDING_EMPTY,
	HOLDING_QUOTED,      // the value with a pair of quotes or a CR around it
	HOLDING_PLACEHOLDER, // a public example, `undefined`, `null`
	HOLDING_OTHER,       // something that nothing here explains
	HOLDING_STATES,      // how many there are
};

struct holding {
	const struct bundle_key *key;
	enum holding_state state;
	const struct candidate *candidate;       // of HOLDING_STALE; of a placeholder too, if one
						 // offers it
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // of what it holds; "" without a value, "weak"
	bool from_pm2;                           // read from pm2_env
	bool given;                              // `samekey run` gave this value
};

// How one value stands to a key; *ret_candidate is set when it is one of the key's.
// Returns: the state, never HOLDING_MISSING.
enum holding_state holding_judge(
	const struct bundle_key *key, struct secret value, const struct candidate **ret_candidate);

// How a state is written: "same", "stale", ...
const char *holding_state_text(enum holding_state state);

struct holding_list {
	const struct holding *items; // by key
	size_t count;
	const char *pm2_name, *pm2_id; // the app that PM2 runs it as, printable; "" without PM2
	bool below_run;                // `samekey run` with this fingerprint key stood above it
};

// Reads what `samekey run` gave to the process of this environment: NULL where none stood above it,
// or one with another fingerprint key.
// Returns: 0 or -ENOMEM.
int holding_given(struct secret environment, const struct fingerprint_key *fingerprints,
	struct pool *pool, const struct given **ret_given) must_check;

// Compares each key that a start is given. Left out are keys that are not injected, and those that
// only the environment of this program offers: nobody wants them elsewhere. A key of the bundle
// without a value is compared only where the process has one.
// Returns: 0 with holdings that live in the pool, or -ENOMEM.
int holding_compare(const struct bundle *bundle, const struct fingerprint_key *fingerprints,
	const struct process *process, struct secret_arena *arena, struct pool *pool,
	struct holding_list *ret_list) must_check;

#endif
