// What the benches of tokens judge: a key and a token of each algorithm, made anew.
// SPDX-License-Identifier: MIT
#ifndef TESTS_BENCH_SUBJECT_H
#define TESTS_BENCH_SUBJECT_H

#include "lib/base/base.h"
#include "verifier/trust/token/mint.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

#include <openssl/evp.h>

#define SUBJECT_SECRET_SIZE 44
#define SUBJECT_PEM_SIZE 4096
#define SUBJECT_COUNT 4u

struct subject {
	const char *algorithm;
	const char *curve;   // of OpenSSL's EVP_Q_keygen; NULL: RSA; "": a text
	unsigned iterations; // of a round
	bool is_judged;      // against 1.2x of the bare primitive
	// Of a text both are the secret.
	char pem[SUBJECT_PEM_SIZE], public_pem[SUBJECT_PEM_SIZE];
	struct profile_rules rules;
	struct profile profile;
	struct minted minted;
	EVP_PKEY *pkey;
};

// The one at an index, without its key: HS256 is the first. Never NULL.
struct subject *subject_at(size_t index);

// Makes its key and its token; the bench ends when that cannot be done.
void subject_make(struct subject *subject);

// Returns: the verdict's code on a token, by the subject's profile.
enum token_code subject_judge(const struct subject *subject, const char *token, size_t length,
	struct token_scratch *scratch);

#endif
