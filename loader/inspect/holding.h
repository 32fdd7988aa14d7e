// What a running process holds of a bundle's keys: its environment against the winners, candidates
// and readings. Under PM2's cluster mode the variables lie in the JSON of `pm2_env`, which is read
// first: what stands beside it there is PM2's own. Shows no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_HOLDING_H
#define LOADER_INSPECT_HOLDING_H

#include "lib/base/base.h"
#include "lib/value/fingerprint.h"

struct bundle;
struct bundle_key;
struct candidate;
struct fingerprint_key;
struct pool;
struct process;

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
	const struct candidate *candidate;       // of HOLDING_STALE
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // of what it holds; "" without a value, "weak"
	bool from_pm2;                           // read from pm2_env
};

// How a state is written: "same", "stale", ...
const char *holding_state_text(enum holding_state state);

// Compares each key that a start is given; keys that are not injected are left out.
// Returns: 0 with as many holdings as keys are compared (in the pool), or -ENOMEM.
int holding_compare(const struct bundle *bundle, const struct fingerprint_key *fingerprints,
	const struct process *process, struct pool *pool, const struct holding **ret_holdings,
	size_t *ret_count) must_check;

#endif
