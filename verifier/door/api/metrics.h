// Prometheus text from one table of metrics. Counts live in a plain struct that the doors add to;
// the rest is read from the registry when asked.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_METRICS_H
#define VERIFIER_DOOR_API_METRICS_H

#include "lib/base/base.h"
#include "lib/wire/fault.h"
#include "verifier/door/api/route.h"
#include "verifier/door/api/sessionmetrics.h"

struct attestations;
struct fingerprint_key;
struct guards;
struct keyring;
struct processmetrics;
struct readiness_life;
struct registry;
struct sightings;
struct tally;

// What has happened since the start.
struct metrics_counts {
	uint64_t started_s;                 // CLOCK_REALTIME
	uint64_t reloaded_s;                // likewise: the settings were read last
	uint64_t accepted, refused, failed; // offers by what came of them
	uint64_t problems[FAULTS];          // by enum fault: requests that could not be taken
	uint64_t requests[ROUTE_DOORS];     // by door
	uint64_t denied[ROUTE_DOORS];       // by door: answered 401, 403 or 421, or not let in
	uint64_t connections[ROUTE_DOORS];  // by door: of HTTP, that are open now
	bool locked;                        // guarded memory is locked
};

struct metrics_view {
	const struct metrics_counts *counts;
	struct registry *registry;
	const struct keyring *keyring;
	const struct fingerprint_key *key;
	const struct readiness_life *life;
	const struct tally *tally;               // of tokens, or NULL
	const struct sightings *sightings;       // of who signed bad ones, or NULL
	const struct attestations *attestations; // of what processes say, or NULL
	struct sessionmetrics sessions;          // zero: none
	const struct processmetrics *process;    // or NULL
	const struct guards *guards;             // of the process, or NULL
	uint64_t now_ms;
	bool names; // whether names of keys may be shown
};

// Writes all metrics as text; the caller frees it.
// Returns: 0 or -ENOMEM.
int metrics_text(const struct metrics_view *view, char **ret_text, size_t *ret_length) must_check;

#endif
