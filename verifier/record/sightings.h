// What bad tokens were signed with, as far as it is known: counts by key, and findings that only an
// app of ours can have caused. No value, nothing of a token. Judges nobody.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SIGHTINGS_H
#define VERIFIER_RECORD_SIGHTINGS_H

#include "lib/base/base.h"
#include "lib/value/finding.h"

struct sightings;

#define SIGHTINGS_COUNTS_MAX 256  // pairs of a key and a what; what comes then is counted as one
#define SIGHTINGS_FINDINGS_MAX 64 // the one that was not seen for longest makes room
#define SIGHTINGS_KEEP_MS (24u * 60 * 60 * 1000) // of a finding, since it was seen last
#define SIGHTINGS_REST "other"

// A token's signer. Texts are copied.
struct sighting {
	const char *app, *key; // "" where there is none
	const char *what;      // "shadowed", "unknown"
	enum finding finding;  // FINDINGS: it is only counted
	const char *origin, *text, *fix;

	// of those that are given out
	uint64_t count, seen_ms;
};

// Makes an empty list; the caller owns it.
// Returns: the list, or NULL when memory is short.
struct sightings *sightings_new(void) must_check;
struct sightings *sightings_free(struct sightings *sightings); // NULL is fine; returns NULL

// Counts one, and keeps its finding. Without memory it is only counted as far as can be.
// Returns: whether its finding is new, so that it is worth a line in the log.
bool sightings_add(struct sightings *sightings, const struct sighting *sighting, uint64_t now_ms)
	must_check;

// Forgets findings that were not seen for SIGHTINGS_KEEP_MS.
void sightings_expire(struct sightings *sightings, uint64_t now_ms);

// The findings, the one that was seen last at the end; views live until the next change.
size_t sightings_size(const struct sightings *sightings);
const struct sighting *sightings_at(const struct sightings *sightings, size_t index);

// The counts, in the order in which they began.
struct sightings_count {
	const char *key, *what;
	uint64_t tokens;
};
size_t sightings_counts(const struct sightings *sightings);
struct sightings_count sightings_count_at(const struct sightings *sightings, size_t index);

#endif
