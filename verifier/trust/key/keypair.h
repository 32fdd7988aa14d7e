// An RSA or EC key pair as OpenSSL holds it: made of numbers or of DER, and judged. What is done
// with it is asymmetric.h's.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_KEYPAIR_H
#define VERIFIER_TRUST_KEY_KEYPAIR_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct algorithm;
struct err;
struct evp_pkey_st; // OpenSSL's EVP_PKEY

#define KEYPAIR_NUMBER_MAX 1024 // bytes of a public number: a modulus of 8192 bits

// The numbers of a key, big-endian; what is absent has no bytes. Of RSA: n and e; a private key
// has d, too, and p, q, dp, dq and qi all or none (none: it signs slower). Of EC: x and y, d.
struct keypair_numbers {
	struct secret n, e, d, p, q, dp, dq, qi, x, y;
};

// Which DER a key is in.
enum keypair_form {
	KEYPAIR_SPKI,        // SubjectPublicKeyInfo (RFC 5280)
	KEYPAIR_PKCS8,       // PrivateKeyInfo (RFC 5208)
	KEYPAIR_RSA_PRIVATE, // RSAPrivateKey (RFC 8017)
	KEYPAIR_RSA_PUBLIC,  // RSAPublicKey (RFC 8017)
	KEYPAIR_EC_PRIVATE,  // ECPrivateKey (RFC 5915)
};

// Make a pair of the type of an algorithm; the caller judges it, and frees it by EVP_PKEY_free.
// Returns: KEY_OK, another enum key_result (err says why), or -ENOMEM.
int keypair_of_numbers(const struct algorithm *algorithm, const struct keypair_numbers *numbers,
	struct evp_pkey_st **ret_pair, struct err *err) must_check;
int keypair_of_der(enum keypair_form form, struct secret der, struct evp_pkey_st **ret_pair,
	struct err *err) must_check;

// Whether DER of this form holds a private key.
bool keypair_form_is_private(enum keypair_form form);

// Judges a pair for an algorithm: its type and curve must be the algorithm's own, an RSA modulus
// odd and of KEY_RSA_MIN to KEY_RSA_MAX bits, its exponent odd, more than 1 and under 2^32, a point
// on its curve.
// Returns: KEY_OK, with the bytes of its signatures, or another enum key_result (err says why).
int keypair_judge(const struct evp_pkey_st *pair, const struct algorithm *algorithm,
	bool has_private, size_t *ret_signature_size, struct err *err) must_check;

// Says in err that a pair is of another type than the algorithm needs.
// Returns: KEY_E_TYPE.
int keypair_refuse_type(const struct algorithm *algorithm, struct err *err);

// Whether bytes are the DER of a public key, whatever its type, or of a certificate.
bool keypair_is_public_der(struct secret bytes) must_check;

#endif
