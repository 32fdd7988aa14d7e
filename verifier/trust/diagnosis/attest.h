// Attestation: a process proves which value of a key it really uses, also one
// that was inlined by a bundler or loaded in the process, and never sends it. The proof is held
// against what its app was given and what that is mistaken for. Decides nothing, and keeps nothing.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_ATTEST_H
#define VERIFIER_TRUST_DIAGNOSIS_ATTEST_H

#include "lib/base/base.h"

struct pool;
struct registry;
struct secret_arena;
struct vault_snapshot;

// The proof of a value, 32 bytes; `||` joins bytes:
//
//   proof = HMAC-SHA256(k, nonce || be32(length of app) || app || be32(length of key) || key)
//   k     = SHA-256("samekey attest v1" || 0x00 || value)
//
// nonce is the 32 bytes that samekeyd gave, be32 a length in bytes as four bytes, the highest
// first; app, key and value are their bytes, UTF-8. A process without a value proves the empty one.
// Since k is a hash of its own, no proof is ever a token's signature, whatever the nonce.
#define ATTEST_LABEL "samekey attest v1" // its NUL belongs to it
#define ATTEST_NONCE_SIZE 32
#define ATTEST_PROOF_SIZE 32

// What a proof may cost: a try counts 1, and 1 more for each ATTEST_WORK_BYTES of the value; two
// values are compared for 1 each ATTEST_COMPARE_BYTES.
#define ATTEST_WORK_MAX (48u * 1024) // a 64th tries all public texts and all forms of a value
#define ATTEST_WORK_BYTES 256
#define ATTEST_COMPARE_BYTES 2048

enum attest_state {
	ATTEST_SAME,        // what its app was given
	ATTEST_SHADOWED,    // a candidate that was beaten, or what a build had
	ATTEST_READING,     // what another dialect makes of the bytes of a candidate
	ATTEST_OTHER_KEY,   // the value of another key of its bundle
	ATTEST_PLACEHOLDER, // a public example, "undefined", "${NAME}" and the like
	ATTEST_EMPTY,       // no value, where the app was given one
	ATTEST_NEAR_MISS,   // a misspelling of a winner or a shadowed candidate
	ATTEST_UNKNOWN,     // none of these
	ATTEST_STATES,      // how many there are
};

// The word of answers and metrics: "same", "near-miss".
const char *attest_state_text(enum attest_state state);

// Whose bundles count: those that are live and that this user handed over.
struct attest_scope {
	const struct vault_snapshot *vault;
	const struct registry *registry;
	uint64_t uid;
	const char *app;
};

enum attest_result {
	ATTEST_OK,
	ATTEST_E_NO_BUNDLE, // no live one of phase start
	ATTEST_E_NO_KEY,    // none of them has the key
};

// Whether there is something to attest.
// Returns: an enum attest_result.
int attest_look(const struct attest_scope *scope, const char *key) must_check;

struct attest_question {
	struct attest_scope scope;
	int64_t pid; // of the process, 0 if unknown
	const char *key;
	const uint8_t *nonce; // ATTEST_NONCE_SIZE
	const uint8_t *proof; // ATTEST_PROOF_SIZE
	bool is_alone;        // it is not held against the values of other keys
	size_t work;          // what it may cost; 0: ATTEST_WORK_MAX
};

// Texts are "" where there is nothing to say.
struct attest_answer {
	enum attest_state state;
	uint64_t bundle;      // the id of the one that it is compared with
	const char *origin;   // of what it holds, see outcome_origin
	const char *dialects; // of a reading: who reads it so, ", " between
	const char *spelling; // the code of a misspelling, see nearmiss.h
	const char *text;     // a clause: what the process holds
	const char *fix;      // a sentence
};

// Judges a proof, whose comparisons take constant time. Texts live in `pool`; what passes through
// lies in `arena` and is wiped.
// Returns: an enum attest_result, or -ENOMEM.
int attest_judge(const struct attest_question *question, struct secret_arena *arena,
	struct pool *pool, struct attest_answer *ret_answer) must_check;

#endif
