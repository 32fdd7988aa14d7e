// The steady clock over restarts, boots and settings of the wall clock.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/steady.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)

// What was kept at 10 h of the wall clock; steady was 5 h then.
static const struct steady kept = {"one", 2 * HOUR, 5 * HOUR, 10 * HOUR};

static const struct row {
	const char *rule;
	const char *boot;
	int64_t boottime_ms, wall_ms;
	int64_t steady_ms; // as it goes on
} rows[] = {
	{"the same boot", "one", 4 * HOUR, 11 * HOUR, 6 * HOUR},
	{"the same boot, the clock was set forth", "one", 4 * HOUR, 900 * HOUR, 6 * HOUR},
	{"the same boot, the clock was set back", "one", 4 * HOUR, 1 * HOUR, 6 * HOUR},
	{"another boot an hour later", "two", 0, 11 * HOUR, 6 * HOUR},
	{"another boot that lasts already", "two", 50 * HOUR, 60 * HOUR, 55 * HOUR},
	{"another boot, the clock was set back", "two", 1 * HOUR, 2 * HOUR, 5 * HOUR},
	{"the same boot in another time namespace", "one", HOUR, 12 * HOUR, 7 * HOUR},
	{"a boot without a name", "", 4 * HOUR, 12 * HOUR, 7 * HOUR},
};

static void it_goes_on_and_never_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct steady host = {.steady_ms = rows[i].boottime_ms, .wall_ms = rows[i].wall_ms};
		struct steady now;

		(void)snprintf(host.boot, sizeof(host.boot), "%s", rows[i].boot);
		now = steady_resume(&kept, &host);
		if (rows[i].boottime_ms + now.offset_ms != rows[i].steady_ms)
			fail_msg("%s: %lld ms", rows[i].rule,
				(long long)(rows[i].boottime_ms + now.offset_ms));
		assert_string_equal(now.boot, rows[i].boot);
	}
}

static void it_begins_with_the_host(void **state)
{
	struct steady host = steady_of_host(), now = steady_resume(NULL, &host);
	struct steady anchor;
	int64_t before = steady_now_ms(&now);

	(void)state;
	assert_int_equal(now.offset_ms, 0);
	assert_true(before >= host.steady_ms && before < host.steady_ms + HOUR);
	assert_true(host.boot[0]);
	now.offset_ms = HOUR;
	anchor = steady_anchor(&now);
	assert_true(anchor.steady_ms >= before + HOUR);
	assert_true(anchor.wall_ms >= host.wall_ms - HOUR);
	assert_int_equal(anchor.offset_ms, HOUR);
	assert_string_equal(anchor.boot, host.boot);
	now = steady_resume(&anchor, &host);
	assert_true(now.offset_ms >= HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_and_never_back),
		cmocka_unit_test(it_begins_with_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
