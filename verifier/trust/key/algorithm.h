// The signature algorithms of JWS, one const table (RFC 7518 section 3, RFC 8037, RFC 9864). What
// is not in it does not exist: there is no "none". A key has one of them, given by configuration;
// a token's header is only compared with it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_ALGORITHM_H
#define VERIFIER_TRUST_KEY_ALGORITHM_H

#include "lib/base/base.h"

enum algorithm_family {
	ALGORITHM_HMAC,
	ALGORITHM_RSA_PKCS1, // RSASSA-PKCS1-v1_5
	ALGORITHM_RSA_PSS,   // salt as long as the hash
	ALGORITHM_ECDSA,
	ALGORITHM_EDDSA, // Ed25519 only
};

#define ALGORITHM_SIGNATURE_MAX 1024 // bytes: RSA of 8192 bits

struct algorithm {
	const char *name;  // "HS256", as configuration and headers write it
	const char *alias; // another name that headers may use for the same thing, or NULL
	enum algorithm_family family;
	unsigned hash_bits;    // 256, 384, 512; of EdDSA 512
	size_t signature_size; // bytes; 0: the modulus' size
	const char *curve;     // of ECDSA and EdDSA, as JWK writes it, else NULL
};

extern const struct algorithm algorithm_table[];
extern const size_t algorithm_count;

// Finds a row by name or alias, case-sensitively.
// Returns: the row, or NULL.
const struct algorithm *algorithm_find(const char *name, size_t length);

// Whether the row is called so in a header: its name or its alias.
bool algorithm_is(const struct algorithm *algorithm, const char *name, size_t length);

#endif
