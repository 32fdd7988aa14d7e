// A session's value out of a request's Cookie lines (RFC 6265bis section 4.2), whole or in the
// chunks NAME.0, NAME.1, ... that NextAuth v4 and Auth.js v5 split it into over some 3933 bytes.
// Allocates nothing. What the value is worth is token.c's to judge.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_COOKIE_H
#define VERIFIER_TRUST_FORM_COOKIE_H

#include "lib/base/base.h"

#define COOKIE_CHUNKS_MAX 8          // chunks of one value
#define COOKIE_VALUE_MAX (16 * 1024) // bytes of a value, its chunks together

// What became of the search.
enum cookie_result {
	COOKIE_OK,
	COOKIE_NONE,         // not given, or empty: browsers keep a cleared cookie for a moment
	COOKIE_E_AMBIGUOUS,  // given twice, or both whole and in chunks: which one is meant?
	COOKIE_E_INCOMPLETE, // a chunk before another one is missing
	COOKIE_E_LIMIT,      // over COOKIE_CHUNKS_MAX or COOKIE_VALUE_MAX
};

struct cookie_view {
	const char *text; // NULL: not given
	size_t length;
};

// A search through the lines of one request. Plain; the views point into the lines.
struct cookie_search {
	const char *name;
	size_t name_length;
	struct cookie_view values[COOKIE_CHUNKS_MAX + 1]; // the chunks, then what is whole
	bool twice, too_many;
};

// Begins the search for a cookie; `name` must outlive it. Names are compared byte for byte.
void cookie_begin(struct cookie_search *search, const char *name);

// Reads the value of one Cookie line, of any bytes; it must stay until the end. What is no pair,
// and other names, NAME.x and NAME.00 among them, are passed over. Values are as written: no quotes
// are taken off and nothing is percent-decoded, for a token needs neither.
void cookie_read(struct cookie_search *search, const char *line, size_t length);

// Ends it. A value of one piece is a view into its line; chunks are joined into `joined`, which has
// room for `size` bytes. No NUL follows.
// Returns: an enum cookie_result; `ret_value` is set for COOKIE_OK only. A value over `size` is
// COOKIE_E_LIMIT.
enum cookie_result cookie_end(const struct cookie_search *search, char *joined, size_t size,
	struct cookie_view *ret_value) must_check;

#endif
