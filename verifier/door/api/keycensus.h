// What the living bundles hold, each fact once, whatever number of instances an app has: the newest
// bundle speaks. An app decides how many keys it has, so what is counted has a cap, of which every
// bundle gets its share.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_KEYCENSUS_H
#define VERIFIER_DOOR_API_KEYCENSUS_H

#include "lib/base/base.h"
#include "lib/base/pool.h"
#include "lib/value/origin.h"

struct registry;
struct registry_drift;
struct registry_entry;
struct registry_key;

#define KEYCENSUS_SECRETS_MAX 16384 // secrets; what is more is left out
#define KEYCENSUS_LOOKS_MAX 262144  // keys that are looked at; likewise
#define KEYCENSUS_FINDINGS_MAX 1024 // conflicts, and drifts; likewise

// What is counted; all borrowed.
struct keycensus_request {
	struct registry *registry;
	const struct registry_drift *drift;
	size_t drift_count;
	bool names; // secrets and drifts, too
};

// A bundle, a secret or a conflict.
struct keycensus_row {
	const struct registry_entry *entry;
	const struct registry_key *key; // NULL of a bundle
	bool newest;                    // of a secret: no newer bundle gives the key another value
	enum source_kind shadowed;      // of a conflict: the source that lost
};

struct keycensus {
	struct pool_list bundles, secrets, conflicts; // of struct keycensus_row
	struct pool_list drift;                       // of const struct registry_drift *
	bool truncated;                               // something was left out
};

// Counts; what is found points into the registry and lies in the pool.
// Returns: 0 or -ENOMEM.
int keycensus_take(const struct keycensus_request *request, struct pool *pool,
	struct keycensus *ret_census) must_check;

#endif
