// What the literals lead to: around an anchor a pattern may stand, behind a read of the environment
// a placeholder, and `eyJ` may begin a token. Each judges what is in the window.
// SPDX-License-Identifier: MIT
#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/compact.h"
#include "loader/scan/search/fallback.h"
#include "loader/scan/search/search_stream.h"

#include <errno.h>
#include <sodium.h>

static bool same_anchor(const struct pattern *a, const struct pattern *b)
{
	return a->anchor.length == b->anchor.length &&
	       memcmp(a->anchor.bytes, b->anchor.bytes, a->anchor.length) == 0;
}

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

		if (!same_anchor(pattern, first))
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
	unsigned count =
		stream->recent_count < SEARCH_RECENT ? stream->recent_count : SEARCH_RECENT;

	for (unsigned i = 0; i < count; i++)
		if (stream->recent[i] == offset)
			return true;
	stream->recent[stream->recent_count++ % SEARCH_RECENT] = offset;
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
	search_tell(stream, &report, stream->base + fallback.at);
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
	search_tell(stream, &report, offset);
	sodium_memzero(token, length);
}

static int add_lead(
	struct search *search, const struct literal *literal, const struct search_lead *lead)
{
	size_t room = search->lead_room;

	if (growth_room(&search->list, &room, search->lead_count, sizeof(*search->list)) < 0 ||
		growth_room(&search->leads, &search->lead_room, search->lead_count,
			sizeof(*search->leads)) < 0)
		return -ENOMEM;
	if (literal->length > search->longest_literal)
		search->longest_literal = literal->length;
	search->list[search->lead_count] = *literal;
	search->leads[search->lead_count++] = *lead;
	return 0;
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
			code = add_lead(search, &pattern->anchor,
				&(struct search_lead){follow_patterns, i});
	}
	return code;
}

static int add_fallbacks(struct search *search)
{
	struct literal *list = NULL;
	size_t count = 0;
	int code = fallback_literals(search->pool, &list, &count);

	for (size_t i = 0; i < count && code == 0; i++)
		code = add_lead(search, &list[i], &(struct search_lead){follow_fallback, i});
	return code;
}

static int add_tokens(struct search *search)
{
	static const uint8_t begin[] = COMPACT_BEGIN;

	return add_lead(search, &(struct literal){begin, sizeof(begin) - 1},
		&(struct search_lead){follow_token, 0});
}

int search_leads_add(struct search *search)
{
	const uint32_t flags = search->job->flags;
	int code = add_patterns(search);

	if (code == 0 && flags & SCANJOB_PLACEHOLDERS)
		code = add_fallbacks(search);
	if (code == 0 && flags & SCANJOB_TOKENS)
		code = add_tokens(search);
	return code;
}
