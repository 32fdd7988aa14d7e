// Text encodings of bytes: whether a text is exactly one. Decodes nothing.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_ENCODING_H
#define LIB_VALUE_ENCODING_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// RFC 4648 section 4: not empty, padded to a multiple of four, unused bits zero, no white space.
bool encoding_is_base64(struct secret text);

// RFC 4648 section 5, with whole padding or none at all; not empty, unused bits zero.
bool encoding_is_base64url(struct secret text);

// The six bits of a digit of base64 or base64url.
// Returns: 0 to 63, or -1 when it is none.
int encoding_base64_digit(uint8_t byte);

// Pairs of hex digits in either case, at least one pair.
bool encoding_is_hex(struct secret text);

// RFC 7468 and the older PEM of RFC 1421: one or more whole blocks, labels equal, a base64 body.
// Text between blocks is allowed, as openssl writes it; a literal `\n` instead of a line end is
// not.
bool encoding_is_pem(struct secret text);

#endif
