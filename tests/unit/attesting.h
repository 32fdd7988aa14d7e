// A small shop for tests of attestation: bundles in a vault and a registry, proofs made by another
// library than the verifier's, and a clock that stands still.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_ATTESTING_H
#define TESTS_UNIT_ATTESTING_H

#include "lib/base/log.h"
#include "lib/value/bundle.h"
#include "verifier/door/api/answers.h"
#include "verifier/trust/diagnosis/attest.h"

#define WEB_UID 1000
#define WEB_PID 41
#define SECRET "canary-0123456789-the-secret-of-web-x"
#define OLDER "canary-9876543210-a-beaten-value-of-it"
#define PREVIOUS "canary-1111111111-before-the-rotation"
#define REFRESH "canary-5555555555-another-key-of-web-"
#define BUILT "canary-7777777777-what-the-build-had-"

struct attesting {
	struct vault *vault;
	struct registry *registry;
	struct keyring *keyring;
	struct fingerprint_key *key;
	struct secret_arena *arena;
	struct pool *pool;
	struct log log;
	struct answers answers;
};

// What clock_steady_ms says in a program that has this file.
extern uint64_t attesting_now_ms;

// The shop: web, started by WEB_UID as WEB_PID, and its build.
void attesting_open(struct attesting *shop);
void attesting_close(struct attesting *shop);

struct attesting_value {
	const char *key, *place, *dialects, *value; // value NULL: the key has none
	enum candidate_kind kind;
};

// Offers a bundle; entries of one key stand together, its winner first, in the order of names.
// Returns: its id.
uint64_t attesting_offer(struct attesting *shop, const struct bundle *as, uid_t uid, pid_t pid,
	const struct attesting_value *values, size_t count);

// A proof as the protocol says it.
void attesting_prove(const uint8_t nonce[ATTEST_NONCE_SIZE], const char *app, const char *key,
	const char *value, uint8_t ret_proof[ATTEST_PROOF_SIZE]);

#endif
