// Bursts that settle and tries that get rarer, by a clock that the test sets.
// SPDX-License-Identifier: MIT
#include "loader/deliver/pacing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_burst_is_due_when_it_is_quiet_or_has_lasted(void **state)
{
	static const struct {
		const char *name;
		uint64_t changes[8]; // ended by 0
		uint64_t due;
	} cases[] = {
		{"one change", {1000}, 1200},
		{"two that are close", {1000, 1100}, 1300},
		{"each puts it off", {1000, 1150, 1300, 1450}, 1650},
		{"but not for ever", {1000, 1900, 2000, 2500, 2900, 2950, 2999}, 3000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pacing_burst burst = {.quiet_ms = 200, .most_ms = 2000};

		assert_true(pacing_due(&burst) == PACING_NEVER);
		for (size_t j = 0; cases[i].changes[j]; j++)
			pacing_note(&burst, cases[i].changes[j]);
		if (pacing_due(&burst) != cases[i].due)
			fail_msg("%s: due at %llu", cases[i].name,
				(unsigned long long)pacing_due(&burst));
		assert_false(pacing_take(&burst, cases[i].due - 1));
		assert_true(pacing_take(&burst, cases[i].due));
		assert_false(pacing_take(&burst, cases[i].due + 5000));
		assert_true(pacing_due(&burst) == PACING_NEVER);
	}
}

static void tries_get_rarer_up_to_a_limit_and_begin_anew(void **state)
{
	static const uint64_t waits[] = {100, 200, 400, 800, 1000, 1000};
	struct pacing_tries tries = {.least_ms = 100, .most_ms = 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		assert_int_equal(pacing_wait(&tries), waits[i]);
	pacing_calm(&tries);
	assert_int_equal(pacing_wait(&tries), 100);
}

// What users see: how long after a change its restart comes, where something changes all the time.
static void acts_that_are_often_wanted_get_rarer_up_to_a_limit(void **state)
{
	static const struct {
		const char *name;
		uint64_t every_ms; // something changes
		uint64_t longest_ms;
	} cases[] = {
		{"ten times a second", 100, 5000},
		{"every second", 1000, 5000},
		{"every 3 s: each is done at once", 3000, 0},
		{"every minute", 60000, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pacing_space space = {.least_ms = 1000, .most_ms = 5000};
		uint64_t now = 1000, longest = 0;

		for (int acts = 0; acts < 50; acts++) {
			uint64_t wanted = now + cases[i].every_ms;

			pacing_act(&space, now);
			now = wanted > space.until_ms ? wanted : space.until_ms;
			longest = now - wanted > longest ? now - wanted : longest;
		}
		if (longest > cases[i].longest_ms)
			fail_msg("%s: %llu ms", cases[i].name, (unsigned long long)longest);
	}
}

static void after_a_calm_the_next_act_is_soon(void **state)
{
	struct pacing_space space = {.least_ms = 1000, .most_ms = 5000};

	(void)state;
	for (int acts = 0; acts < 10; acts++)
		pacing_act(&space, space.until_ms);
	assert_int_equal(space.space_ms, 5000);
	pacing_act(&space, space.until_ms + 4999);
	assert_int_equal(space.space_ms, 5000);
	pacing_act(&space, space.until_ms + 5000);
	assert_int_equal(space.space_ms, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_due_when_it_is_quiet_or_has_lasted),
		cmocka_unit_test(tries_get_rarer_up_to_a_limit_and_begin_anew),
		cmocka_unit_test(acts_that_are_often_wanted_get_rarer_up_to_a_limit),
		cmocka_unit_test(after_a_calm_the_next_act_is_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
