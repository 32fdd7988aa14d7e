// The compact serialisation of a token (RFC 7515 and RFC 7516, section 7.1): cut at its dots, each
// part decoded strictly, and of a text that is none the common mistake told.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_COMPACT_H
#define VERIFIER_TRUST_TOKEN_COMPACT_H

#include "lib/base/base.h"

struct judging;

// Cuts it->whole into the parts that a token of the profile's kind has.
// Returns: whether it has so many; if not, the verdict says why.
bool compact_split(struct judging *it) must_check;

// Decodes a part, which answers call `what`, into `size` bytes. One that cannot fit is judged all
// the same, and `out` is undefined: the caller sees it by base64url_decoded_size.
// Returns: whether it is base64url; if not, the verdict says why.
bool compact_decode_any(const struct judging *it, size_t index, const char *what, void *out,
	size_t size) must_check;

// The same of a part that cannot be empty.
bool compact_decode(const struct judging *it, size_t index, const char *what, void *out,
	size_t size) must_check;

#endif
