// A failure keeps its code, its place and its hint, and stays a failure where nobody keeps it.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include "lib/base/text.h"

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

// Says what is wrong with a text that was cut at `size`; NULL: nothing.
static const char *fault_of(const char *text, size_t size)
{
	size_t length = strlen(text);

	if (length > size - 1 || length < size - 4)
		return "it is too long, or shorter than it must be";
	if (strcmp(text + length - 3, "...") != 0)
		return "nothing says that it was cut";
	return text_utf8_error(text, length) == length ? NULL : "a character is cut";
}

static void a_message_is_cut_between_characters_and_says_so(void **state)
{
	static const char *const characters[] = {
		"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++)
		for (size_t ahead = 0; ahead < 4; ahead++) {
			char longer[2 * ERR_WHERE_SIZE] = "----";
			struct err err = ERR_NONE;
			size_t step = strlen(characters[i]);

			for (size_t at = ahead; at + step < sizeof(longer); at += step)
				memcpy(longer + at, characters[i], step + 1);
			(void)err_set(&err, -EINVAL, longer, "%s", longer);
			(void)err_hint(&err, "%s", longer);
			assert_null(fault_of(err.what, ERR_WHAT_SIZE));
			assert_null(fault_of(err.where, ERR_WHERE_SIZE));
			assert_null(fault_of(err.hint, ERR_HINT_SIZE));
		}
}

static void what_fits_is_not_cut(void **state)
{
	struct err err = ERR_NONE;
	char fits[ERR_WHERE_SIZE];

	(void)state;
	memset(fits, 'x', sizeof(fits) - 1);
	fits[sizeof(fits) - 1] = '\0';
	(void)err_set(&err, -EINVAL, fits, "bad");
	assert_string_equal(err.where, fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_kept_with_its_hint),
		cmocka_unit_test(an_outcome_that_is_no_errno_is_given_back_too),
		cmocka_unit_test(a_second_failure_takes_the_hint_of_the_first_away),
		cmocka_unit_test(a_failure_that_nobody_keeps_stays_one),
		cmocka_unit_test(a_message_is_cut_between_characters_and_says_so),
		cmocka_unit_test(what_fits_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
