// Metrics of sessions, of their store, and of the upstream that knows passwords. Where there is
// none of these, there is no metric of it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_SESSIONMETRICS_H
#define VERIFIER_DOOR_API_SESSIONMETRICS_H

#include "lib/base/base.h"

struct ledger_state;
struct revocations;
struct sessions;
struct upstream;

// What is counted; all borrowed.
struct sessionmetrics {
	const struct ledger_state *store;      // or NULL: no store
	const struct revocations *revocations; // or NULL
	// Of the session listener; NULL: none. `requests` has, for each route, one count for each
	// result; both tables of names are ended by NULL.
	const uint64_t *requests;
	const char *const *routes, *const *results;
	const struct sessions *sessions;
	size_t (*logouts)(const struct sessions *sessions); // that the store has not heard of yet
	const uint64_t *lost_logouts;                       // that it never will
	// Of the upstream; NULL: none. `outcomes` by enum relay_outcome.
	const uint64_t *outcomes;
	const struct upstream *upstream;
	size_t (*waiting)(const struct upstream *upstream);
	bool (*is_up)(const struct upstream *upstream);
};

// Writes all of them as Prometheus text; what goes wrong shows when the stream is closed.
void sessionmetrics_write(FILE *out, const struct sessionmetrics *view);

#endif
