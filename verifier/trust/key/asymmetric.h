// RSA and ECDSA key pairs by OpenSSL: taken from numbers or DER, judged once, then used by many
// threads without a lock. Of private keys copies lie in OpenSSL's heap: it can hold them nowhere
// else.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_ASYMMETRIC_H
#define VERIFIER_TRUST_KEY_ASYMMETRIC_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct algorithm;
struct asymmetric;
struct err;

#define ASYMMETRIC_NUMBER_MAX 1024 // bytes of a public number: a modulus of 8192 bits

// The numbers of a key, big-endian; what is absent has no bytes. Of RSA: n and e; a private key
// has d, too, and p, q, dp, dq and qi all or none (none: it signs slower). Of EC: x and y, d.
struct asymmetric_numbers {
	struct secret n, e, d, p, q, dp, dq, qi, x, y;
};

// Which DER a key is in.
enum asymmetric_form {
	ASYMMETRIC_SPKI,        // SubjectPublicKeyInfo (RFC 5280)
	ASYMMETRIC_PKCS8,       // PrivateKeyInfo (RFC 5208)
	ASYMMETRIC_RSA_PRIVATE, // RSAPrivateKey (RFC 8017)
	ASYMMETRIC_RSA_PUBLIC,  // RSAPublicKey (RFC 8017)
	ASYMMETRIC_EC_PRIVATE,  // ECPrivateKey (RFC 5915)
};

// Make a key for an algorithm: the type and the curve must be its own, an RSA modulus odd and of
// KEY_RSA_MIN to KEY_RSA_MAX bits, its exponent odd, 3 <= e < 2^32, a point on its curve, and a
// private key must belong to its public key. The caller owns it.
// Returns: an enum key_result (err says why), or -ENOMEM.
int asymmetric_of_numbers(const struct algorithm *algorithm,
	const struct asymmetric_numbers *numbers, struct asymmetric **ret_key, struct err *err)
	must_check;
int asymmetric_of_der(const struct algorithm *algorithm, enum asymmetric_form form,
	struct secret der, struct asymmetric **ret_key, struct err *err) must_check;

// Frees it; NULL is fine.
// Returns: NULL.
struct asymmetric *asymmetric_free(struct asymmetric *key);

// Whether bytes are the DER of a public key, whatever its type, or of a certificate.
bool asymmetric_is_public_der(struct secret bytes);

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
	uint8_t first[ASYMMETRIC_NUMBER_MAX], second[ASYMMETRIC_NUMBER_MAX];
	size_t first_size, second_size;
};
bool asymmetric_public(const struct asymmetric *key, struct asymmetric_public *ret_public)
	must_check;

// The public key as DER (SubjectPublicKeyInfo); the caller frees it.
// Returns: its size, or 0 when memory is short.
size_t asymmetric_public_der(const struct asymmetric *key, uint8_t **ret_der) must_check;

#endif
