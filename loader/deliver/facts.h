// What may be shown of a value: its length and fingerprint, or only that it is weak.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_FACTS_H
#define LOADER_DELIVER_FACTS_H

#include "lib/base/base.h"
#include "lib/value/fingerprint.h"

struct bundle_key;
struct candidate;
struct report;

struct facts {
	bool weak;     // a secret that can be guessed: neither length nor fingerprint is shown
	bool measured; // there is a value, and `length` may be shown
	size_t length;
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // 12 hex digits, "weak", or ""
};

#define FACTS_SIZE_TEXT 32

// Collects what may be shown of a candidate (NULL: the key has no value). The verifier's
// fingerprint is preferred for the winner.
void facts_of(const struct report *report, const struct bundle_key *key,
	const struct candidate *candidate, struct facts *ret_facts);

// The length for people: "44 bytes", "empty" or "none"; "" for one that is weak.
const char *facts_size(const struct facts *facts, char out[static FACTS_SIZE_TEXT]);

// "same" or "differs" from the winner; "empty" for an empty candidate.
const char *facts_relation(const struct candidate *winner, const struct candidate *other);

#endif
