// Feeds in pieces of any size.
// SPDX-License-Identifier: MIT
#include "tests/unit/searching.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/search.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret_arena *searching_arena;

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void see(void *user, const struct scanreport *report)
{
	static const char *const types[SCANREPORT_TYPES] = {
		[SCANREPORT_VALUE] = "value",
		[SCANREPORT_OLD] = "old",
		[SCANREPORT_PLACEHOLDER] = "placeholder",
		[SCANREPORT_TOKEN] = "token",
		[SCANREPORT_SKIPPED] = "skipped",
	};
	struct searching_seen *seen = user;
	int length = snprintf(seen->text + seen->length, sizeof(seen->text) - seen->length,
		"%s %s %s %s %llu:%llu%s%s\n", types[report->type], or_dash(report->key),
		or_dash(report->kind), or_dash(report->form),
		(unsigned long long)report->place.line, (unsigned long long)report->place.offset,
		report->token ? " " : "", report->token ? report->token : "");

	assert_true(length > 0 && (size_t)length < sizeof(seen->text) - seen->length);
	seen->length += (size_t)length;
	seen->count++;
}

// ---- jobs

struct secret searching_secret(const char *text)
{
	return secret_view(text, strlen(text));
}

void searching_feed(struct search *search, const struct scanreport_place *place, const void *bytes,
	size_t size, size_t piece)
{
	struct search_stream *stream = search_begin(search, place);

	if (!stream)
		abort();
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(search_feed(stream, (const uint8_t *)bytes + at,
					 size - at < piece ? size - at : piece),
			0);
	assert_int_equal(search_end(stream), 0);
}

struct search *searching_open(const struct scanjob *job, struct searching_seen *seen)
{
	struct search *search = NULL;
	struct err err = ERR_NONE;

	*seen = (struct searching_seen){0};
	if (search_open(job, &(struct search_sink){see, seen}, searching_arena, &search, &err) != 0)
		fail_msg("%s", err.what);
	if (!search)
		abort();
	return search;
}

const char *searching_found_in(
	const struct scanjob *job, const char *path, const void *bytes, size_t size, size_t piece)
{
	static struct searching_seen seen;
	struct search *search = searching_open(job, &seen);

	searching_feed(search, &(struct scanreport_place){.path = path}, bytes, size, piece);
	(void)search_close(search);
	return seen.text;
}

const char *searching_found_in_text(const struct scanjob *job, const char *path, const char *text)
{
	return searching_found_in(job, path, text, strlen(text), strlen(text) + 1);
}

// ---- older values

int searching_set_up(void **state)
{
	(void)state;
	return sodium_init() < 0
		       ? -1
		       : secret_arena_open(&(struct secret_options){0}, &searching_arena, NULL);
}

int searching_tear_down(void **state)
{
	(void)state;
	searching_arena = secret_arena_free(searching_arena);
	return 0;
}
