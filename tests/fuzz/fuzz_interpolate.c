// Any env file with references filled in: no value grows over its cap, one without a '$' stays as
// it is, what is filled in once stays, and no message shows what the environment holds.
// SPDX-License-Identifier: MIT
#include "loader/resolve/interpolate.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"

#define KEYS_MAX 64
#define CANARY "kAn4rY-value"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct held {
	struct resolution resolution;
	struct contest contests[KEYS_MAX];
	struct contestant contestants[KEYS_MAX];
	struct found found[KEYS_MAX];
};

// One contest a key, with the first line's value, undecoded where the reader would decode it: only
// lengths count here.
static int hold(void *user, const struct dotenv_entry *entry)
{
	struct held *held = user;
	size_t i = held->resolution.contest_count;
	struct secret raw = secret_view(entry->raw, entry->raw_length);
	char *name = pool_text(held->resolution.pool, entry->name, entry->name_length);

	for (size_t j = 0; j < i; j++)
		if (strcmp(held->contests[j].name, name) == 0)
			return 0;
	if (i == KEYS_MAX || entry->raw_length > BUNDLE_VALUE_MAX ||
		entry->name_length > BUNDLE_NAME_MAX)
		return 0;
	held->found[i] = (struct found){
		.value = raw, .raw = raw, .quote = entry->quote, .dollar = entry->dollar};
	held->contestants[i] = (struct contestant){.found = &held->found[i], .value = raw};
	held->contests[i] = (struct contest){
		.name = name, .secret = i % 2, .ranked = &held->contestants[i], .count = 1};
	held->resolution.contest_count++;
	return 0;
}

static void ignore(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct contest *)a)->name, ((const struct contest *)b)->name);
}

static void check_silence(const struct diag *diag)
{
	for (size_t i = 0; i < diag_size(diag); i++)
		if (strstr(diag_at(diag, i)->text, CANARY) ||
			strstr(diag_at(diag, i)->hint, CANARY))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char given[] = "A=" CANARY, empty[] = "EMPTY=", literal[] = "C=${B}";
	static char *const environment[] = {given, empty, literal, NULL};
	const struct secret_options options = {.cap = 32u << 20};
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *diag = diag_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own_free struct held *held = calloc(1, sizeof(*held));
	size_t said;

	if (!held || secret_arena_open(&options, &arena, NULL))
		return 0;
	held->resolution = (struct resolution){.pool = pool,
		.arena = arena,
		.diag = diag,
		.environment = environment,
		.contests = held->contests};
	if (dotenv_read(bytes, size, dialect_find("portable"),
		    &(struct dotenv_sink){held, hold, ignore}))
		abort();
	qsort(held->contests, held->resolution.contest_count, sizeof(held->contests[0]), compare);
	if (interpolate_all(&held->resolution))
		abort();
	for (size_t i = 0; i < held->resolution.contest_count; i++) {
		const struct contestant *only = held->contests[i].ranked;

		if (only->value.length > BUNDLE_VALUE_MAX || held->contests[i].expanding ||
			!held->contests[i].expanded)
			abort();
		if (!only->found->dollar && only->value.bytes != only->found->raw.bytes)
			abort();
	}
	if (!memmem(bytes, size, CANARY, strlen(CANARY)))
		check_silence(diag);
	said = diag_size(diag);
	if (interpolate_all(&held->resolution) || diag_size(diag) != said)
		abort();
	return 0;
}
