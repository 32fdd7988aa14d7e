// The words of a script at one place of it: names, literals and what stands between them. Knows no
// grammar, and reads at most to the end of what lies in memory.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_LEXER_H
#define LOADER_SCAN_SEARCH_LEXER_H

#include "lib/base/base.h"

#define LEXER_NAME_MAX 64     // letters of a name
#define LEXER_LITERAL_MAX 160 // bytes of a literal
#define LEXER_QUOTES "\"'`"
#define LEXER_BLANKS " \t\r\n"

struct lexer {
	const uint8_t *bytes;
	size_t size, at; // what is read next
};

// A part of the bytes.
struct lexer_span {
	size_t at, length;
};

// Whether a byte may stand in a name, and whether it is white space.
bool lexer_is_name_byte(uint8_t byte);
bool lexer_is_space(uint8_t byte);

// Looks at the next byte, and leaves it there.
// Returns: 0 to 255, or -1 at the end.
int lexer_peek(const struct lexer *lexer);

// Goes over a text, over one of several (ended by NULL), or over any number of single bytes.
// Returns: whether it stands there; the lexer does not move where it does not.
bool lexer_skip(struct lexer *lexer, const char *text);
bool lexer_skip_any(struct lexer *lexer, const char *const *texts);
void lexer_skip_bytes(struct lexer *lexer, const char *bytes);

// Reads a name; the lexer may have moved where there is none, and so below.
// Returns: whether one of at most LEXER_NAME_MAX letters stands there.
bool lexer_name(struct lexer *lexer, struct lexer_span *ret_name);

// Reads a literal without escapes, in quotes or in quotes that are escaped once or twice because
// the code itself stands in a string. One that is a part of a longer expression is none. Returns:
// whether one stands there; `ret_literal` is what is between the quotes.
bool lexer_literal(struct lexer *lexer, struct lexer_span *ret_literal);

#endif
