// Goal: ten wrong guesses in any minute for each user and key, and then one has to wait; many users
// with many keys do not undo that.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/guesses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

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
		assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 0, 1000 + i * 1000), 0);
		guesses_note(guesses, 7, "web", "KEY", 1000 + i * 1000);
	}
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 0, 11000), 50000);
	assert_int_equal(guesses_wait(guesses, 8, "web", "KEY", 0, 11000), 0);
	assert_int_equal(guesses_wait(guesses, 7, "ws", "KEY", 0, 11000), 0);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY2", 0, 11000), 0);
	// one is over, and may be made again
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 0, 60999), 1);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 0, 61000), 0);
	guesses_note(guesses, 7, "web", "KEY", 61000);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY", 0, 61000), 1000);
	guesses_free(guesses);
}

// A user is wrong about one key after the other, once each.
static size_t be_wrong(struct guesses *guesses, uint64_t uid, size_t first, uint64_t now_ms)
{
	size_t count = 0;
	char key[16];

	for (;; count++) {
		(void)snprintf(key, sizeof(key), "KEY%zu", first + count);
		if (guesses_wait(guesses, uid, "web", key, 0, now_ms))
			return count;
		guesses_note(guesses, uid, "web", key, now_ms);
	}
}

static void a_user_has_a_share(void **state)
{
	struct guesses *guesses = make();

	(void)state;
	assert_int_equal(be_wrong(guesses, 7, 0, 1000), GUESSES_UID_MAX);
	assert_int_equal(guesses_wait(guesses, 7, "web", "NEW", 0, 2000), 59000);
	assert_int_equal(guesses_wait(guesses, 7, "web", "KEY5", 0, 2000), 0); // it has a place
	// what is over counts no more, and comes back to no more than a share
	assert_int_equal(be_wrong(guesses, 8, 0, 1000), GUESSES_UID_MAX);
	assert_int_equal(be_wrong(guesses, 7, 1000, 61000), GUESSES_UID_MAX);
	assert_int_equal(be_wrong(guesses, 7, 0, 61000), 0);
	// the keys of one question count before they are judged
	assert_int_equal(guesses_wait(guesses, 9, "web", "NEW", GUESSES_UID_MAX - 1, 61000), 0);
	assert_int_not_equal(guesses_wait(guesses, 9, "web", "NEW", GUESSES_UID_MAX, 61000), 0);
	guesses_free(guesses);
}

static void nobody_takes_the_room_of_others(void **state)
{
	struct guesses *guesses = make();
	size_t all = 0;

	(void)state;
	for (uint64_t uid = 0; uid < 20; uid++)
		all += be_wrong(guesses, uid, 0, 1000 + uid);
	assert_in_range(all, GUESSES_SUBJECTS_MAX / 2, GUESSES_SUBJECTS_MAX - GUESSES_SHARE);
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 0, 2000), 0);
	for (uint64_t i = 0; i < GUESSES_WRONG_MAX; i++)
		guesses_note(guesses, 20000, "web", "KEY", 2000);
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 0, 3000), 59000);
	guesses_free(guesses);
}

// Only without asking first can all of it be taken.
static void there_is_an_end(void **state)
{
	struct guesses *guesses = make();

	(void)state;
	for (uint64_t uid = 0; uid <= GUESSES_SUBJECTS_MAX; uid++)
		guesses_note(guesses, uid, "web", "KEY", 1000 + uid);
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 0, 3000), 58000);
	assert_int_equal(guesses_wait(guesses, 5, "web", "KEY", 0, 3000), 0); // has a place
	assert_int_equal(guesses_wait(guesses, 20000, "web", "KEY", 0, 70000), 0);
	guesses_free(guesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_in_any_minute),
		cmocka_unit_test(a_user_has_a_share),
		cmocka_unit_test(nobody_takes_the_room_of_others),
		cmocka_unit_test(there_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
