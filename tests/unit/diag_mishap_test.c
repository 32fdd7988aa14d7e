// Findings collected while memory is short: each is there whole or not at all, all are counted, and
// the collection says that it is incomplete.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"

#include "tests/unit/mishap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// Longer than a block of the pool, so that each of its texts asks for memory.
#define LONG_TEXT (1u << 20)
#define CALLS_MAX 100

static char text[LONG_TEXT + 1];

static const struct diag_item item = {.severity = DIAG_ERROR,
	.code = text,
	.key = text,
	.origin = text,
	.text = text,
	.hint = text};

// Adds a finding while the n-th allocation fails. Returns: whether one did.
static bool add(struct diag *diag, size_t at, bool for_good)
{
	const struct mishap mishap = {MISHAP_MEMORY, at, for_good, ENOMEM};

	mishap_arm(&mishap);
	diag_add(diag, &item);
	return mishap_disarm();
}

static void is_whole(const struct diag_item *kept)
{
	assert_string_equal(kept->code, text);
	assert_string_equal(kept->key, text);
	assert_string_equal(kept->origin, text);
	assert_string_equal(kept->text, text);
	assert_string_equal(kept->hint, text);
}

static void a_finding_is_kept_whole_or_not_at_all(void **state)
{
	static const bool for_good[] = {false, true};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(for_good); i++) {
		bool happened = true;
		size_t at;

		for (at = 1; happened && at < CALLS_MAX; at++) {
			own(diag_release) struct diag *diag = diag_new();

			happened = add(diag, at, for_good[i]);
			assert_int_equal(diag_size(diag), happened ? 0 : 1);
			assert_int_equal(diag_is_complete(diag), !happened);
			assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
			diag_add(diag, &item);
			is_whole(diag_at(diag, 0));
		}
		assert_in_range(at, 6, CALLS_MAX - 1); // each text was one
	}
}

static void one_that_cannot_be_copied_displaces_none(void **state)
{
	own(diag_release) struct diag *diag = diag_new();

	(void)state;
	for (size_t i = 0; i < DIAG_MAX; i++)
		diag_add(diag, &(struct diag_item){.severity = DIAG_NOTE, .code = "note"});
	assert_true(add(diag, 5, false)); // its hint
	assert_int_equal(diag_size(diag), DIAG_MAX);
	assert_string_equal(diag_at(diag, DIAG_MAX - 1)->code, "note");
	assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
	assert_false(diag_is_complete(diag));
}

static int set_up(void **state)
{
	(void)state;
	memset(text, 'x', LONG_TEXT);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_is_kept_whole_or_not_at_all),
		cmocka_unit_test(one_that_cannot_be_copied_displaces_none),
	};

	return cmocka_run_group_tests_name("findings and mishaps", tests, set_up, NULL);
}
