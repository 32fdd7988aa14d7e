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
#include "loader/scan/search/compact.h"
#include "loader/scan/search/fallback.h"
#include "loader/scan/search/hits.h"
#include "loader/scan/search/idle.h"
#include "loader/scan/search/literals.h"
#include "loader/scan/search/older.h"
#include "loader/scan/search/pattern.h"

#include <errno.h>
#include <sodium.h>

#define BACK ((size_t)24 * 1024)  // bytes that stay behind
#define AHEAD ((size_t)24 * 1024) // bytes that must lie ahead, but at the end
#define WINDOW ((size_t)256 * 1024)
#define LANES 16
#define TEXT_HEAD ((size_t)4096) // a NUL in the first so many bytes, or a hole: no lines
#define BUDGET 64                // searches for a variable in a window
#define RECENT 8                 // placeholders remembered, which two literals may lead to
#define SHOWN_MAX 256            // for people

_Static_assert(BACK >= PATTERN_LONGEST && AHEAD >= PATTERN_LONGEST, "a pattern fits");
_Static_assert(AHEAD >= LITERALS_BEHIND, "what may be read is there");
_Static_assert(AHEAD > SCANREPORT_TOKEN_MAX, "a token fits, and one byte more");
_Static_assert(BACK >= FALLBACK_BACK && AHEAD >= FALLBACK_AHEAD, "an expression fits");
_Static_assert(BACK >= OLDER_WRITTEN_MAX, "a literal fits");

// How often each value, or each print, was met in a stream.
struct tally {
	struct tally_item {
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
	struct tally values, prints;
	struct older_state older;
	uint64_t token_end; // of the last token
	uint64_t recent[RECENT];
	unsigned recent_count, budget;
	int code; // what went wrong in a callback
};

// What a literal leads to.
struct lead {
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
	struct lead *leads;
	size_t lead_count, lead_room, longest_literal, longest_pattern;
	struct older *older;
	struct map *tokens; // that were reported
	struct search_stream *free;
};

// ---- telling

static bool is_text(const struct search_stream *stream)
{
	return stream->looked && !stream->binary;
}

// LANES bytes at a time; a lane of the sum holds 255 at most.
static uint64_t count_lines(const uint8_t *bytes, size_t size)
{
	uint64_t count = 0;

	while (size >= LANES) {
		uint8_t __attribute__((vector_size(LANES))) sum = {0}, part;

		for (int i = 0; i < 255 && size >= LANES; i++) {
			memcpy(&part, bytes, LANES);
			sum -= (__typeof__(sum))(part == '\n'); // true is -1
			bytes += LANES;
			size -= LANES;
		}
		for (size_t i = 0; i < LANES; i++)
			count += sum[i];
	}
	for (; size > 0; size--)
		count += *bytes++ == '\n';
	return count;
}

static void tell(struct search_stream *stream, struct scanreport *report, uint64_t offset)
{
	report->place = *stream->place;
	report->place.offset = offset;
	if (is_text(stream) && offset >= stream->base)
		report->place.line = stream->lines + 1 +
				     count_lines(stream->window, (size_t)(offset - stream->base));
	stream->search->sink.found(stream->search->sink.user, report);
}

// Counts one more.
// Returns: whether it shall be told.
static bool count_one(struct search_stream *stream, struct tally *tally, size_t room, size_t index,
	uint64_t offset, const char *form)
{
	struct tally_item *item;

	if (!tally->items) {
		tally->items = calloc(room, sizeof(*tally->items));
		if (!tally->items) {
			stream->code = -ENOMEM;
			return false;
		}
	}
	item = &tally->items[index];
	if (item->count++ < SEARCH_LISTED_MAX)
		return true;
	if (item->count == SEARCH_LISTED_MAX + 1) {
		item->first_unlisted = offset;
		item->form = form;
	}
	return false;
}

static const char *kind_text(enum scanjob_kind kind)
{
	static const char *const texts[SCANJOB_KINDS] = {
		[SCANJOB_CURRENT] = "current",
		[SCANJOB_SHADOWED] = "shadowed",
		[SCANJOB_READING] = "reading",
		[SCANJOB_SENTINEL] = "sentinel",
	};

	return kind < SCANJOB_KINDS ? texts[kind] : "";
}

static struct scanreport value_report(const struct search *search, size_t value, const char *form)
{
	const struct scanjob_value *found = &search->job->values[value];

	return (struct scanreport){.type = SCANREPORT_VALUE,
		.key = found->key,
		.origin = found->origin,
		.kind = kind_text(found->kind),
		.form = form};
}

static struct scanreport print_report(const struct search *search, size_t print, const char *form)
{
	const struct scanjob_print *found = &search->job->prints[print];

	return (struct scanreport){
		.type = SCANREPORT_OLD, .key = found->key, .origin = found->origin, .form = form};
}

static void take_hit(void *user, const struct hit *hit)
{
	struct search_stream *stream = user;
	struct search *search = stream->search;
	const struct pattern *pattern = hit->pattern;
	struct scanreport report = value_report(search, pattern->value, pattern->form);

	if (!count_one(stream, &stream->values, search->job->value_count, pattern->value,
		    hit->start, pattern->form))
		return;
	if (pattern->middle)
		report.text = "the middle of the value stands there";
	tell(stream, &report, hit->start);
}

static void take_print(void *user, size_t print, uint64_t offset, const char *form)
{
	struct search_stream *stream = user;
	struct search *search = stream->search;
	struct scanreport report = print_report(search, print, form);

	if (count_one(stream, &stream->prints, search->job->print_count, print, offset, form))
		tell(stream, &report, offset);
}

// ---- following a literal

// Every pattern that has this anchor.
static void follow_patterns(struct search_stream *stream, size_t detail, size_t at, size_t end)
{
	const struct patterns *patterns = &stream->search->patterns;
	const struct pattern *first = &patterns->items[detail];
	const struct loose_text text = {stream->window, stream->filled, PATTERN_LONGEST};

	(void)end;
	for (size_t i = detail; i < patterns->count; i++) {
		const struct pattern *pattern = &patterns->items[i];
		struct hit hit = {.pattern = pattern};
		struct loose_span span;

		if (pattern->anchor.length != first->anchor.length ||
			memcmp(pattern->anchor.bytes, first->anchor.bytes, first->anchor.length) !=
				0)
			return;
		if (!pattern_stands(pattern, &text, at, &span))
			continue;
		hit.start = stream->base + span.start;
		hit.end = stream->base + span.end;
		if (hits_add(&stream->hits, &hit) != 0)
			stream->code = -ENOMEM;
	}
}

static bool is_recent(struct search_stream *stream, uint64_t offset)
{
	unsigned count = stream->recent_count < RECENT ? stream->recent_count : RECENT;

	for (unsigned i = 0; i < count; i++)
		if (stream->recent[i] == offset)
			return true;
	stream->recent[stream->recent_count++ % RECENT] = offset;
	return false;
}

static void follow_fallback(struct search_stream *stream, size_t detail, size_t at, size_t end)
{
	struct fallback fallback;
	struct scanreport report = {.type = SCANREPORT_PLACEHOLDER};

	(void)end;
	if (!stream->fallbacks ||
		!fallback_find(
			detail, stream->window, stream->filled, at, &stream->budget, &fallback) ||
		is_recent(stream, stream->base + fallback.at))
		return;
	report.key = fallback.key;
	report.state = fallback.alone ? "folded" : "guarded";
	report.text = fallback.text;
	tell(stream, &report, stream->base + fallback.at);
}

// Whether this token is told for the first time.
static bool is_new_token(struct search_stream *stream, const uint8_t *token, size_t length)
{
	struct search *search = stream->search;
	uint8_t *hash = pool_take(search->pool, crypto_generichash_BYTES);

	if (!hash) {
		stream->code = -ENOMEM;
		return false;
	}
	(void)crypto_generichash(hash, crypto_generichash_BYTES, token, length, NULL, 0);
	if (map_find(search->tokens, (const char *)hash, crypto_generichash_BYTES) != MAP_ABSENT)
		return false;
	if (map_put(search->tokens, (const char *)hash, crypto_generichash_BYTES, 0) != 0)
		stream->code = -ENOMEM;
	return true;
}

static void follow_token(struct search_stream *stream, size_t detail, size_t at, size_t end)
{
	struct scanreport report = {.type = SCANREPORT_TOKEN};
	uint64_t offset = stream->base + at;
	char token[SCANREPORT_TOKEN_MAX + 1];
	size_t length;

	(void)detail;
	(void)end;
	if (offset < stream->token_end) // the second part of one that was found
		return;
	length = compact_find(stream->window + at, stream->filled - at);
	if (!length)
		return;
	stream->token_end = offset + length;
	if (!is_new_token(stream, stream->window + at, length))
		return;
	memcpy(token, stream->window + at, length);
	token[length] = '\0';
	report.token = token;
	tell(stream, &report, offset);
	sodium_memzero(token, length);
}

// ---- the window

struct round {
	struct search_stream *stream;
	size_t from; // where vectorscan began
};

static void take_literal(void *user, size_t literal, size_t end)
{
	const struct round *round = user;
	struct search_stream *stream = round->stream;
	const struct lead *lead = &stream->search->leads[literal];

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
			take_print, stream);
	stream->done = limit;
	until = stream->base + limit;
	if (!last)
		until = until > search->longest_pattern ? until - search->longest_pattern : 0;
	else
		until = UINT64_MAX - PATTERN_LONGEST;
	hits_settle(&stream->hits, search->job, until, take_hit, stream);
	return code ? code : stream->code;
}

// Makes room behind the window's bytes; those that may still be needed stay.
static void move_on(struct search_stream *stream)
{
	size_t gone = stream->done > BACK ? stream->done - BACK : 0;

	if (is_text(stream))
		stream->lines += count_lines(stream->window, gone);
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

// Says how many places of one value or print are not listed.
static void tell_rest(struct search_stream *stream, const struct tally *tally, size_t count,
	struct scanreport (*make)(const struct search *search, size_t index, const char *form))
{
	for (size_t i = 0; tally->items && i < count; i++) {
		const struct tally_item *item = &tally->items[i];
		struct scanreport report;
		char text[SHOWN_MAX];

		if (item->count <= SEARCH_LISTED_MAX)
			continue;
		report = make(stream->search, i, item->form);
		(void)snprintf(text, sizeof(text),
			"the first of %u more places in this file that are not listed",
			item->count - SEARCH_LISTED_MAX);
		report.text = text;
		tell(stream, &report, item->first_unlisted);
	}
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
	const struct scanjob *job = stream->search->job;
	int code = look(stream, true);

	tell_rest(stream, &stream->values, job->value_count, value_report);
	tell_rest(stream, &stream->prints, job->print_count, print_report);
	put_back(stream);
	return code;
}

// ---- making ready

static int add_lead(struct search *search, const struct literal *literal, const struct lead *lead)
{
	if (search->lead_count == search->lead_room) {
		size_t room = search->lead_room ? 2 * search->lead_room : 1024;
		struct literal *list = reallocarray(search->list, room, sizeof(*list));
		struct lead *leads;

		if (!list)
			return -ENOMEM;
		search->list = list;
		leads = reallocarray(search->leads, room, sizeof(*leads));
		if (!leads)
			return -ENOMEM;
		search->leads = leads;
		search->lead_room = room;
	}
	if (literal->length > search->longest_literal)
		search->longest_literal = literal->length;
	search->list[search->lead_count] = *literal;
	search->leads[search->lead_count++] = *lead;
	return 0;
}

static bool same_anchor(const struct pattern *a, const struct pattern *b)
{
	return a->anchor.length == b->anchor.length &&
	       memcmp(a->anchor.bytes, b->anchor.bytes, a->anchor.length) == 0;
}

static int add_patterns(struct search *search)
{
	const struct patterns *patterns = &search->patterns;
	int code = 0;

	for (size_t i = 0; i < patterns->count && code == 0; i++) {
		const struct pattern *pattern = &patterns->items[i];

		size_t longest =
			pattern->loose || pattern->wraps ? PATTERN_LONGEST : pattern->length;

		if (longest > search->longest_pattern)
			search->longest_pattern = longest;
		if (i == 0 || !same_anchor(pattern - 1, pattern))
			code = add_lead(
				search, &pattern->anchor, &(struct lead){follow_patterns, i});
	}
	return code;
}

static int add_fallbacks(struct search *search)
{
	struct literal *list = NULL;
	size_t count = 0;
	int code = fallback_literals(search->pool, &list, &count);

	for (size_t i = 0; i < count && code == 0; i++)
		code = add_lead(search, &list[i], &(struct lead){follow_fallback, i});
	return code;
}

static int add_tokens(struct search *search)
{
	static const uint8_t begin[] = COMPACT_BEGIN;

	return add_lead(search, &(struct literal){begin, sizeof(begin) - 1},
		&(struct lead){follow_token, 0});
}

// What is not searched, once each.
static void tell_skipped(struct search *search)
{
	const struct scanjob *job = search->job;
	struct scanreport report = {.type = SCANREPORT_SKIPPED};

	for (size_t i = 0; i < job->value_count; i++) {
		if (!job->values[i].secret || pattern_is_searched(job, i))
			continue;
		report.key = job->values[i].key;
		report.origin = job->values[i].origin;
		report.kind = kind_text(job->values[i].kind);
		report.text = "values of fewer than 8 bytes are not searched";
		search->sink.found(search->sink.user, &report);
	}
	for (size_t i = 0; i < job->print_count; i++) {
		if (job->prints[i].length <= OLDER_LENGTH_MAX)
			continue;
		report.key = job->prints[i].key;
		report.origin = job->prints[i].origin;
		report.kind = NULL;
		report.text = "older values of more than 4096 bytes are not searched";
		search->sink.found(search->sink.user, &report);
	}
}

static int prepare(struct search *search, struct err *err)
{
	const struct scanjob *job = search->job;
	int code = pattern_open_all(job, search->arena, search->pool, &search->patterns, err);

	if (code == 0)
		code = older_open(job, search->arena, &search->older, err);
	if (code != 0)
		return code;
	code = add_patterns(search);
	if (code == 0 && job->flags & SCANJOB_PLACEHOLDERS)
		code = add_fallbacks(search);
	if (code == 0 && job->flags & SCANJOB_TOKENS)
		code = add_tokens(search);
	if (code != 0)
		return err_set(err, code, NULL, "out of memory");
	return literals_open(
		search->list, search->lead_count, search->arena, &search->literals, err);
}

int search_open(const struct scanjob *job, const struct search_sink *sink,
	struct secret_arena *arena, struct search **ret_search, struct err *err)
{
	struct search *search = calloc(1, sizeof(*search));
	int code;

	if (!search)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	search->job = job;
	search->sink = *sink;
	search->arena = arena;
	search->pool = pool_new();
	search->tokens = map_new();
	code = search->pool && search->tokens ? prepare(search, err)
					      : err_set(err, -ENOMEM, NULL, "out of memory");
	if (code != 0) {
		(void)search_close(search);
		return code;
	}
	tell_skipped(search);
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
