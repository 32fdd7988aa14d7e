// Spellings: how NAME=VALUE is written so that loaders read exactly that value back. No dialect has
// a writer; each way to quote and escape is tried, and what its emulation reads back decides.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SPELLING_H
#define LOADER_READ_DIALECTS_SPELLING_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct dialect;
struct pool;
struct secret_arena;
struct spelling;

struct spelling_pair {
	struct span name, value;
};

struct spelling_request {
	const struct dialect *const *dialects; // each of them reads the same text
	size_t count;                          // at least one
	const char *prefix;                    // stands before the name: "export "; NULL: nothing
	bool any_shell; // shells read it that no dialect stands for, and take more of a "$"
	struct spelling_pair pair;
};

struct spelling_answer {
	struct span line; // PREFIX NAME=TEXT without a line end, until the next call
	struct span text; // what stands behind the `=`
	// When there is none: a loader that is at fault, and why; or, with `other`, what the one
	// does that the other cannot do with, as a verb between their names. Constant texts.
	const struct dialect *dialect, *other;
	const char *reason;
};

// Makes the memory of spellings; the caller owns it and keeps `arena`, where values lie.
// Returns: it, or NULL when memory is short.
struct spelling *spelling_new(struct secret_arena *arena) must_check;
struct spelling *spelling_free(struct spelling *spelling); // NULL is fine; returns NULL
void spelling_release(struct spelling **spelling);         // for own(...)

// Finds a line that every one of the dialects reads back as the pair, whatever the environment
// holds and whatever lines stand before and after it.
// Returns: 0 with the line; SPELLING_E_NONE with the dialect and the reason; or -ENOMEM.
#define SPELLING_E_NONE 1
int spelling_find(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *ret_answer) must_check;

// Why there is no spelling, for people: "docker: a line break has no spelling" or "docker keeps the
// quotes needed by next". The text lives in `pool`.
// Returns: the text, or NULL when memory is short.
const char *spelling_excuse(const struct spelling_answer *answer, struct pool *pool) must_check;

// Reads a whole file as a loader would, in an environment without any name and in one where all
// other names are set. Are the results exactly the pairs, and did it ignore nothing?
// Returns: 0, SPELLING_E_NONE when not, or -ENOMEM.
int spelling_reads_back(struct spelling *spelling, const struct dialect *dialect, struct span file,
	const struct spelling_pair *pairs, size_t count) must_check;

#endif
