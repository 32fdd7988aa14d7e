// A string of JSON (RFC 8259 section 7) as it stands in a text: read strictly where it lies, and
// what it means once its escapes are undone. Allocates nothing.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_JSONSTRING_H
#define VERIFIER_TRUST_FORM_JSONSTRING_H

#include "lib/base/base.h"
#include "verifier/trust/form/strictjson.h"

#include <endian.h>

// What stands between two quotes and was found good.
struct jsonstring {
	const char *text;
	size_t length;
	bool escaped; // else a backslash is a byte like others
};

// Reads the string whose opening quote is at `*at`, before `end`, and moves `*at` behind its
// closing quote, or to what is wrong.
// Returns: STRICTJSON_OK, STRICTJSON_E_SYNTAX or STRICTJSON_E_UTF8.
enum strictjson_result jsonstring_read(
	const char **at, const char *end, struct jsonstring *ret_string) must_check;

// Where the undoing of a string's escapes is.
struct jsonstring_cursor {
	const char *at, *end;
	uint32_t code; // whose last `left` bytes of UTF-8 are still to come
	unsigned left;
	bool escaped;
};

// Begins at the first byte that a string stands for.
static inline struct jsonstring_cursor jsonstring_begin(struct jsonstring string)
{
	return (struct jsonstring_cursor){
		.at = string.text, .end = string.text + string.length, .escaped = string.escaped};
}

// Returns: the next byte that the string stands for, or -1 behind the last.
int jsonstring_next(struct jsonstring_cursor *cursor) must_check;

// Whether two strings stand for the same bytes, at least one of them with escapes.
bool jsonstring_same_escaped(struct jsonstring a, struct jsonstring b) must_check;

// Whether two strings stand for the same bytes.
static inline bool jsonstring_same(struct jsonstring a, struct jsonstring b)
{
	if (a.escaped || b.escaped)
		return jsonstring_same_escaped(a, b);
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

// Undoes the escapes into `out` of `size` bytes, without a NUL at the end; `string.length` bytes
// are always enough.
// Returns: the number of bytes, or SIZE_MAX when it does not fit.
size_t jsonstring_unescape(struct jsonstring string, char *out, size_t size) must_check;

#define JSONSTRING_WORD sizeof(uint64_t)

// Eight bytes of a text at once, the first of them in the lowest bits.
static inline uint64_t jsonstring_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, JSONSTRING_WORD);
	return le64toh(word);
}

#endif
