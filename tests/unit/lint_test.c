// The engine of lint against the emulations themselves: what it says of a loader is what that
// loader's emulation reads, line by line, and no difference is passed over in silence.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint.h"

#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "tests/unit/linting.h"

#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define RANDOM_FILES 300

// ---- against the emulations

static bool agrees(const struct emulation *emulation, const struct written *item,
	const struct lint_outcome *outcome)
{
	size_t at = emulation_index(emulation, item->name);

	if (!outcome) // behind a line that may have swallowed it
		return at == SIZE_MAX;
	if (at == SIZE_MAX)
		return outcome->effect != LINT_VALUE;
	return outcome->effect == LINT_VALUE &&
	       span_equal(outcome->value, emulation_at(emulation, at).value);
}

static void compare_items(const struct emulation *emulation, const struct lint_file *file,
	uint64_t loader, const char *name)
{
	for (size_t i = 0; i < file->written.count; i++) {
		const struct written *item = &file->written.items[i];

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE)
			continue;
		if (!agrees(emulation, item, lint_outcome_of(&file->outcomes[i], loader)))
			fail_msg("%s, line %u", name, item->line);
	}
}

static void compare(struct linting *scene, const struct lint_file *file, struct span text)
{
	for (size_t i = 0; i < scene->count; i++) {
		own(emulation_release) struct emulation *emulation = emulation_new(&(
			struct emulation_options){
			.dialect = scene->loaders[i], .arena = scene->arena, .files_only = true});

		if (emulation_read(emulation, text) == 0 && emulation_finish(emulation) == 0)
			compare_items(emulation, file, UINT64_C(1) << i, scene->loaders[i]->name);
	}
}

static void every_fixture_is_read_as_the_emulations_do(void **state)
{
	struct linting *scene = *state;
	FILE *fixtures = fopen("tests/spec/fixtures.jsonl", "re");
	json_t *fixture;
	size_t count = 0;

	assert_non_null(fixtures);
	linting_between(scene, NULL);
	while ((fixture = json_loadf(fixtures, JSON_DISABLE_EOF_CHECK, NULL))) {
		const char *encoded = json_string_value(json_object_get(fixture, "file"));
		size_t length = 0, room = encoded ? strlen(encoded) : 0;
		uint8_t *bytes = pool_take(scene->pool, room + 1);

		if (encoded && sodium_base642bin(bytes, room + 1, encoded, room, NULL, &length,
				       NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
			const struct span text = {bytes, length};

			compare(scene, linting_read_file(scene, text), text);
			count++;
		}
		json_decref(fixture);
	}
	(void)fclose(fixtures);
	assert_true(count > 100);
}

// ---- no silence

struct fixture_case {
	struct span text;
	size_t groups[LINT_LOADERS_MAX]; // of each loader: the first that reads the file alike
};

// What a loader reads, or NULL where it refuses the file.
static struct emulation *emulate(
	struct linting *scene, const struct dialect *dialect, struct span text)
{
	struct emulation *emulation = emulation_new(&(struct emulation_options){
		.dialect = dialect, .arena = scene->arena, .files_only = true});

	if (emulation_read(emulation, text) == 0 && emulation_finish(emulation) == 0)
		return emulation;
	return emulation_free(emulation);
}

static bool reads_alike(const struct emulation *a, const struct emulation *b)
{
	if (!a || !b || emulation_count(a) != emulation_count(b))
		return a == b;
	for (size_t i = 0; i < emulation_count(a); i++) {
		struct emulation_item item = emulation_at(a, i);
		size_t other = emulation_index(b, item.name);

		if (other == SIZE_MAX || !span_equal(item.value, emulation_at(b, other).value))
			return false;
	}
	return true;
}

static void group(struct linting *scene, struct fixture_case *fixture)
{
	struct emulation *read[LINT_LOADERS_MAX] = {NULL};

	for (size_t i = 0; i < scene->count; i++) {
		read[i] = emulate(scene, scene->loaders[i], fixture->text);
		for (fixture->groups[i] = 0; !reads_alike(read[fixture->groups[i]], read[i]);)
			fixture->groups[i]++;
	}
	for (size_t i = 0; i < scene->count; i++)
		emulation_free(read[i]);
}

// Lints between two loaders.
// Returns: whether it says something.
static bool speaks(struct linting *scene, size_t a, size_t b, struct span text)
{
	const struct dialect *const pair[] = {scene->loaders[a], scene->loaders[b]};
	own(lint_release) struct lint *lint = lint_new(&(struct lint_options){.loaders = pair,
		.loader_count = 2,
		.reference = dialect_find("portable"),
		.arena = scene->arena,
		.pool = scene->pool});

	assert_non_null(lint);
	assert_int_equal(lint_read(lint, ".env", text), 0);
	return lint->findings.count > 0;
}

static size_t count_silent_pairs(
	struct linting *scene, const char *id, const struct fixture_case *fixture)
{
	size_t silent = 0;

	for (size_t a = 0; a < scene->count; a++)
		for (size_t b = 0; b < a; b++)
			if (fixture->groups[a] == a && fixture->groups[b] == b &&
				!speaks(scene, a, b, fixture->text)) {
				print_message("# %s: silent between %s and %s\n", id,
					scene->loaders[a]->name, scene->loaders[b]->name);
				silent++;
			}
	return silent;
}

// One loader of each group of those that read a fixture alike, in pairs.
static void no_fixture_is_read_differently_in_silence(void **state)
{
	struct linting *scene = *state;
	FILE *fixtures = fopen("tests/spec/fixtures.jsonl", "re");
	json_t *line;
	size_t silent = 0;

	assert_non_null(fixtures);
	linting_between(scene, NULL);
	while ((line = json_loadf(fixtures, JSON_DISABLE_EOF_CHECK, NULL))) {
		const char *encoded = json_string_value(json_object_get(line, "file"));
		size_t room = encoded ? strlen(encoded) : 0;
		uint8_t *bytes = pool_take(scene->pool, room + 1);
		struct fixture_case fixture = {.text = {bytes, 0}};

		if (encoded &&
			sodium_base642bin(bytes, room + 1, encoded, room, NULL,
				&fixture.text.length, NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
			group(scene, &fixture);
			silent += count_silent_pairs(
				scene, json_string_value(json_object_get(line, "id")), &fixture);
		}
		json_decref(line);
	}
	(void)fclose(fixtures);
	assert_int_equal(silent, 0);
}

static void no_random_file_is_read_differently_in_silence(void **state)
{
	struct linting *scene = *state;
	size_t silent = 0;

	for (size_t i = 0; i < RANDOM_FILES; i++) {
		char text[512];
		struct fixture_case fixture = {
			.text = {(uint8_t *)text, linting_random_text(text, sizeof(text))}};
		size_t found;

		if (i % 20 == 0)
			linting_between(scene, NULL);
		group(scene, &fixture);
		found = count_silent_pairs(scene, "random", &fixture);
		if (found)
			print_message("# >>>%.*s<<<\n", (int)fixture.text.length, text);
		silent += found;
	}
	assert_int_equal(silent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_fixture_is_read_as_the_emulations_do,
			linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(no_fixture_is_read_differently_in_silence,
			linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(no_random_file_is_read_differently_in_silence,
			linting_set_up, linting_tear_down),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
