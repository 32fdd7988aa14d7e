// What an answer about a proof says: what the process holds, from where, and what mends it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_ATTEST_WORDS_H
#define VERIFIER_TRUST_DIAGNOSIS_ATTEST_WORDS_H

#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/attest.h"

struct bundle;
struct bundle_key;
struct candidate;
struct nearmiss;

// What was found to be proven. Views into the vault.
struct attest_words {
	const char *asked; // the key of the question
	const struct bundle *bundle;
	const struct bundle_key *key;
	const struct candidate *candidate; // NULL: no value
	const struct nearmiss *mistake;
	char placeholder[PLACEHOLDER_MAX + 1];
	bool is_reference; // which names a variable that nobody resolved
	bool cut;          // not everything was tried
};

// Writes the texts of an answer whose state is known into `pool`.
// Returns: 0 or -ENOMEM.
int attest_words_write(const struct attest_words *found, struct pool *pool,
	struct attest_answer *answer) must_check;

#endif
