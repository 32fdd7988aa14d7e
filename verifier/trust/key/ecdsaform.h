// The two forms of an ECDSA signature: r and s in full size, as a JWS has them (RFC 7518 section
// 3.4), and DER, as OpenSSL has them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_ECDSAFORM_H
#define VERIFIER_TRUST_KEY_ECDSAFORM_H

#include "lib/base/base.h"

#define ECDSAFORM_DER_MAX 160 // bytes in DER: two integers of 67 and their heads

// Writes r and s, `size` bytes together, as DER.
// Returns: its size, or 0 when memory is short.
size_t ecdsaform_to_der(const uint8_t *raw, size_t size, uint8_t out[static ECDSAFORM_DER_MAX])
	must_check;

// Writes a DER signature as r and s, `size` bytes together.
// Returns: whether it is one that fits.
bool ecdsaform_to_raw(const uint8_t *der, size_t length, uint8_t *out, size_t size) must_check;

#endif
