// An env file as it is written: its lines as assignments with their quotes, comments and blanks,
// before any loader's rules. What a loader makes of them is for the emulations to say.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_WRITTEN_H
#define LOADER_INSPECT_WRITTEN_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct map;
struct pool;

#define WRITTEN_NONE SIZE_MAX

enum written_kind {
	WRITTEN_COMMENT,
	WRITTEN_ASSIGNMENT,
	WRITTEN_BARE, // a name and nothing else
	WRITTEN_JUNK,
};

struct written {
	enum written_kind kind;
	uint32_t line, lines, column; // from 1; `column` is the name's
	struct span whole;            // its lines without the last line end
	struct span name;             // without `export`, quotes and blanks
	struct span right;            // all that stands behind the separator, CR excluded
	struct span value;            // between the quotes; else without comment and outer blanks
	struct span comment;          // behind the value, from its '#' on
	size_t earlier, later;        // other assignments of the name, WRITTEN_NONE
	size_t bare;                  // of its last one: a line below with the name alone, and back
	uint8_t separator;            // '=' or ':'
	uint8_t quote;                // ' " ` or 0
	bool unterminated;            // the quote is never closed; then `value` begins with it
	bool exported, cr;            // `export ` stands before it; a CR stands in it
	bool spaced;                  // blanks stand around the separator
	bool trailed;                 // text that is no comment stands behind the closing quote
};

// What may stand around words without being a part of them.
static inline bool written_is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

struct written_lines {
	const uint32_t *lines;
	size_t count;
};

// The lines of a file but for blank ones.
struct written_file {
	struct span text;
	struct written *items;
	size_t count;
	bool bom;
	struct map *names; // to the last assignment of each; written_done frees it
};

// Looks through a file; `text` is borrowed, the items live in `pool`. Quotes that are opened in a
// line of `singles` (from 1, ascending) are not closed below it.
// Returns: 0 or -ENOMEM.
int written_read(struct span text, const struct written_lines *singles, struct pool *pool,
	struct written_file *ret_file) must_check;
void written_done(struct written_file *file);

// The first backslash of its value that has one of these bytes behind it.
// Returns: where it stands, or NULL: there is none.
const uint8_t *written_escape(const struct written *item, const char *bytes);

// The item that a line (from 1) belongs to, else the one before it, else the first.
// Returns: its index; the file must have items.
size_t written_at_line(const struct written_file *file, uint32_t line);

#endif
