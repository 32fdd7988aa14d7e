// The state of one reading of samekey's own dialects, for dotenv.c, which reads, and
// dotenv_refuse.c, which says what is wrong with what cannot be read.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_DOTENV_READER_H
#define LOADER_READ_DIALECTS_DOTENV_READER_H

#include "loader/read/dialects/dotenv.h"

struct dotenv_reader {
	const uint8_t *at, *end;
	const uint8_t *line_start;
	uint32_t line;
	uint32_t traits;
	const struct dotenv_sink *sink;
	bool has_cr, has_nul;
	const uint8_t *bad_utf8; // where UTF-8 first goes wrong, or NULL
	bool warned_crlf;
};

// Whether the dialect that is read by heeds it.
static inline bool dotenv_has(const struct dotenv_reader *reader, enum dotenv_trait trait)
{
	return reader->traits & trait;
}

// Tells the sink of a byte at `place`, which may lie some lines below the one that is read, inside
// a quoted value; of a key's when there is an `entry`.
void dotenv_report(struct dotenv_reader *reader, enum finding finding, const uint8_t *place,
	const struct dotenv_entry *entry);

// Says what is wrong with the line that is read, which ends at `end` and has no name and '='.
// Behind the name of `entry`, which may be empty, it goes on at `at`. It is never named: what
// stands there may be a value, such as a line of a key.
void dotenv_refuse_line(struct dotenv_reader *reader, const uint8_t *at, const uint8_t *end,
	const struct dotenv_entry *entry);

// Says so of a file that is no text (dotenv_text_error), before anything of it is read.
// Returns: whether it is one.
bool dotenv_refuse_file(struct dotenv_reader *reader);

#endif
