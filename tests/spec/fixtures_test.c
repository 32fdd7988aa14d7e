// Every dialect against what its real loader did: tests/spec/fixtures.jsonl, and what was measured
// since, measured.jsonl; one test a dialect.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "tests/spec/fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DIALECTS_MAX 64

static json_t *fixtures;
static struct secret_arena *arena;

static int load_file(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *fixture;
	bool whole;

	if (!file)
		return -1;
	while ((fixture = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)))
		(void)json_array_append_new(fixtures, fixture);
	whole = feof(file);
	(void)fclose(file);
	return whole ? 0 : -1;
}

static int load(void **state)
{
	(void)state;
	fixtures = json_array();
	if (load_file("tests/spec/fixtures.jsonl") < 0 ||
		load_file("tests/spec/measured.jsonl") < 0)
		return -1;
	return secret_arena_open(NULL, &arena, NULL);
}

static int unload(void **state)
{
	(void)state;
	json_decref(fixtures);
	arena = secret_arena_free(arena);
	return 0;
}

static void complain(const json_t *fixture, const json_t *real, const json_t *ours)
{
	own_free char *theirs = json_dumps(real, JSON_COMPACT),
		      *text = json_dumps(ours, JSON_COMPACT);

	print_message("# %s (%s)\n#   the loader: %s\n#   here: %s\n",
		json_string_value(json_object_get(fixture, "id")),
		json_string_value(json_object_get(fixture, "rule")), theirs, text);
}

static void reads_as_the_loader(void **state)
{
	const struct dialect *dialect = *state;
	size_t agreed = 0, asked = 0, i;
	json_t *fixture;

	json_array_foreach(fixtures, i, fixture)
	{
		json_t *real = json_object_get(json_object_get(fixture, "outcome"), dialect->name);
		json_t *ours;

		if (!real)
			continue;
		ours = fixture_outcome(dialect, fixture, arena);
		asked++;
		if (fixture_agrees(fixture, real, ours))
			agreed++;
		else
			complain(fixture, real, ours);
		json_decref(ours);
	}
	print_message("# score: %s reads %zu of %zu fixtures as %s does\n", dialect->name, agreed,
		asked, dialect->loader);
	assert_true(asked > 0);
	assert_int_equal(agreed, asked);
}

int main(void)
{
	struct CMUnitTest tests[DIALECTS_MAX] = {0};
	const struct dialect *dialect;
	size_t count = 0;

	for (size_t i = 0; (dialect = dialect_at(i)) && count < DIALECTS_MAX; i++)
		if (strcmp(dialect->loader, "samekey") != 0)
			tests[count++] = (struct CMUnitTest){.name = dialect->name,
				.test_func = reads_as_the_loader,
				.initial_state = (void *)(uintptr_t)dialect};
	return _cmocka_run_group_tests("fixtures", tests, count, load, unload);
}
