// A failure keeps its code, its place and its hint, and stays a failure where nobody keeps it.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_failure_is_kept_with_its_hint(void **state)
{
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(err_set(&err, -EPERM, "a/.env", "mode %o", 0666u), -EPERM);
	assert_int_equal(err.code, -EPERM);
	assert_string_equal(err.what, "mode 666");
	assert_string_equal(err.where, "a/.env");
	assert_string_equal(err.hint, "");
	assert_int_equal(err_hint(&err, "chmod %s", "o-w"), -EPERM);
	assert_string_equal(err.hint, "chmod o-w");
}

static void an_outcome_that_is_no_errno_is_given_back_too(void **state)
{
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(err_set(&err, 3, NULL, "refused"), 3);
	assert_string_equal(err.where, "");
	assert_int_equal(err_hint(&err, "ask again"), 3);
}

static void a_second_failure_takes_the_hint_of_the_first_away(void **state)
{
	struct err err = ERR_NONE;

	(void)state;
	(void)err_set(&err, -EPERM, "a", "first");
	(void)err_hint(&err, "for the first");
	(void)err_set(&err, -ENOENT, NULL, "second");
	assert_string_equal(err.what, "second");
	assert_string_equal(err.where, "");
	assert_string_equal(err.hint, "");
}

static void a_failure_that_nobody_keeps_stays_one(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -ENOENT, "a", "is not there"), -ENOENT);
	assert_int_equal(err_hint(NULL, "make it"), -EINVAL);
}

static void a_message_is_cut_and_ended(void **state)
{
	struct err err = ERR_NONE;
	char longer[2 * ERR_WHERE_SIZE];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)err_set(&err, -EINVAL, longer, "%s", longer);
	(void)err_hint(&err, "%s", longer);
	assert_int_equal(strlen(err.what), ERR_WHAT_SIZE - 1);
	assert_int_equal(strlen(err.where), ERR_WHERE_SIZE - 1);
	assert_int_equal(strlen(err.hint), ERR_HINT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_kept_with_its_hint),
		cmocka_unit_test(an_outcome_that_is_no_errno_is_given_back_too),
		cmocka_unit_test(a_second_failure_takes_the_hint_of_the_first_away),
		cmocka_unit_test(a_failure_that_nobody_keeps_stays_one),
		cmocka_unit_test(a_message_is_cut_and_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
