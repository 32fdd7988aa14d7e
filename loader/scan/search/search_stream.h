// A search and a stream of it, as the files share them: search.c moves the window, search_leads.c
// follows what a literal leads to, and search_tell.c counts and tells.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_SEARCH_STREAM_H
#define LOADER_SCAN_SEARCH_SEARCH_STREAM_H

#include "lib/base/base.h"
#include "loader/scan/search/hits.h"
#include "loader/scan/search/literals.h"
#include "loader/scan/search/older.h"
#include "loader/scan/search/pattern.h"
#include "loader/scan/search/search.h"

#define SEARCH_RECENT 8 // placeholders remembered, which two literals may lead to

// How often each value, or each print, was met in a stream.
struct search_tally {
	struct search_tally_item {
		uint32_t count;
		uint64_t first_unlisted;
		const char *form;
	} * items;
};

struct search_stream {
	struct search *search;
	struct search_stream *next; // of those that are free
	const struct scanreport_place *place;
	uint8_t *window;
	uint64_t base;       // the offset of the window's first byte
	size_t filled, done; // bytes of the window; up to where it was searched
	uint64_t lines;      // line ends before the window
	bool looked, binary, fallbacks;
	struct hits hits;
	struct search_tally values, prints;
	struct older_state older;
	uint64_t token_end; // of the last token
	uint64_t recent[SEARCH_RECENT];
	unsigned recent_count, budget;
	int code; // what went wrong in a callback
};

// What a literal leads to.
struct search_lead {
	void (*follow)(struct search_stream *stream, size_t detail, size_t at, size_t end);
	size_t detail; // the first of the patterns, or the index of the fallback
};

struct search {
	const struct scanjob *job;
	struct search_sink sink;
	struct secret_arena *arena;
	struct pool *pool;
	struct patterns patterns;
	struct literals *literals;
	struct literal *list; // in the order of the leads
	struct search_lead *leads;
	size_t lead_count, lead_room, longest_literal, longest_pattern;
	struct older *older;
	struct map *tokens; // that were reported
	struct search_stream *free;
};

// Adds what leads to something: the anchors of patterns, and by the flags of the job what announces
// a placeholder, and what a token begins with.
// Returns: 0 or -ENOMEM.
int search_leads_add(struct search *search) must_check;

// Tells of a place of a pattern, or of a print, as long as not too many of it were met; for
// hits_settle and older_look, with the stream as `user`.
void search_tell_hit(void *user, const struct hit *hit);
void search_tell_print(void *user, size_t print, uint64_t offset, const char *form);

// Tells of something else at an offset; sets the report's place.
void search_tell(struct search_stream *stream, struct scanreport *report, uint64_t offset);

// Tells, at the end of a stream, how many places of a value or print were not told one by one.
void search_tell_rest(struct search_stream *stream);

// Tells what is not searched, once each.
void search_tell_skipped(const struct search *search);

// Whether a stream is text, which has lines.
bool search_tell_is_text(const struct search_stream *stream);

#endif
