// A process's proof of the value that it uses (see attest.h for what it is made of), held against
// values.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_PROOF_H
#define VERIFIER_TRUST_DIAGNOSIS_PROOF_H

#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/attest.h"

#define PROOF_LENGTH_BYTES 4
#define PROOF_MESSAGE_MAX (ATTEST_NONCE_SIZE + 2 * (PROOF_LENGTH_BYTES + BUNDLE_NAME_MAX))

// A proof, and what it is over.
struct proof {
	const uint8_t *proof; // ATTEST_PROOF_SIZE bytes; borrowed
	uint8_t message[PROOF_MESSAGE_MAX];
	size_t length;
};

// Takes the proof of a question, whose names have at most BUNDLE_NAME_MAX bytes.
void proof_init(struct proof *proof, const struct attest_question *question);

// Whether it is one of this value, in constant time. Leaves nothing of the value on the stack.
bool proof_is_of(const struct proof *proof, struct secret value) must_check;

#endif
