// RSA and ECDSA by OpenSSL: a key pair that was judged once is used by many threads without a lock.
// Of private keys copies lie in OpenSSL's heap: it can hold them nowhere
// else.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_ASYMMETRIC_H
#define VERIFIER_TRUST_KEY_ASYMMETRIC_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "verifier/trust/key/keypair.h"

struct algorithm;
struct asymmetric;
struct err;

// Make a key for an algorithm, of a pair that keypair_judge finds good and whose private key
// belongs to its public key. The caller owns it.
// Returns: an enum key_result (err says why), or -ENOMEM.
int asymmetric_of_numbers(const struct algorithm *algorithm, const struct keypair_numbers *numbers,
	struct asymmetric **ret_key, struct err *err) must_check;
int asymmetric_of_der(const struct algorithm *algorithm, enum keypair_form form, struct secret der,
	struct asymmetric **ret_key, struct err *err) must_check;

// Frees it; NULL is fine.
// Returns: NULL.
struct asymmetric *asymmetric_free(struct asymmetric *key);

// Whether the signature is the key's, in the form of RFC 7518 sections 3.3 to 3.5: RSA as long as
// the modulus, PSS with a salt as long as the hash, ECDSA as r and s of full size. Leaves
// OpenSSL's error queue empty.
bool asymmetric_verifies(const struct asymmetric *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size) must_check;

// Whether it is by the other padding of RSA, by a PSS salt of another length, or ECDSA in DER.
// `ret_what` says which, as in "PSS padding".
bool asymmetric_verifies_oddly(const struct asymmetric *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what) must_check;

// Signs with a private key; at most ALGORITHM_SIGNATURE_MAX bytes.
// Returns: 0 or -EIO.
bool asymmetric_can_sign(const struct asymmetric *key);
int asymmetric_sign(const struct asymmetric *key, const void *input, size_t length,
	uint8_t *ret_signature, size_t *ret_size) must_check;

// The public numbers as JWK has them (RFC 7518 section 6): e and n, or x and y in full size.
// Returns: whether they were had.
struct asymmetric_public {
	uint8_t first[KEYPAIR_NUMBER_MAX], second[KEYPAIR_NUMBER_MAX];
	size_t first_size, second_size;
};
bool asymmetric_public(const struct asymmetric *key, struct asymmetric_public *ret_public)
	must_check;

// The public key as DER (SubjectPublicKeyInfo); the caller frees it.
// Returns: its size, or 0 when memory is short.
size_t asymmetric_public_der(const struct asymmetric *key, uint8_t **ret_der) must_check;

#endif
