// base64url as JOSE writes it, strictly: no padding, no white space, no other alphabet, and the
// spare bits of the last digit zero (RFC 7515 section 2, RFC 4648 sections 3.5 and 5). For public
// texts: it takes no constant time.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_BASE64URL_H
#define VERIFIER_TRUST_FORM_BASE64URL_H

#include "lib/base/base.h"

// How many bytes a text of `length` digits stands for; a length that no text can have gives one
// that is at most what any such text could need.
static inline size_t base64url_decoded_size(size_t length)
{
	return length / 4 * 3 + length % 4 * 3 / 4;
}

// How many digits `length` bytes take.
static inline size_t base64url_encoded_size(size_t length)
{
	return length / 3 * 4 + (length % 3 * 4 + 2) / 3;
}

// Decodes a text into `out`, which has room for base64url_decoded_size(length) bytes. The empty
// text is no byte.
// Returns: whether it is one; what `out` holds is undefined if not.
bool base64url_decode(const char *text, size_t length, uint8_t *out) must_check;

// Encodes bytes into `out`, which has room for base64url_encoded_size(length) digits; no NUL
// follows.
void base64url_encode(const uint8_t *bytes, size_t length, char *out);

#endif
