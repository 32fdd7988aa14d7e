// Sentinels: random values in the form of another one, so that code which looks at a value's form
// is content, and a search finds nothing else. They tell of the other's form, not of its bytes, and
// of its length only the class.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_SENTINEL_H
#define LOADER_RESOLVE_SENTINEL_H

#include "lib/base/secret.h"
#include "lib/value/shape_type.h"

#define SENTINEL_SIZE_MIN 16 // bytes; ports, booleans and words are shorter

struct sentinel_request {
	enum shape_type type; // what it must be; SHAPE_STRING: like the other
	struct secret like;   // the value that it stands in for; empty: not known
	size_t min_length;    // what the rules ask for
	const char **words;   // of SHAPE_ENUM
	size_t word_count;
};

// Draws one. It has the alphabet of the other: digits, hex in the same case, letters of one case
// with digits, letters and digits; the padding of base64; the shape of a UUID, a JWT, a PEM block,
// JSON or a URL (scheme and port kept, the host one that does not exist); the prefix by which a
// service marks its keys (sk_live_). Its length is the next that keys usually have, from 16, 24,
// 32, 44, 64, 88, 128, ... bytes on. It never is the other, unless there is only one word.
// Returns: 0 with a value in the arena (a word: a view of it), or -ENOMEM.
int sentinel_draw(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value) must_check;

// The length that stands for all lengths above the next smaller one.
size_t sentinel_length(size_t length);

#endif
