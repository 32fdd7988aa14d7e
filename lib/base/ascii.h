// The classes of ASCII characters, whatever the locale says. A byte above 0x7F is of none.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_ASCII_H
#define LIB_BASE_ASCII_H

#include "lib/base/base.h"

// Whether a byte, or any other number, is of the class.
static inline bool ascii_is_lower(int c)
{
	return c >= 'a' && c <= 'z';
}
static inline bool ascii_is_upper(int c)
{
	return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}
static inline bool ascii_is_letter(int c)
{
	return ascii_is_lower(c) || ascii_is_upper(c);
}
static inline bool ascii_is_alphanumeric(int c)
{
	return ascii_is_letter(c) || ascii_is_digit(c);
}

// A byte of a name as every shell and loader takes it, [A-Za-z_][A-Za-z0-9_]*.
static inline bool ascii_is_name(int c, bool first)
{
	return ascii_is_letter(c) || c == '_' || (!first && ascii_is_digit(c));
}

// White space: within a line, or any as isspace has it in the C locale.
static inline bool ascii_is_blank(int c)
{
	return c == ' ' || c == '\t';
}
static inline bool ascii_is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

// Whether it is one of the bytes of a text; NUL is of none.
static inline bool ascii_is_one_of(int c, const char *bytes)
{
	return c && strchr(bytes, c);
}

#endif
