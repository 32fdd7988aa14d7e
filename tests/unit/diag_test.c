// Findings: counted, kept, allowed, and turned into an exit code.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"

#include "lib/base/exit.h"
#include "lib/value/finding.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void add(struct diag *diag, enum diag_severity severity, const char *code, const char *key)
{
	diag_add(diag, &(struct diag_item){.severity = severity, .code = code, .key = key});
}

static void findings_are_kept_in_order_and_copied(void **state)
{
	own(diag_release) struct diag *diag = diag_new();
	char key[] = "A";

	(void)state;
	add(diag, DIAG_ERROR, "one", key);
	add(diag, DIAG_NOTE, "two", NULL);
	key[0] = 'B';
	assert_int_equal(diag_size(diag), 2);
	assert_string_equal(diag_at(diag, 0)->key, "A");
	assert_string_equal(diag_at(diag, 1)->code, "two");
	assert_string_equal(diag_at(diag, 1)->key, "");
	assert_string_equal(diag_at(diag, 1)->hint, "");
	assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
	assert_int_equal(diag_count(diag, DIAG_NOTE), 1);
	assert_true(diag_is_complete(diag));
}

static void what_is_over_the_cap_is_counted(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	for (int i = 0; i < DIAG_MAX + 5; i++)
		add(diag, DIAG_WARNING, "warning", "K");
	assert_int_equal(diag_size(diag), DIAG_MAX);
	assert_int_equal(diag_omitted(diag), 5);
	assert_int_equal(diag_count(diag, DIAG_WARNING), DIAG_MAX + 5);
}

static void an_error_takes_the_place_of_another(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	for (int i = 0; i < DIAG_MAX; i++)
		add(diag, DIAG_WARNING, "warning", "K");
	add(diag, DIAG_ERROR, "first", "K");
	add(diag, DIAG_ERROR, "second", "K");
	assert_int_equal(diag_size(diag), DIAG_MAX);
	assert_int_equal(diag_omitted(diag), 2);
	assert_string_equal(diag_at(diag, DIAG_MAX - 1)->code, "first");
	assert_string_equal(diag_at(diag, DIAG_MAX - 2)->code, "second");
}

static void a_warning_that_there_was_no_room_for_objects(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	for (int i = 0; i < DIAG_MAX; i++)
		add(diag, DIAG_NOTE, "note", "K");
	add(diag, DIAG_WARNING, "weak", "K");
	assert_int_equal(diag_objections(diag, false), 0);
	assert_int_equal(diag_objections(diag, true), 1);
	assert_int_equal(diag_allow(diag, "conflict", NULL), 0);
	add(diag, DIAG_ERROR, "conflict", "K");
	assert_int_equal(diag_objections(diag, true), 1);
}

static void allowing_works_before_and_after(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	add(diag, DIAG_ERROR, "missing", "A");
	add(diag, DIAG_ERROR, "missing", "B");
	assert_int_equal(diag_allow(diag, "missing", "A"), 0);
	assert_int_equal(diag_allow(diag, "weak", NULL), 0);
	add(diag, DIAG_WARNING, "weak", "C");
	add(diag, DIAG_NOTE, "weak", "D");
	assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
	assert_true(diag_at(diag, 0)->allowed);
	assert_int_equal(diag_at(diag, 0)->severity, DIAG_WARNING);
	assert_false(diag_at(diag, 1)->allowed);
	assert_true(diag_at(diag, 2)->allowed);
	assert_false(diag_at(diag, 3)->allowed);
	assert_int_equal(diag_objections(diag, false), 1);
	assert_int_equal(diag_objections(diag, true), 1); // the warnings were allowed
}

static void strict_counts_warnings(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	add(diag, DIAG_WARNING, "weak", "A");
	add(diag, DIAG_NOTE, "note", "A");
	assert_int_equal(diag_objections(diag, false), 0);
	assert_int_equal(diag_objections(diag, true), 1);
}

static void one_finding_objects_as_they_are_counted(void **state)
{
	static const enum diag_severity severities[] = {DIAG_NOTE, DIAG_WARNING, DIAG_ERROR};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(severities) * 4; i++) {
		own(diag_release) struct diag *diag = diag_new();
		bool strict = i & 1;

		if (i & 2)
			assert_int_equal(diag_allow(diag, "weak", NULL), 0);
		add(diag, severities[i / 4], "weak", "A");
		assert_int_equal(
			diag_objects(diag_at(diag, 0), strict), diag_objections(diag, strict));
	}
}

static void every_row_of_the_table_is_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FINDINGS; i++) {
		const struct finding_kind *kind = finding_kind((enum finding)i);

		assert_non_null(kind->code);
		assert_true(*kind->title && *kind->why && *kind->fix);
		assert_ptr_equal(finding_by_code(kind->code), kind);
	}
	assert_null(finding_by_code("nonsense"));
}

static void the_exit_code_is_that_of_the_worst(void **state)
{
	static const struct {
		enum finding findings[2];
		int exit;
	} rows[] = {
		{{FINDING_CRLF, FINDING_WEAK}, EXIT_OK},
		{{FINDING_MISSING, FINDING_WEAK}, EXIT_FINDINGS},
		{{FINDING_MISSING, FINDING_MALFORMED}, EXIT_DATA},
		{{FINDING_UNREADABLE, FINDING_MALFORMED}, EXIT_DATA},
		{{FINDING_UNREADABLE, FINDING_UNSAFE_FILE}, EXIT_NO_INPUT},
		{{FINDING_UNSAFE_FILE, FINDING_TORN_READ}, EXIT_DENIED},
		{{FINDING_MALFORMED, FINDING_SETTINGS}, EXIT_SETTINGS},
		{{FINDING_MISSING, FINDING_VERIFIER_REQUIRED}, EXIT_UNAVAILABLE},
		{{FINDING_TORN_READ, FINDING_WEAK}, EXIT_TRY_AGAIN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		own(diag_release) struct diag *diag = diag_new();

		for (size_t j = 0; j < 2; j++)
			finding_add(diag, rows[i].findings[j], NULL, "text");
		assert_int_equal(finding_exit_code(diag), rows[i].exit);
	}
}

static void a_setting_may_make_a_finding_an_error(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	finding_add(
		diag, FINDING_CONFLICT, &(struct finding_about){.key = "A", .fails = true}, "t");
	finding_add(diag, FINDING_CONFLICT, &(struct finding_about){.hint = "mine"}, "t");
	assert_int_equal(diag_at(diag, 0)->severity, DIAG_ERROR);
	assert_int_equal(diag_at(diag, 1)->severity, DIAG_WARNING);
	assert_string_equal(diag_at(diag, 1)->hint, "mine");
	assert_string_equal(diag_at(diag, 0)->hint, finding_kind(FINDING_CONFLICT)->fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_kept_in_order_and_copied),
		cmocka_unit_test(what_is_over_the_cap_is_counted),
		cmocka_unit_test(an_error_takes_the_place_of_another),
		cmocka_unit_test(a_warning_that_there_was_no_room_for_objects),
		cmocka_unit_test(allowing_works_before_and_after),
		cmocka_unit_test(strict_counts_warnings),
		cmocka_unit_test(one_finding_objects_as_they_are_counted),
		cmocka_unit_test(every_row_of_the_table_is_whole),
		cmocka_unit_test(the_exit_code_is_that_of_the_worst),
		cmocka_unit_test(a_setting_may_make_a_finding_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
