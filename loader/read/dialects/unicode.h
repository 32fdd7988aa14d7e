// Unicode as the loaders' standard libraries see it: code points of UTF-8 that may be damaged, and
// the classes of them that decide where a name or a value ends. Unicode 15.0.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_UNICODE_H
#define LOADER_READ_DIALECTS_UNICODE_H

#include "lib/base/base.h"

// What a byte that begins no sequence of UTF-8 counts as.
#define UNICODE_DAMAGED 0xFFFD

// The code point that stands first in the bytes from `at` up to `end`, of which there must be one;
// a bad sequence is its first byte alone.
// Returns: the code point or UNICODE_DAMAGED; `ret_size` is how many bytes it has.
uint32_t unicode_first(const uint8_t *at, const uint8_t *end, size_t *ret_size);

// The same for the code point that stands last.
uint32_t unicode_last(const uint8_t *at, const uint8_t *end, size_t *ret_size);

// White_Space: what Go's unicode.IsSpace and Rust's char::is_whitespace answer.
bool unicode_is_space(uint32_t point);

// White_Space within a line.
static inline bool unicode_is_blank(uint32_t point)
{
	return point == ' ' || point == '\t' || point == '\v' || point == '\f' || point == '\r' ||
	       point == 0x85 || point == 0xA0;
}

// Goes over white space within a line.
// Returns: what follows it.
const uint8_t *unicode_skip_blanks(const uint8_t *at, const uint8_t *end);

// Goes over white space and comments, from a '#' to the end of its line.
// Returns: where a statement begins, or `end`.
const uint8_t *unicode_skip_comments(const uint8_t *at, const uint8_t *end);

// The categories L and N: Go's unicode.IsLetter or unicode.IsNumber.
bool unicode_is_letter_or_number(uint32_t point);

// Alphabetic, or the category N: Rust's char::is_alphanumeric.
bool unicode_is_alphanumeric(uint32_t point);

#endif
