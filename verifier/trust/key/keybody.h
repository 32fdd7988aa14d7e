// What a key is made of, for who loads one and for who uses it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_KEYBODY_H
#define VERIFIER_TRUST_KEY_KEYBODY_H

#include "verifier/trust/key/ed25519.h"
#include "verifier/trust/key/jwk_public.h"
#include "verifier/trust/key/key.h"

struct key {
	const struct algorithm *algorithm;
	bool given_id, signs;
	char *id, *label;
	struct secret_arena *arena;
	// by the algorithm's family, one of these
	struct hmac *hmac; // in the arena
	struct ed25519 ed25519;
	struct asymmetric *asymmetric;
	struct jwk_public shown; // of a pair
};

// Makes a key that holds nothing yet. `id`: that was given to it, or NULL.
// Returns: the key, or NULL when memory is short.
struct key *key_new(const struct algorithm *algorithm, const struct key_options *options,
	const char *id, struct secret_arena *arena) must_check;

#endif
