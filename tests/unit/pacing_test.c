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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_due_when_it_is_quiet_or_has_lasted),
		cmocka_unit_test(tries_get_rarer_up_to_a_limit_and_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
