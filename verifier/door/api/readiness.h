// Is everything as it should be? Expected apps, required keys, profiles with their keys, and drift
// that a rule sets to fail,
// as reasons that a person can act on. Never a value.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_READINESS_H
#define VERIFIER_DOOR_API_READINESS_H

#include "lib/base/base.h"

struct keyring;
struct pool;
struct registry;

#define READINESS_REASONS_MAX 1000 // more are only counted

struct readiness_reason {
	const char
		*code; // a finding's code, or "app-missing", "app-refused", "app-ended", "bad-key"
	const char *app, *key; // or ""; of a profile whose key is a file, key is that
	const char *text;
};

struct readiness {
	bool ready;
	const struct readiness_reason *reasons;
	size_t reason_count;
};

// Judges one app (NULL: all); texts and list live in `pool`.
// Returns: 0 or -ENOMEM.
int readiness_judge(struct registry *registry, const struct keyring *keyring, const char *app,
	uint64_t now_ms, struct pool *pool, struct readiness *ret_readiness) must_check;

#endif
