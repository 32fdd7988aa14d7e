// Goal: ten wrong guesses in any minute for each user and key, and then one has to wait; many users
// with many keys do not undo that.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/guesses.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct guesses *make(void)
{
	struct guesses *guesses = guesses_new();

	if (!guesses)
		abort();
	return guesses;
}

static void ten_in_any_minute(void **state)
{
	struct guesses *guesses = make();

	(void)state;
	for (uint64_t i = 0; i < GUESSES_WRONG_MAX; i++) {
		assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 1000 + i * 1000), 0);
		guesses_note(guesses, 7, "web", "KEY", 1000 + i * 1000);
	}
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 11000), 50000);
	assert_int_equal(guesses_wait(guesses, 8, "web", "KEY", 11000), 0);
	assert_int_equal(guesses_wait(guesses, 7, "ws", "KEY", 11000), 0);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY2", 11000), 0);
	// one is over, and may be made again
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 60999), 1);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 61000), 0);
	guesses_note(guesses, 7, "web", "KEY", 61000);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 61000), 1000);
	guesses_free(guesses);
}

static void those_without_a_place_share_one(void **state)
{
	struct guesses *guesses = make();

	(void)state;
	for (uint64_t uid = 0; uid < GUESSES_SUBJECTS_MAX; uid++)
		guesses_note(guesses, uid, "web", "KEY", 1000);
	for (uint64_t i = 0; i < GUESSES_WRONG_MAX; i++)
		guesses_note(guesses, 10000 + i, "web", "KEY", 2000);
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 3000), 59000);
	assert_int_equal(guesses_wait(guesses, 5, "web", "KEY", 3000), 0); // has a place
	// the places of those whose guesses are over are free again
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 61000), 0);
	for (uint64_t i = 0; i < GUESSES_WRONG_MAX; i++)
		guesses_note(guesses, 20000, "web", "KEY", 61000);
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 61000), 60000);
	assert_int_equal(guesses_wait(guesses, 20001, "web", "KEY", 61000), 0);
	guesses_free(guesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_in_any_minute),
		cmocka_unit_test(those_without_a_place_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
