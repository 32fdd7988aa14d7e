// The search for a spelling: every combination of quotes, and of what may stand for a byte inside
// of them, that fits a value is tried, the plainest first.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SPELLING_SEARCH_H
#define LOADER_READ_DIALECTS_SPELLING_SEARCH_H

#include "loader/read/dialects/spelling.h"

struct emulation;
struct map;

// What is inside of it, for the files that make it up and nobody else.
struct spelling {
	struct secret_arena *arena;
	struct emulation *emulation;
	struct map *names; // of the pairs that are read back
	bool crowded;      // the environment holds every other name
	bool lost;         // the emulation said that something does not count
	uint8_t *bytes;    // the line under construction, between its guards
	size_t room;
};

// Finding a line.
struct spelling_search {
	struct spelling *spelling;
	const struct spelling_request *request;
	struct spelling_pair pairs[3]; // what stands before, the pair, and behind it
	bool holds[256];               // bytes of the value
	bool safe;                     // bytes that mean nothing to anybody
	bool comments;                 // all of the dialects know comments
	struct span line, text;
};

// What finds a line for a request; views of the request.
struct spelling_search spelling_search_for(
	struct spelling *spelling, const struct spelling_request *request);

// Finds a line for a pair in a list of dialects, without a reason when there is none.
// Returns: 0 with `line` and `text`, SPELLING_E_NONE, or -ENOMEM.
int spelling_search_find(struct spelling_search *search) must_check;

#endif
