// Any env file, held against what all dialects have in common: plain lines are read alike by each;
// what is spelled for a dialect, alone or for two, is read back out of one file of many lines; and
// what one reads does not depend on which was asked before.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/spelling.h"
#include "tests/fuzz/feed.h"

#define PAIRS_MAX 5
#define DIALECTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct secret_arena *arena;

static struct emulation *emulate(const struct dialect *dialect)
{
	struct emulation *emulation =
		emulation_new(&(struct emulation_options){.dialect = dialect, .arena = arena});

	if (!emulation)
		abort();
	return emulation;
}

static int read_file(struct emulation *emulation, struct span file)
{
	int code = emulation_read(emulation, file);

	return code ? code : emulation_finish(emulation);
}

static bool same(struct span a, struct span b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

// ---- plain lines

static bool is_plain(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") ==
	       strlen(text);
}

static void check_plain(struct feed *feed)
{
	char text[4096] = "", names[PAIRS_MAX][8];
	const char *values[PAIRS_MAX];
	size_t count = 0, used = 0;
	const struct dialect *dialect;

	for (; count < PAIRS_MAX && feed->left; count++) {
		values[count] = feed_text(feed);
		if (!*values[count] || strlen(values[count]) > 500 || !is_plain(values[count]))
			return;
		(void)snprintf(names[count], sizeof(names[count]), "K_%zu", count);
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s=%s\n", names[count], values[count]);
	}
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		own(emulation_release) struct emulation *emulation = emulate(dialect);

		if (read_file(emulation, span_of(text)) || emulation_count(emulation) != count)
			abort();
		for (size_t j = 0; j < count; j++) {
			struct emulation_item item = emulation_at(emulation, j);

			if (!same(item.name, span_of(names[j])) ||
				!same(item.value, span_of(values[j])))
				abort();
		}
	}
}

// ---- what is written

static void check_spelled(struct feed *feed)
{
	static const char *const parts[] = {"'", "\"", "`", "\\", "$", "${", "}", "#", " ", "\n",
		"\\n", "=", "%", "\t", "\r", "$(", ")", "~", "&", "\xC3\xA4"};
	own(spelling_release) struct spelling *spelling = spelling_new(arena);
	struct spelling_pair pairs[PAIRS_MAX];
	const struct dialect *dialects[2] = {dialect_at(feed_pick(feed, DIALECTS_MAX)),
		dialect_at(feed_pick(feed, DIALECTS_MAX))};
	size_t asked = dialects[1] ? 2 : 1, count = 0, length = 0;
	char *file = pool_text(feed->pool, "", 0);

	if (!spelling || !dialects[0] || !file)
		return;
	while (count < PAIRS_MAX && feed->left) {
		const char *value = pool_format(feed->pool, "%s%s%s%s", feed_text(feed),
			feed_word(feed, parts, ARRAY_SIZE(parts)), feed_text(feed),
			feed_word(feed, parts, ARRAY_SIZE(parts)));
		const struct spelling_pair pair = {
			span_of(pool_format(feed->pool, "K_%zu", count)), span_of(value)};
		struct spelling_answer answer;

		if (spelling_find(spelling,
			    &(struct spelling_request){
				    .dialects = dialects, .count = asked, .pair = pair},
			    &answer))
			continue;
		file = pool_format(feed->pool, "%s%.*s\n", file, (int)answer.line.length,
			(const char *)answer.line.at);
		pairs[count++] = pair;
	}
	length = strlen(file);
	for (size_t i = 0; i < asked; i++)
		if (spelling_reads_back(spelling, dialects[i],
			    (struct span){(const uint8_t *)file, length}, pairs, count))
			abort();
}

// ---- any file

static uint64_t sum_up(struct emulation *emulation, struct span file)
{
	uint64_t sum = (uint64_t)read_file(emulation, file);

	if (sum)
		return sum;
	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		for (size_t j = 0; j < item.name.length; j++)
			sum = sum * 31 + item.name.at[j];
		for (size_t j = 0; j < item.value.length; j++)
			sum = sum * 37 + item.value.at[j];
	}
	return sum;
}

static void check_order(struct feed *feed)
{
	own(emulation_release) struct emulation *used = emulate(dialect_at(0));
	const struct dialect *dialect;
	struct span file;

	file.at = feed_rest(feed, &file.length);
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		own(emulation_release) struct emulation *fresh = emulate(dialect);

		emulation_restart(used, dialect);
		if (sum_up(used, file) != sum_up(fresh, file))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const checks[])(struct feed * feed) = {
		check_plain, check_spelled, check_spelled, check_order};
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};

	if (!arena &&
		secret_arena_open(&(struct secret_options){.cap = 512u << 20}, &arena, NULL) < 0)
		abort();
	checks[feed_pick(&feed, ARRAY_SIZE(checks))](&feed);
	return 0;
}
