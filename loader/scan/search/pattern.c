// Writes every value in every form into blocks of the arena, and says where a pattern stands.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/pattern.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/encoding.h"
#include "lib/wire/scanjob.h"
#include "loader/scan/search/anchor.h"
#include "loader/scan/search/seam.h"
#include "loader/scan/search/wrapped.h"

#include <errno.h>

// Patterns shorter than this would be found in anything. Three characters in UTF-16 are not.
#define PATTERN_SHORTEST 6
_Static_assert(PATTERN_SHORTEST <= SCANJOB_SEARCHED_MIN, "every value has patterns");

#define CHUNK ((size_t)64 * 1024)
#define SCRATCH FORMS_ROOM((size_t)PATTERN_VALUE_MAX)

struct pattern_chunk {
	struct pattern_chunk *next;
	size_t used;
	uint8_t bytes[];
};

struct maker {
	const struct scanjob *job;
	struct patterns *patterns;
	struct pool *pool;
	struct pool_list list; // of struct pattern
	uint8_t *scratch;
};

bool pattern_is_searched(const struct scanjob *job, size_t value)
{
	return job->values[value].secret && job->values[value].value.length >= SCANJOB_SEARCHED_MIN;
}

static int compare_text(const struct scanjob_value *a, const struct scanjob_value *b)
{
	int order = strcmp(a->key, b->key);

	if (order == 0)
		order = (a->value.length > b->value.length) - (a->value.length < b->value.length);
	if (order == 0)
		order = memcmp(secret_bytes(a->value), secret_bytes(b->value), a->value.length);
	return order;
}

static int compare_values(const void *left, const void *right, void *values)
{
	const struct scanjob_value *a =
		(const struct scanjob_value *)values + *(const size_t *)left;
	const struct scanjob_value *b =
		(const struct scanjob_value *)values + *(const size_t *)right;
	int order = compare_text(a, b);

	return order ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

// The value without what people and programs put around one by mistake.
static size_t core_length(struct secret value)
{
	static const char decoration[] = " \t\r\n'\"`";
	const uint8_t *at = secret_bytes(value);
	size_t start = 0, end = value.length;

	while (start < end && at[start] && strchr(decoration, at[start]))
		start++;
	while (end > start && at[end - 1] && strchr(decoration, at[end - 1]))
		end--;
	return end - start;
}

static bool is_inside_character(uint8_t byte)
{
	return (byte & 0xC0) == 0x80;
}

// What of a value is searched.
static struct secret middle_of(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t start, end;

	if (value.length <= PATTERN_VALUE_MAX)
		return value;
	start = (value.length - PATTERN_VALUE_MAX) / 2;
	end = start + PATTERN_VALUE_MAX;
	for (int i = 0; i < 3 && is_inside_character(at[start]); i++)
		start++;
	for (int i = 0; i < 3 && is_inside_character(at[end]); i++)
		end--;
	return secret_view(at + start, end - start);
}

// Whether what stands beside a text says nothing new.
static bool same_edge(struct forms_edge there, struct forms_edge edge)
{
	return !edge.mask || (there.mask == edge.mask && there.bits == edge.bits);
}

static bool is_there(const struct pool_list *list, size_t first, const uint8_t *bytes,
	const struct forms_text *text)
{
	const struct pattern *items = list->items;

	for (size_t i = first; i < list->count; i++)
		if (items[i].length == text->length &&
			memcmp(items[i].bytes, bytes, text->length) == 0 &&
			same_edge(items[i].before, text->before) &&
			same_edge(items[i].after, text->after))
			return true;
	return false;
}

// A place for so many bytes that does not move.
static uint8_t *take_bytes(struct patterns *patterns, size_t length)
{
	struct pattern_chunk *chunk = patterns->chunks;

	if (!chunk || CHUNK - chunk->used < length) {
		chunk = (struct pattern_chunk *)secret_arena_take(
			patterns->arena, sizeof(*chunk) + CHUNK);
		if (!chunk)
			return NULL;
		chunk->next = patterns->chunks;
		patterns->chunks = chunk;
	}
	chunk->used += length;
	return chunk->bytes + chunk->used - length;
}

static int push(struct maker *maker, const struct pattern *pattern)
{
	struct pattern *room = pool_push(maker->pool, &maker->list, sizeof(*room));

	if (!room)
		return -ENOMEM;
	*room = *pattern;
	return 0;
}

// A copy of bytes that stays.
static const uint8_t *keep_bytes(struct maker *maker, const uint8_t *bytes, size_t length)
{
	uint8_t *kept = take_bytes(maker->patterns, length);

	return kept ? memcpy(kept, bytes, length) : NULL;
}

// A pattern for each of two anchors, of which no line break can hit both.
static int push_wrapped(struct maker *maker, struct pattern *pattern)
{
	size_t at[WRAPPED_ANCHORS], length;
	int code = 0;

	wrapped_anchors(pattern->bytes, pattern->length, LITERALS_LONGEST, at, &length);
	for (size_t i = 0; i < ARRAY_SIZE(at) && code == 0; i++) {
		pattern->anchor_at = at[i];
		pattern->anchor = (struct literal){pattern->bytes + at[i], length};
		code = push(maker, pattern);
	}
	return code;
}

static int push_written(struct maker *maker, const struct pattern *pattern)
{
	struct pattern made = *pattern;

	made.bytes = keep_bytes(maker, pattern->bytes, pattern->length);
	if (!made.bytes)
		return -ENOMEM;
	if (pattern->wraps)
		return push_wrapped(maker, &made);
	if (!anchor_choose(made.bytes, made.length, &made.anchor, &made.anchor_at))
		return 0;
	return push(maker, &made);
}

// A pattern for each way in which the beginning of the search may be written.
static int push_spelled(struct maker *maker, struct pattern *pattern)
{
	const size_t size = SEAM_ANCHORS_MAX * sizeof(struct seam_anchor);
	struct seam_anchor *anchors = (void *)secret_arena_take(maker->patterns->arena, size);
	size_t count;
	int code = anchors ? 0 : -ENOMEM;

	if (code != 0)
		return code;
	count = seam_anchors(pattern->bytes, pattern->length, anchors, &pattern->anchor_at);
	for (size_t i = 0; i < count && code == 0; i++) {
		pattern->anchor = (struct literal){
			keep_bytes(maker, anchors[i].bytes, anchors[i].length), anchors[i].length};
		pattern->anchor_skip = anchors[i].skip;
		code = pattern->anchor.bytes ? push(maker, pattern) : -ENOMEM;
	}
	secret_arena_give(maker->patterns->arena, (uint8_t *)anchors, size);
	return code;
}

// What no form knows.
static int add_loose(struct maker *maker, size_t value, struct secret part)
{
	const struct secret whole = maker->job->values[value].value;
	struct pattern pattern = {.length = part.length,
		.form = "escaped",
		.value = value,
		.core = core_length(whole),
		.middle = part.length < whole.length,
		.loose = true};

	if (loose_is_plain(secret_bytes(part), part.length))
		return 0;
	pattern.bytes = keep_bytes(maker, secret_bytes(part), part.length);
	if (!pattern.bytes)
		return -ENOMEM;
	if (!loose_anchor(pattern.bytes, pattern.length, LITERALS_LONGEST, &pattern.anchor_at,
		    &pattern.anchor.length))
		return push_spelled(maker, &pattern);
	pattern.anchor.bytes = pattern.bytes + pattern.anchor_at;
	return push(maker, &pattern);
}

// Every form of one value that no earlier form of it writes in the same way.
static int add_value(struct maker *maker, size_t value)
{
	const struct secret whole = maker->job->values[value].value;
	const struct secret part = middle_of(whole);
	const size_t first = maker->list.count;
	int code = 0;

	for (size_t form = 0; form < forms_count && code == 0; form++) {
		struct forms_text text;

		if (!forms_write(form, part, maker->scratch, SCRATCH, &text) ||
			text.length < PATTERN_SHORTEST ||
			is_there(&maker->list, first, maker->scratch, &text))
			continue;
		code = push_written(maker, &(struct pattern){.bytes = maker->scratch,
						   .length = text.length,
						   .wraps = text.wraps,
						   .before = text.before,
						   .after = text.after,
						   .form = forms_name(form),
						   .value = value,
						   .core = core_length(whole),
						   .middle = part.length < whole.length});
	}
	return code ? code : add_loose(maker, value, part);
}

static int compare_anchors(const void *left, const void *right)
{
	const struct pattern *a = left, *b = right;
	int order = (a->anchor.length > b->anchor.length) - (a->anchor.length < b->anchor.length);

	if (order == 0)
		order = memcmp(a->anchor.bytes, b->anchor.bytes, a->anchor.length);
	return order ? order : (a->value > b->value) - (a->value < b->value);
}

static int add_values(struct maker *maker)
{
	const struct scanjob *job = maker->job;
	own_free size_t *order = calloc(job->value_count + 1, sizeof(*order));
	size_t count = 0;
	int code = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < job->value_count; i++)
		if (pattern_is_searched(job, i))
			order[count++] = i;
	qsort_r(order, count, sizeof(*order), compare_values, (void *)(uintptr_t)job->values);
	for (size_t i = 0; i < count && code == 0; i++)
		if (i == 0 || compare_text(&job->values[order[i - 1]], &job->values[order[i]]) != 0)
			code = add_value(maker, order[i]);
	return code;
}

int pattern_open_all(const struct scanjob *job, struct secret_arena *arena, struct pool *pool,
	struct patterns *ret_patterns, struct err *err)
{
	struct maker maker = {.job = job, .patterns = ret_patterns, .pool = pool};
	int code;

	*ret_patterns = (struct patterns){.arena = arena};
	maker.scratch = secret_arena_take(arena, SCRATCH);
	code = maker.scratch ? add_values(&maker) : -ENOMEM;
	secret_arena_give(arena, maker.scratch, SCRATCH);
	if (code != 0) {
		pattern_close_all(ret_patterns);
		return err_no_memory(err);
	}
	ret_patterns->items = maker.list.items;
	ret_patterns->count = maker.list.count;
	if (ret_patterns->count > 0)
		qsort(ret_patterns->items, ret_patterns->count, sizeof(*ret_patterns->items),
			compare_anchors);
	return 0;
}

void pattern_close_all(struct patterns *patterns)
{
	while (patterns->chunks) {
		struct pattern_chunk *chunk = patterns->chunks;

		patterns->chunks = chunk->next;
		secret_arena_give(patterns->arena, (uint8_t *)chunk, sizeof(*chunk) + CHUNK);
	}
	*patterns = (struct patterns){0};
}

// A neighbour that is no digit may be one in another spelling.
static bool agrees(struct forms_edge edge, uint8_t neighbour)
{
	int digit = edge.mask ? encoding_base64_digit(neighbour) : -1;

	return digit < 0 || ((unsigned)digit & edge.mask) == edge.bits;
}

// The end of a line break may look like a digit: \n, %0A.
static bool agrees_before(const struct pattern *pattern, const struct loose_text *text, size_t at)
{
	size_t before;

	if (at == 0 || agrees(pattern->before, text->bytes[at - 1]))
		return true;
	before = pattern->wraps ? wrapped_before_break(text, at) : at;
	return before < at && (before == 0 || agrees(pattern->before, text->bytes[before - 1]));
}

static bool stands_exactly(const struct pattern *pattern, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	if (at < pattern->anchor_at)
		return false;
	ret_span->start = at - pattern->anchor_at;
	ret_span->end = ret_span->start + pattern->length;
	return ret_span->end <= text->size &&
	       memcmp(text->bytes + ret_span->start, pattern->bytes, pattern->length) == 0;
}

bool pattern_stands(const struct pattern *pattern, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	const struct loose_value loose = {pattern->bytes, pattern->length, pattern->anchor_at};
	struct loose_span span;

	if (pattern->loose)
		return loose_stands(&loose, text, at + pattern->anchor_skip, ret_span);
	if (pattern->wraps ? !wrapped_stands(&loose, text, at, &span)
			   : !stands_exactly(pattern, text, at, &span))
		return false;
	if (!agrees_before(pattern, text, span.start) ||
		(span.end < text->size && !agrees(pattern->after, text->bytes[span.end])))
		return false;
	*ret_span = span;
	return true;
}
