// The public half of a key pair as a JWK that others may see, and its thumbprint (RFC 7638).
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_JWK_PUBLIC_H
#define VERIFIER_TRUST_KEY_JWK_PUBLIC_H

#include "lib/base/base.h"

// The public half of a pair, as texts.
struct jwk_public {
	const char *type, *curve; // kty; crv, NULL for RSA
	char *first, *second;     // e and n; x and y, of OKP x alone; owned
};

struct jwk_public_bytes {
	const uint8_t *at;
	size_t size;
};

// Encodes the numbers; a second size of 0 is none. `type` and `curve` are borrowed.
// Returns: 0 or -ENOMEM. jwk_public_done frees.
int jwk_public_set(struct jwk_public *shown, const char *type, const char *curve,
	struct jwk_public_bytes first, struct jwk_public_bytes second) must_check;
void jwk_public_done(struct jwk_public *shown);

// The thumbprint: base64url of the SHA-256 of the canonical JSON.
// Returns: the text on the heap, or NULL when memory is short.
char *jwk_public_thumbprint(const struct jwk_public *shown) must_check;

// The JWK with alg, use and kid.
// Returns: the text on the heap, or NULL when memory is short.
char *jwk_public_text(const struct jwk_public *shown, const char *algorithm, const char *id)
	must_check;

#endif
