// Ed25519 (RFC 8032, RFC 8037) by libsodium, which holds a seed nowhere but where the caller says.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_ED25519_H
#define VERIFIER_TRUST_KEY_ED25519_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct err;

#define ED25519_SIZE 32 // bytes of a public key, and of a seed
#define ED25519_SIGNATURE_SIZE 64

struct ed25519 {
	uint8_t public_key[ED25519_SIZE];
	uint8_t *pair; // seed and public key in the arena; NULL: it only verifies
};

// Takes a public key, a seed (its private key), or both, which then must belong together; what is
// absent is SECRET_NONE. A point that is not canonical, of small order or outside of the main
// subgroup is refused.
// Returns: an enum key_result (err says why), or -ENOMEM. ed25519_done frees what it took.
int ed25519_init(struct ed25519 *key, struct secret public_key, struct secret seed,
	struct secret_arena *arena, struct err *err) must_check;
void ed25519_done(struct ed25519 *key, struct secret_arena *arena);

// Takes a key from DER as RFC 8410 writes it: SubjectPublicKeyInfo, or PKCS#8 with or without the
// public key. Returns: whether it is one; the views point into `der`.
bool ed25519_find(struct secret der, struct secret *ret_public_key, struct secret *ret_seed)
	must_check;

// The DER of a public key alone, as RFC 8410 writes it.
#define ED25519_DER_SIZE (12 + ED25519_SIZE)
void ed25519_public_der(const struct ed25519 *key, uint8_t ret_der[static ED25519_DER_SIZE]);

// Whether the 64 bytes are the key's signature, S < L included (RFC 8032 section 5.1.7).
bool ed25519_verifies(const struct ed25519 *key, const void *input, size_t length,
	const uint8_t *signature) must_check;

// Signs with a key that has its pair.
void ed25519_sign(const struct ed25519 *key, const void *input, size_t length,
	uint8_t ret_signature[static ED25519_SIGNATURE_SIZE]);

#endif
