// The .env reader of samekey's own dialects: bytes to entries, each a view of the bytes with its
// place. Pure: opens no file, allocates nothing, knows no caps; linear in the length.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_DOTENV_H
#define LOADER_READ_DIALECTS_DOTENV_H

#include "lib/base/base.h"
#include "lib/value/finding.h"
#include "loader/read/dialects/span.h"

struct dialect;

// What the reader heeds; a dialect's traits.
enum dotenv_trait {
	DOTENV_QUOTES = 1u << 0,   // '...' and "..." delimit a value
	DOTENV_ESCAPES = 1u << 1,  // "..." decodes \n \r \t \\ \" \$
	DOTENV_COMMENTS = 1u << 2, // white space and # end an unquoted value
	DOTENV_TRIM = 1u << 3,     // white space around name and value does not count
	DOTENV_EXPORT = 1u << 4,   // `export ` may stand before a name
	DOTENV_TEXT = 1u << 5,     // CRLF is a line end; lone CR and bad UTF-8 are errors
};

enum dotenv_quote { DOTENV_PLAIN, DOTENV_SINGLE, DOTENV_DOUBLE };

struct dotenv_entry {
	const char *name;
	size_t name_length;
	const uint8_t *raw; // the value's bytes between the quotes, escapes not decoded
	size_t raw_length;
	enum dotenv_quote quote;
	bool escaped;          // raw holds a backslash or CRLF that dotenv_decode changes
	bool dollar;           // raw holds a $ that some loader expands
	uint32_t line, column; // of the name, from 1; columns count bytes
};

// Something about a line. `name` is the key's name where there is one (length 0: none).
struct dotenv_trouble {
	enum finding finding;
	uint32_t line, column;
	const char *name;
	size_t name_length;
};

struct dotenv_sink {
	void *user;
	// An entry, in the file's order.
	// Returns: 0 to go on, else the reader stops and returns it.
	int (*entry)(void *user, const struct dotenv_entry *entry);
	void (*trouble)(void *user, const struct dotenv_trouble *trouble);
};

// Reads a whole file. After an error in a line it goes on with the next one.
// Returns: 0, or what `entry` returned when it stopped the reading.
int dotenv_read(const uint8_t *bytes, size_t length, const struct dialect *dialect,
	const struct dotenv_sink *sink) must_check;

// Whether a file, of whatever dialect, is UTF-16 or binary rather than a text with a wrong byte
// here and there: each of its lines would be an error. Returns: the first byte that is no text's,
// or NULL.
const uint8_t *dotenv_text_error(struct span file);

// Decodes an entry's escapes (double quotes) and line ends into `out`, which has room for
// raw_length bytes.
// Returns: the number of bytes written.
size_t dotenv_decode(const struct dotenv_entry *entry, uint8_t *out);

// Decodes the one escape at `at` (a backslash with `left` bytes from it on) into *ret_byte.
// Returns: how many bytes it takes: 2, or 1 when the backslash stands for itself.
size_t dotenv_decode_escape(const uint8_t *at, size_t left, uint8_t *ret_byte);

// Whether a line, which may end in a CR, is one that git writes into a file that it could not
// merge.
bool dotenv_text_is_merge_mark(const uint8_t *line, const uint8_t *end);

#endif
