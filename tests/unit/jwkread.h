// JWKs as keys.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_JWKREAD_H
#define TESTS_UNIT_JWKREAD_H

#include "lib/base/base.h"
#include "verifier/trust/key/key.h"

struct err;
struct secret_arena;

// Where keys lie; the test opens it.
extern struct secret_arena *jwkread_arena;

// Reads a JWK or a set. Returns: what key_load does.
int jwkread_load(const char *jwk, const char *algorithm, struct key *ret_keys[static KEY_SET_MAX],
	size_t *ret_count, struct err *err);

// The one key of a JWK. Fails the test where it is none.
struct key *jwkread_load_good(const char *jwk, const char *algorithm);

#endif
