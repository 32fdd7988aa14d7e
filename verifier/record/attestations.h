// What processes proved about the values that they use: who, which key, what it is and since when;
// and counts. Outcomes, never a value. Sees no socket and no clock: the caller brings both.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_ATTESTATIONS_H
#define VERIFIER_RECORD_ATTESTATIONS_H

#include "lib/base/base.h"

struct attestations;
struct registry;

#define ATTESTATIONS_MAX 1024    // that are kept; of the oldest those that say `same` go first
#define ATTESTATIONS_UID_MAX 256 // of one user
#define ATTESTATIONS_SHARE 3     // nor more than this part of what is free
#define ATTESTATIONS_COUNTS_MAX \
	256 // triples of app, key and state; what comes then is counted as one
#define ATTESTATIONS_KEEP_MS (24u * 60 * 60 * 1000) // since it was made last
#define ATTESTATIONS_SAME "same"
#define ATTESTATIONS_REST "other"

// A process's word on one key. Texts are copied.
struct attestation {
	const char *app, *key;
	const char *state; // "same", "shadowed"
	const char *origin, *text, *fix;
	uint64_t bundle; // the id that the registry knows it by
	uint64_t uid;
	int64_t pid;      // 0: unknown
	uint64_t started; // of the process, in clock ticks after boot; 0: unknown

	// of those that are given out
	bool same;
	uint64_t since_ms, seen_ms; // since when it says so, and when it said so last
};

// Makes an empty list; the caller owns it.
// Returns: the list, or NULL when memory is short.
struct attestations *attestations_new(void) must_check;
struct attestations *attestations_free(struct attestations *list); // NULL is fine; returns NULL

// Counts one, and keeps it in the place of what the same process said of the same key. Without
// memory it is only counted as far as can be.
// Returns: whether it is worth a line in the log: it is not `same`, and new or another one; or it
// is, and what it replaces was not.
bool attestations_note(struct attestations *list, const struct attestation *attestation,
	uint64_t now_ms) must_check;

// Whether the process of one may still live: another one may have its pid by now.
typedef bool attestations_lives(const struct attestation *attestation);

// Forgets those that are too old, whose bundle lives no longer, or whose process ended.
void attestations_settle(struct attestations *list, const struct registry *registry,
	attestations_lives *lives, uint64_t now_ms);

// Those that are kept, the one that was made last at the end; views live until the next change.
size_t attestations_size(const struct attestations *list);
const struct attestation *attestations_at(const struct attestations *list, size_t index);

// Whether two are one to a person: they say the same of one key of one app.
bool attestations_alike(const struct attestation *a, const struct attestation *b);

// The counts, in the order in which they began.
struct attestations_count {
	const char *app, *key, *state;
	uint64_t times;
};
size_t attestations_counts(const struct attestations *list);
struct attestations_count attestations_count_at(const struct attestations *list, size_t index);

#endif
