// The patterns of a job: each value in each form, every text once, with the part of it that is
// looked for first. The texts hold values and lie in the arena.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_PATTERN_H
#define LOADER_SCAN_SEARCH_PATTERN_H

#include "lib/base/base.h"
#include "lib/value/forms.h"
#include "loader/scan/search/literals.h"
#include "loader/scan/search/loose.h"

struct err;
struct pattern_chunk;
struct pool;
struct scanjob;
struct secret_arena;

// Of a longer value its middle is searched: the ends of keys in PEM are the same for all.
#define PATTERN_VALUE_MAX 512
#define PATTERN_LONGEST (12 * PATTERN_VALUE_MAX) // no pattern is longer

struct pattern {
	const uint8_t *bytes;
	size_t length;
	struct literal anchor; // a part of the bytes: what is looked for
	size_t anchor_at;      // of the bytes; of a loose one where a character begins
	size_t anchor_skip;    // of a loose one: bytes of the anchor before that
	struct forms_edge before, after;
	const char *form;
	size_t value; // which one of the job
	size_t core;  // bytes of the value without quotes and space around it
	bool middle;  // of the value only its middle
	bool wraps;   // base64 that may be broken into lines
	bool loose;   // the bytes are the value, and any escape of them counts
};

struct patterns {
	struct pattern *items; // sorted by anchor; of the pool
	size_t count;
	struct secret_arena *arena;
	struct pattern_chunk *chunks; // what the bytes lie in
};

// Whether a value is searched at all.
bool pattern_is_searched(const struct scanjob *job, size_t value);

// Makes the patterns of a job; the job and the pool outlive them. Equal values of one key count
// once, as the kind that comes first. Returns: 0 or -ENOMEM.
int pattern_open_all(const struct scanjob *job, struct secret_arena *arena, struct pool *pool,
	struct patterns *ret_patterns, struct err *err) must_check;
// Wipes and gives back what the bytes lie in.
void pattern_close_all(struct patterns *patterns);

// Whether the pattern stands around its anchor, which stands at `at` of the text.
// Returns: whether it does; `ret_span` says from where to where.
bool pattern_stands(const struct pattern *pattern, const struct loose_text *text, size_t at,
	struct loose_span *ret_span) must_check;

#endif
