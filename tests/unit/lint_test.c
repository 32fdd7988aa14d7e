// The engine of lint against the emulations themselves: what it says of a loader is what that
// loader's emulation reads, line by line, also behind lines that the loader refuses.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint.h"

#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/inspect/lint/lint_fix.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define RANDOM_FILES 300

struct scene {
	struct pool *pool;
	struct secret_arena *arena;
	const struct dialect *loaders[LINT_LOADERS_MAX];
	size_t count;
	struct lint *lint;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene || !(scene->pool = pool_new()) ||
		secret_arena_open(NULL, &scene->arena, NULL) < 0)
		return -1;
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	lint_free(scene->lint);
	pool_free(scene->pool);
	secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

// Begins a lint between loaders, in the words of --loaders; NULL: all.
static void between(struct scene *scene, const char *names)
{
	char *words = names ? strdup(names) : NULL, *rest = words, *word;

	scene->lint = lint_free(scene->lint);
	for (scene->count = 0; words && (word = strsep(&rest, " "));)
		assert_non_null(scene->loaders[scene->count++] = dialect_find(word));
	while (!words && (scene->loaders[scene->count] = dialect_at(scene->count)))
		scene->count++;
	free(words);
	scene->lint = lint_new(&(struct lint_options){.loaders = scene->loaders,
		.loader_count = scene->count,
		.reference = dialect_find("portable"),
		.arena = scene->arena,
		.pool = scene->pool});
	assert_non_null(scene->lint);
}

static const struct lint_file *read_file(struct scene *scene, struct span text)
{
	assert_int_equal(lint_read(scene->lint, ".env", text), 0);
	return ((struct lint_file **)scene->lint->files.items)[scene->lint->files.count - 1];
}

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

static void compare(struct scene *scene, const struct lint_file *file, struct span text)
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
	struct scene *scene = *state;
	FILE *fixtures = fopen("tests/spec/fixtures.jsonl", "re");
	json_t *fixture;
	size_t count = 0;

	assert_non_null(fixtures);
	between(scene, NULL);
	while ((fixture = json_loadf(fixtures, JSON_DISABLE_EOF_CHECK, NULL))) {
		const char *encoded = json_string_value(json_object_get(fixture, "file"));
		size_t length = 0, room = encoded ? strlen(encoded) : 0;
		uint8_t *bytes = pool_take(scene->pool, room + 1);

		if (encoded && sodium_base642bin(bytes, room + 1, encoded, room, NULL, &length,
				       NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
			const struct span text = {bytes, length};

			compare(scene, read_file(scene, text), text);
			count++;
		}
		json_decref(fixture);
	}
	(void)fclose(fixtures);
	assert_true(count > 100);
}

// ---- no silence

// What random lines are made of.
static const char *const pieces[] = {"a", "B", "1", " ", "  ", "\t", "#", " #", "'", "\"", "`",
	"\\", "\\n", "\\\"", "$", "${A}", "$A", "$$", "=", ":", "\n", "\r\n", "export ",
	"A=", "K=", "é", "(", ")", ";", "&", "~", "!", "%", "{", "}", "\xEF\xBB\xBF"};

static size_t random_text(char *out, size_t size)
{
	size_t used = 0, count = randombytes_uniform(40);

	for (size_t i = 0; i < count; i++) {
		const char *piece = i % 7 ? pieces[randombytes_uniform(ARRAY_SIZE(pieces))]
				    : i   ? "\nK="
					  : "A=";

		used += (size_t)snprintf(out + used, size - used, "%s", piece);
	}
	return used;
}

struct fixture_case {
	struct span text;
	size_t groups[LINT_LOADERS_MAX]; // of each loader: the first that reads the file alike
};

// What a loader reads, or NULL where it refuses the file.
static struct emulation *emulate(
	struct scene *scene, const struct dialect *dialect, struct span text)
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

static void group(struct scene *scene, struct fixture_case *fixture)
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
static bool speaks(struct scene *scene, size_t a, size_t b, struct span text)
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
	struct scene *scene, const char *id, const struct fixture_case *fixture)
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
	struct scene *scene = *state;
	FILE *fixtures = fopen("tests/spec/fixtures.jsonl", "re");
	json_t *line;
	size_t silent = 0;

	assert_non_null(fixtures);
	between(scene, NULL);
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
	struct scene *scene = *state;
	size_t silent = 0;

	for (size_t i = 0; i < RANDOM_FILES; i++) {
		char text[512];
		struct fixture_case fixture = {
			.text = {(uint8_t *)text, random_text(text, sizeof(text))}};
		size_t found;

		if (i % 20 == 0)
			between(scene, NULL);
		group(scene, &fixture);
		found = count_silent_pairs(scene, "random", &fixture);
		if (found)
			print_message("# >>>%.*s<<<\n", (int)fixture.text.length, text);
		silent += found;
	}
	assert_int_equal(silent, 0);
}

// ---- outcomes

// Checks one line's outcome for a loader: its value, or NULL with the effect.
static void expect(struct scene *scene, const struct lint_file *file, size_t item, size_t loader,
	enum lint_effect effect, const char *value)
{
	const struct lint_outcome *outcome =
		lint_outcome_of(&file->outcomes[item], UINT64_C(1) << loader);

	(void)scene;
	assert_non_null(outcome);
	assert_int_equal(outcome->effect, effect);
	if (value)
		assert_true(span_is(outcome->value, value));
}

static void lines_behind_a_refused_one_are_read(void **state)
{
	struct scene *scene = *state;
	const struct lint_file *file;

	between(scene, "docker dotenvy");
	file = read_file(scene, span_of("A=1\nexport B=2\nC=\"3\"\nD=a b\nE=${A}x\nexport F=\n"));
	expect(scene, file, 0, 0, LINT_VALUE, "1");
	expect(scene, file, 1, 0, LINT_REFUSED, NULL);
	expect(scene, file, 2, 0, LINT_VALUE, "\"3\"");
	expect(scene, file, 3, 0, LINT_VALUE, "a b");
	expect(scene, file, 5, 0, LINT_REFUSED, NULL);
	expect(scene, file, 1, 1, LINT_VALUE, "2");
	expect(scene, file, 2, 1, LINT_VALUE, "3");
	expect(scene, file, 3, 1, LINT_REFUSED, NULL);
	expect(scene, file, 4, 1, LINT_VALUE, "1x"); // A is known behind the refused line
}

static void what_swallows_the_rest_is_told_once(void **state)
{
	struct scene *scene = *state;

	between(scene, "dotenv systemd");
	read_file(scene, span_of("K=\"a\nB=1\nC=2\n"));
	assert_int_equal(scene->lint->findings.count, 1);
	assert_int_equal(lint_at(scene->lint, 0)->finding, FINDING_UNTERMINATED);
}

static void a_loader_that_refuses_every_line_is_left_alone(void **state)
{
	struct scene *scene = *state;
	const struct lint_file *file;
	char *text = NULL;
	size_t length, refused = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	for (int i = 0; i < 1000; i++)
		assert_true(fprintf(out, "export K%d=1\n", i) > 0);
	assert_int_equal(fclose(out), 0);
	between(scene, "dotenv docker");
	file = read_file(scene, (struct span){(uint8_t *)text, length});
	for (size_t i = 0; i < file->written.count; i++)
		refused += lint_differs(scene->lint, &file->outcomes[i]);
	assert_int_equal(refused, LINT_REFUSALS_MAX);
	scene->lint = lint_free(scene->lint);
	free(text);
}

static void no_more_findings_than_the_cap_are_kept(void **state)
{
	struct scene *scene = *state;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	for (int i = 0; i < 3 * LINT_FINDINGS_MAX; i++)
		assert_true(fprintf(out, "K%d='1'\n", i) > 0);
	assert_int_equal(fclose(out), 0);
	between(scene, "dotenv docker");
	read_file(scene, (struct span){(uint8_t *)text, length});
	assert_int_equal(scene->lint->findings.count, LINT_FINDINGS_MAX);
	assert_int_equal(scene->lint->counts[DIAG_ERROR], 3 * LINT_FINDINGS_MAX);
	assert_null(lint_at(scene->lint, LINT_FINDINGS_MAX));
	scene->lint = lint_free(scene->lint);
	free(text);
}

// ---- fixing

// Every key that had a meaning still has it.
static void expect_same_meaning(
	const struct lint *lint, const struct lint_file *before, const struct lint_file *after)
{
	for (size_t i = 0; i < before->written.count; i++) {
		const struct written *item = &before->written.items[i];
		const struct lint_outcome *old =
			lint_outcome_of(&before->outcomes[i], lint->reference);
		const char *name = (const char *)item->name.at;
		size_t now = map_find(after->written.names, name, item->name.length);

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE || !old ||
			old->effect != LINT_VALUE)
			continue;
		assert_int_not_equal(now, MAP_ABSENT);
		assert_true(span_equal(old->value,
			lint_outcome_of(&after->outcomes[now], lint->reference)->value));
	}
}

static void a_fixed_file_is_read_alike_and_means_the_same(void **state)
{
	static const char *const sets[] = {"dotenv node python", "dotenv docker", "next vite sh",
		"systemd compose node", "godotenv phpdotenv dotenvy symfony direnv"};
	// a value that goes on for some loaders only: they do not see the same items
	static const char met[] = "A=#)'$A=;\nK=`\xC3\xA9"
				  "a}$${\nK==${A}\\n\n1:\nK=${A}%`$$(=\nK=(\n"
				  "=A==B\nK=";
	struct scene *scene = *state;
	size_t fixed = 0;

	for (size_t i = 0; i < 1500; i++) {
		char text[512];
		const struct span bytes = {
			(uint8_t *)text, i == 2 ? (size_t)snprintf(text, sizeof(text), "%s", met)
						: random_text(text, sizeof(text))};
		own(lint_release) struct lint *refusals = NULL;
		const struct lint_file *file, *fixed_file;
		size_t changed;
		struct span after;

		between(scene, sets[i % ARRAY_SIZE(sets)]);
		file = read_file(scene, bytes);
		refusals = lint_new(&scene->lint->options);
		if (lint_fix_make(&(struct lint_fix_request){.before = scene->lint,
					  .file = file,
					  .asked = true,
					  .refusals = refusals},
			    &after, &changed) != 0) {
			assert_true(refusals->findings.count > 0);
			continue;
		}
		fixed += changed > 0;
		assert_true(changed > 0 || span_equal(after, bytes));
		fixed_file = read_file(scene, after);
		expect_same_meaning(scene->lint, file, fixed_file);
		for (size_t j = 0; j < fixed_file->written.count; j++)
			assert_false(lint_differs(scene->lint, &fixed_file->outcomes[j]));
	}
	assert_true(fixed > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_fixture_is_read_as_the_emulations_do, setup, teardown),
		cmocka_unit_test_setup_teardown(
			no_fixture_is_read_differently_in_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(
			no_random_file_is_read_differently_in_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(
			lines_behind_a_refused_one_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_swallows_the_rest_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_loader_that_refuses_every_line_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			no_more_findings_than_the_cap_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_fixed_file_is_read_alike_and_means_the_same, setup, teardown),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
