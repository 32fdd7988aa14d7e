// PEM (RFC 7468): the one key that a text holds, as DER.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_PEM_H
#define VERIFIER_TRUST_KEY_PEM_H

#include "lib/base/secret.h"
#include "verifier/trust/key/keypair.h"

struct err;

// Reads a text that holds exactly one PEM block, a public or an unencrypted private key (an EC
// PRIVATE KEY may have its EC PARAMETERS before it), into
// `out`, which has room for as many bytes as the text has. The caller wipes it.
// Returns: an enum key_result; err says why, and what to do with a certificate, an encrypted key
// and other blocks.
int pem_read(struct secret text, uint8_t *out, enum keypair_form *ret_form, size_t *ret_size,
	struct err *err) must_check;

// Writes the DER of a public key as PEM in lines of 64 digits (RFC 7468), on the heap.
// Returns: the text, or NULL when memory is short.
char *pem_write_public(const uint8_t *der, size_t size) must_check;

#endif
