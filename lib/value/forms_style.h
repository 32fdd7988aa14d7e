// A style: how the text of a language writes a value, which texts it spells in a way of its own and
// how it writes the rest as numbers.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FORMS_STYLE_H
#define LIB_VALUE_FORMS_STYLE_H

#include "lib/value/forms_writer.h"

// How a code point is written as a number: up to 0xFF, up to 0xFFFF and beyond. Without a prefix
// for those up to 0xFFFF they stay as they are, without one for those beyond they are written as
// two surrogates.
struct forms_numbering {
	struct {
		const char *prefix, *suffix;
		unsigned digits; // at least
	} narrow, wide, beyond;
	bool decimal, upper;
	bool narrow_lower; // though the others are in upper case
};

struct forms_spelled {
	const char *from, *to;
};

struct forms_style {
	const struct forms_spelled *spelled;   // ended by NULL, or NULL; the first that fits counts
	const struct forms_numbering *control; // below 0x20; NULL: as they are
	const struct forms_numbering *foreign; // from 0x7F on; NULL: as they are
	const struct forms_numbering
		*other; // ASCII but letters, digits and `plain`; NULL: as they are
	const char *plain;
	bool bytes; // numbers are of bytes, not of code points
	bool all;   // letters and digits are numbers as well
};

// Takes one code point off the front; `bytes`: one byte. What is no UTF-8 is read byte by byte.
uint32_t forms_style_point(const uint8_t **at, const uint8_t *end, bool bytes);

// Writes a text in a style.
void forms_style_write(struct forms_writer *writer, const struct forms_style *style,
	const uint8_t *at, size_t length);

#endif
