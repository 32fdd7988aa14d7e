// What lint makes of files: lines behind one that a loader refuses, what swallows the rest,
// caps, and what --fix leaves.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint.h"

#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "loader/inspect/lint/lint_fix.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "tests/unit/linting.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- outcomes

// Checks one line's outcome for a loader: its value, or NULL with the effect.
static void expect(struct linting *scene, const struct lint_file *file, size_t item, size_t loader,
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
	struct linting *scene = *state;
	const struct lint_file *file;

	linting_between(scene, "docker dotenvy");
	file = linting_read_file(
		scene, span_of("A=1\nexport B=2\nC=\"3\"\nD=a b\nE=${A}x\nexport F=\n"));
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
	struct linting *scene = *state;

	linting_between(scene, "dotenv systemd");
	linting_read_file(scene, span_of("K=\"a\nB=1\nC=2\n"));
	assert_int_equal(scene->lint->findings.count, 1);
	assert_int_equal(lint_at(scene->lint, 0)->finding, FINDING_UNTERMINATED);
}

static void a_loader_that_refuses_every_line_is_left_alone(void **state)
{
	struct linting *scene = *state;
	const struct lint_file *file;
	char *text = NULL;
	size_t length, refused = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	for (int i = 0; i < 1000; i++)
		assert_true(fprintf(out, "export K%d=1\n", i) > 0);
	assert_int_equal(fclose(out), 0);
	linting_between(scene, "dotenv docker");
	file = linting_read_file(scene, (struct span){(uint8_t *)text, length});
	for (size_t i = 0; i < file->written.count; i++)
		refused += lint_differs(scene->lint, &file->outcomes[i]);
	assert_int_equal(refused, LINT_REFUSALS_MAX);
	scene->lint = lint_free(scene->lint);
	free(text);
}

static void no_more_findings_than_the_cap_are_kept(void **state)
{
	struct linting *scene = *state;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	for (int i = 0; i < 3 * LINT_FINDINGS_MAX; i++)
		assert_true(fprintf(out, "K%d='1'\n", i) > 0);
	assert_int_equal(fclose(out), 0);
	linting_between(scene, "dotenv docker");
	linting_read_file(scene, (struct span){(uint8_t *)text, length});
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
	struct linting *scene = *state;
	size_t fixed = 0;

	for (size_t i = 0; i < 1500; i++) {
		char text[512];
		const struct span bytes = {
			(uint8_t *)text, i == 2 ? (size_t)snprintf(text, sizeof(text), "%s", met)
						: linting_random_text(text, sizeof(text))};
		own(lint_release) struct lint *refusals = NULL;
		const struct lint_file *file, *fixed_file;
		size_t changed;
		struct span after;

		linting_between(scene, sets[i % ARRAY_SIZE(sets)]);
		file = linting_read_file(scene, bytes);
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
		fixed_file = linting_read_file(scene, after);
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
			lines_behind_a_refused_one_are_read, linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(
			what_swallows_the_rest_is_told_once, linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(a_loader_that_refuses_every_line_is_left_alone,
			linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(
			no_more_findings_than_the_cap_are_kept, linting_set_up, linting_tear_down),
		cmocka_unit_test_setup_teardown(a_fixed_file_is_read_alike_and_means_the_same,
			linting_set_up, linting_tear_down),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
