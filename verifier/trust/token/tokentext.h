// The text of a token while it is written, JSON first and then base64url, into a room of a fixed
// size.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_TOKENTEXT_H
#define VERIFIER_TRUST_TOKEN_TOKENTEXT_H

#include "lib/base/base.h"

struct tokentext {
	char *out;
	size_t size, used;
	bool cut; // it did not fit: what stands there is of no use
};

// Write bytes as they are, and a string.
void tokentext_put(struct tokentext *text, const char *bytes, size_t length);
void tokentext_put_text(struct tokentext *text, const char *string);

// Writes a string of JSON.
void tokentext_put_quoted(struct tokentext *text, const char *string);

// Writes a further member of a JSON object, a whole number; `name` needs no escapes.
void tokentext_put_number(struct tokentext *text, const char *name, int64_t number);

// Writes bytes as base64url.
void tokentext_put_part(struct tokentext *text, const void *bytes, size_t length);

#endif
