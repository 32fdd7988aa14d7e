// A stream's bytes go through a window: what was searched stays for a while behind, and nothing is
// judged before what may belong to it lies ahead. So a place is judged once, with all around it in
// one piece of memory, however the pieces came. Literals (literals.h) say where to look; patterns,
// fallbacks and tokens judge. Windows lie in the arena: what is found in them are values.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/search.h"

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/fallback.h"
#include "loader/scan/search/hits.h"
#include "loader/scan/search/idle.h"
#include "loader/scan/search/literals.h"
#include "loader/scan/search/newlines.h"
#include "loader/scan/search/older.h"
#include "loader/scan/search/pattern.h"
#include "loader/scan/search/search_stream.h"

#include <errno.h>

#define BACK ((size_t)24 * 1024)  // bytes that stay behind
#define AHEAD ((size_t)24 * 1024) // bytes that must lie ahead, but at the end
#define WINDOW ((size_t)256 * 1024)
#define TEXT_HEAD ((size_t)4096) // a NUL in the first so many bytes, or a hole: no lines
#define BUDGET 64                // searches for a variable in a window

_Static_assert(BACK >= PATTERN_LONGEST && AHEAD >= PATTERN_LONGEST, "a pattern fits");
_Static_assert(AHEAD >= LITERALS_BEHIND, "what may be read is there");
_Static_assert(AHEAD > SCANREPORT_TOKEN_MAX, "a token fits, and one byte more");
_Static_assert(BACK >= FALLBACK_BACK && AHEAD >= FALLBACK_AHEAD, "an expression fits");
_Static_assert(BACK >= OLDER_WRITTEN_MAX, "a literal fits");

// ---- the window

struct round {
	struct search_stream *stream;
	size_t from; // where vectorscan began
};

static void take_literal(void *user, size_t literal, size_t end)
{
	const struct round *round = user;
	struct search_stream *stream = round->stream;
	const struct search_lead *lead = &stream->search->leads[literal];

	end += round->from;
	if (end > stream->done)
		lead->follow(stream, lead->detail, end - stream->search->list[literal].length, end);
}

static void look_at_head(struct search_stream *stream)
{
	size_t size = stream->filled < TEXT_HEAD ? stream->filled : TEXT_HEAD;

	if (stream->looked)
		return;
	stream->looked = true;
	stream->binary = stream->base > 0 || memchr(stream->window, '\0', size) != NULL;
}

// Searches what has enough ahead of it; all, when the stream has ended.
static int look(struct search_stream *stream, bool last)
{
	struct search *search = stream->search;
	size_t overlap = search->longest_literal ? search->longest_literal - 1 : 0;
	size_t limit = last ? stream->filled : stream->filled - AHEAD;
	struct round round = {stream, stream->done > overlap ? stream->done - overlap : 0};
	uint64_t until;
	int code;

	look_at_head(stream);
	if (last)
		memset(stream->window + limit, 0, LITERALS_BEHIND);
	stream->budget = BUDGET;
	code = literals_scan(search->literals, stream->window + round.from, limit - round.from,
		take_literal, &round);
	if (code == 0 && search->older)
		older_look(search->older, &stream->older,
			&(struct older_part){.bytes = stream->window,
				.base = stream->base,
				.from = stream->done,
				.to = limit,
				.last = last},
			search_tell_print, stream);
	stream->done = limit;
	until = stream->base + limit;
	if (!last)
		until = until > search->longest_pattern ? until - search->longest_pattern : 0;
	else
		until = UINT64_MAX - PATTERN_LONGEST;
	hits_settle(&stream->hits, search->job, until, search_tell_hit, stream);
	return code ? code : stream->code;
}

// Makes room behind the window's bytes; those that may still be needed stay.
static void move_on(struct search_stream *stream)
{
	size_t gone = stream->done > BACK ? stream->done - BACK : 0;

	if (search_tell_is_text(stream))
		stream->lines += newlines_count(stream->window, gone);
	memmove(stream->window, stream->window + gone, stream->filled - gone);
	stream->base += gone;
	stream->filled -= gone;
	stream->done -= gone;
}

int search_feed(struct search_stream *stream, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		size_t part = WINDOW - stream->filled < size ? WINDOW - stream->filled : size;
		int code;

		memcpy(stream->window + stream->filled, bytes, part);
		stream->filled += part;
		bytes += part;
		size -= part;
		if (stream->filled < WINDOW)
			return 0;
		code = look(stream, false);
		if (code != 0)
			return code;
		move_on(stream);
	}
	return 0;
}

// ---- streams

static struct search_stream *stream_free(struct search_stream *stream)
{
	if (!stream)
		return NULL;
	hits_clear(&stream->hits);
	free(stream->values.items);
	free(stream->prints.items);
	secret_arena_give(stream->search->arena, stream->window, WINDOW + LITERALS_BEHIND);
	free(stream);
	return NULL;
}

static struct search_stream *stream_new(struct search *search)
{
	struct search_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->search = search;
	stream->window = secret_arena_take(search->arena, WINDOW + LITERALS_BEHIND);
	return stream->window ? stream : stream_free(stream);
}

struct search_stream *search_begin(struct search *search, const struct scanreport_place *place)
{
	struct search_stream *stream = search->free;

	if (stream)
		search->free = stream->next;
	else
		stream = stream_new(search);
	if (!stream)
		return NULL;
	stream->place = place;
	stream->base = stream->older.line = place->offset;
	stream->hits.longest = search->longest_pattern;
	stream->fallbacks = search->job->flags & SCANJOB_PLACEHOLDERS && !idle_is(place);
	return stream;
}

// Puts a stream with its memory back for the next one.
static void put_back(struct search_stream *stream)
{
	struct search *search = stream->search;
	struct search_stream fresh = {.search = search,
		.window = stream->window,
		.hits = stream->hits,
		.next = search->free};

	free(stream->values.items);
	free(stream->prints.items);
	fresh.hits.count = 0;
	*stream = fresh;
	search->free = stream;
}

int search_end(struct search_stream *stream)
{
	int code = look(stream, true);

	search_tell_rest(stream);
	put_back(stream);
	return code;
}

// ---- making ready

static int prepare(struct search *search, struct err *err)
{
	const struct scanjob *job = search->job;
	int code = pattern_open_all(job, search->arena, search->pool, &search->patterns, err);

	if (code == 0)
		code = older_open(job, search->arena, &search->older, err);
	if (code != 0)
		return code;
	code = search_leads_add(search);
	if (code != 0)
		return err_no_memory(err);
	return literals_open(
		search->list, search->lead_count, search->arena, &search->literals, err);
}

int search_open(const struct scanjob *job, const struct search_sink *sink,
	struct secret_arena *arena, struct search **ret_search, struct err *err)
{
	struct search *search = calloc(1, sizeof(*search));
	int code;

	if (!search)
		return err_no_memory(err);
	search->job = job;
	search->sink = *sink;
	search->arena = arena;
	search->pool = pool_new();
	search->tokens = map_new();
	code = search->pool && search->tokens ? prepare(search, err) : err_no_memory(err);
	if (code != 0) {
		(void)search_close(search);
		return code;
	}
	search_tell_skipped(search);
	*ret_search = search;
	return 0;
}

struct search *search_close(struct search *search)
{
	if (!search)
		return NULL;
	while (search->free) {
		struct search_stream *stream = search->free;

		search->free = stream->next;
		(void)stream_free(stream);
	}
	(void)literals_close(search->literals);
	(void)older_close(search->older);
	pattern_close_all(&search->patterns);
	(void)map_free(search->tokens);
	(void)pool_free(search->pool);
	free(search->list);
	free(search->leads);
	free(search);
	return NULL;
}
