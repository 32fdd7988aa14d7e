// The questions of POST /v1/attest, read: keys that nonces are asked for, or proofs. Their forms
// stand in attest.h.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ATTESTQUESTION_H
#define VERIFIER_DOOR_API_ATTESTQUESTION_H

#include "lib/base/base.h"
#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/attest.h"

struct route_reply;
struct route_request;

#define ATTESTQUESTION_KEYS_MAX 64 // of one question
#define ATTESTQUESTION_DIGITS 43   // of base64url for 32 bytes

struct attestquestion_item {
	char key[BUNDLE_NAME_MAX + 1];
	uint8_t nonce[ATTEST_NONCE_SIZE], proof[ATTEST_PROOF_SIZE]; // if there are proofs
};

struct attestquestion {
	char app[BUNDLE_NAME_MAX + 1]; // "": none was named
	bool has_proofs;
	struct attestquestion_item items[ATTESTQUESTION_KEYS_MAX]; // each key once
	size_t count;
};

// Reads a request.
// Returns: whether it is a question; if not, the reply says why.
bool attestquestion_read(const struct route_request *request, struct route_reply *reply,
	struct attestquestion *ret_question) must_check;

#endif
