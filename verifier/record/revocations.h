// Which access tokens count no more though they have not expired: by their jti, or by the family of
// their session. Asked for every token that is good otherwise, so it lies in memory; where it comes
// from is the session store's business.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_REVOCATIONS_H
#define VERIFIER_RECORD_REVOCATIONS_H

#include "lib/base/base.h"

struct revocations;

#define REVOCATIONS_MAX \
	200000 // entries; over it those that end first are forgotten, and it is said
// So long an entry stays and counts after its end: neither a clock that was ahead and is set right
// again nor a token of a time when tokens lived longer must come back. The first to go when room is
// short.
#define REVOCATIONS_LINGER_MS (INT64_C(24) * 3600 * 1000)
#define REVOCATIONS_SETTLED_MAX 512 // entries that are dropped by one revocations_settle

// Makes an empty one; the caller owns it.
// Returns: the revocations, or NULL when memory is short.
struct revocations *revocations_new(void) must_check;
struct revocations *revocations_free(struct revocations *revocations); // NULL is fine; returns NULL

// From a new one it is known what is revoked: nothing. Until the store has told it once it is not,
// and no name can be said to be good.
void revocations_await(struct revocations *revocations);
void revocations_told(struct revocations *revocations);
bool revocations_are_known(const struct revocations *revocations);

// Notes that a name (a jti, or a family's id as text) is revoked until then. Twice is fine: the
// later end counts. Costs well under 10 microseconds, however many there are. Returns: 0 or
// -ENOMEM: not noted; only of the first one.
int revocations_add(struct revocations *revocations, const char *name, size_t length,
	int64_t until_wall_ms) must_check;

// Whether the name is revoked, or was until less than REVOCATIONS_LINGER_MS ago. Costs one hash
// when there is any, nothing else.
bool revocations_has(const struct revocations *revocations, const char *name, size_t length,
	int64_t now_wall_ms);

// Forgets some of what is long over, see REVOCATIONS_LINGER_MS; to be called every second or so.
void revocations_settle(struct revocations *revocations, int64_t now_wall_ms);

// How many there are, with those that linger; and how many were forgotten before their end.
size_t revocations_size(const struct revocations *revocations);
uint64_t revocations_lost(const struct revocations *revocations);

#endif
