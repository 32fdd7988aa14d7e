// Dialects: the rules by which one real loader reads a file, a row of traits each.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECT_H
#define LOADER_READ_DIALECT_H

#include "lib/base/base.h"

enum dialect_trait {
	DIALECT_QUOTES = 1u << 0,   // '...' and "..." delimit a value
	DIALECT_ESCAPES = 1u << 1,  // "..." decodes \n \r \t \\ \" \$
	DIALECT_COMMENTS = 1u << 2, // white space and # end an unquoted value
	DIALECT_TRIM = 1u << 3,     // white space around name and value does not count
	DIALECT_EXPORT = 1u << 4,   // `export ` may stand before a name
	DIALECT_TEXT = 1u << 5,     // CRLF is a line end; lone CR and bad UTF-8 are errors
};

struct dialect {
	const char *name;
	uint32_t traits; // enum dialect_trait
	const char *doc; // one line, no final dot
};

// Finds a dialect by name.
// Returns: the row or NULL.
const struct dialect *dialect_find(const char *name);

// The rows, for lists and suggestions.
// Returns: the row at `index`, or NULL past the last.
const struct dialect *dialect_at(size_t index);

#endif
