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
	bool weak;       // a secret that can be guessed: neither length nor fingerprint is shown
	char length[24]; // digits; "" when it is not shown
	char size[32];   // for people: "44 bytes", "empty", "weak", "none"
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // 12 hex digits, "weak", or ""
};

// Collects what may be shown of a candidate (NULL: the key has no value). The verifier's
// fingerprint is preferred for the winner.
void facts_of(const struct report *report, const struct bundle_key *key,
	const struct candidate *candidate, struct facts *ret_facts);

// "same" or "differs" from the winner; "empty" for an empty candidate.
const char *facts_relation(const struct candidate *winner, const struct candidate *other);

#endif
