// How node splits an env file into assignments, and deno after it. What becomes of an assignment is
// up to the dialect.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_NODEFILE_H
#define LOADER_READ_DIALECTS_NODEFILE_H

#include "loader/read/dialects/span.h"

struct emulation;

struct nodefile_assignment {
	struct span name, value; // the value without its quotes
	uint8_t quote;           // 0: none, or one that is never closed and part of the value
	bool verbatim;           // empty, or with a quote that is never closed
};

struct nodefile_sink {
	// Where the quote at the start of `text` is closed.
	// Returns: the place of the closing one, or NULL.
	const uint8_t *(*closing)(struct span text);
	void (*assign)(struct emulation *emulation, const struct nodefile_assignment *assignment,
		void *user);
	void *user;
};

// Walks the text, which must be without carriage returns, from the first to the last assignment.
void nodefile_walk(struct emulation *emulation, const struct nodefile_sink *sink);

// The bytes without the spaces, tabs and newlines around them.
struct span nodefile_trim(struct span bytes);

// A value that was in double quotes, with its \n as newlines.
struct span nodefile_unescape(struct emulation *emulation, struct span value);

#endif
