// Key pairs of every kind, as PEM and as keys of ours. Each is made by OpenSSL when it is first
// asked for.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_PAIRS_H
#define TESTS_UNIT_PAIRS_H

#include "lib/base/base.h"

#include <openssl/types.h>

struct err;
struct key;
struct secret_arena;

#define PAIRS_PEM_SIZE 16384

// Where keys lie.
extern struct secret_arena *pairs_arena;

enum pairs_kind {
	PAIRS_RSA_2048,
	PAIRS_RSA_2056,
	PAIRS_RSA_1024,
	PAIRS_EC_256,
	PAIRS_EC_384,
	PAIRS_EC_521,
	PAIRS_EC_K1,
	PAIRS_ED,
	PAIRS_KINDS
};

enum pairs_form {
	PAIRS_PUBLIC,
	PAIRS_PRIVATE,
	PAIRS_TRADITIONAL,
	PAIRS_ENCRYPTED,
	PAIRS_LOCKED,
	PAIRS_RSA_PUBLIC
};

// For cmocka: opens the arena, and frees it together with all pairs.
int pairs_set_up(void **state);
int pairs_tear_down(void **state);

// The last test of a group: neither loading nor a key that was freed has left something in the
// arena.
void pairs_leave_nothing(void **state);

// Returns: the pair of that kind, which is not the caller's.
EVP_PKEY *pairs_of(enum pairs_kind kind);

// Writes a pair as PEM, in one of its forms.
void pairs_write(EVP_PKEY *pair, enum pairs_form form, char out[static PAIRS_PEM_SIZE]);

// Reads a key for the algorithm (NULL: none is told). Returns: what key_load does.
int pairs_load_pem(const char *pem, const char *algorithm, struct key **ret_key, struct err *err);

// The pair as a key, written and read in that form. Fails the test where it is none.
struct key *pairs_load(enum pairs_kind pair, enum pairs_form form, const char *algorithm);

#endif
