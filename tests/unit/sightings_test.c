// Goal: signers are counted by key, the findings among them are kept for a day, and neither grows
// without end.
// SPDX-License-Identifier: MIT
#include "verifier/record/sightings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct sighting seen(const char *key, const char *what, enum finding finding)
{
	return (struct sighting){.app = "web",
		.key = key,
		.what = what,
		.finding = finding,
		.origin = "/srv/.env:3:1",
		.text = key,
		.fix = "mend it"};
}

static struct sightings *make(void)
{
	struct sightings *sightings = sightings_new();

	if (!sightings)
		abort();
	return sightings;
}

static void counts_and_findings(void **state)
{
	struct sightings *sightings = make();
	struct sighting shadowed = seen("A", "shadowed", FINDING_TOKEN_SHADOWED);
	struct sighting near = seen("B", "near-miss", FINDING_TOKEN_NEAR_MISS);
	struct sighting public = seen("", "placeholder", FINDINGS);

	(void)state;
	assert_true(sightings_add(sightings, &shadowed, 1000));
	assert_true(sightings_add(sightings, &near, 2000));
	assert_false(sightings_add(sightings, &shadowed, 3000)); // once in the log
	assert_false(sightings_add(sightings, &public, 4000));

	assert_int_equal(sightings_counts(sightings), 3);
	assert_string_equal(sightings_count_at(sightings, 0).key, "A");
	assert_string_equal(sightings_count_at(sightings, 0).what, "shadowed");
	assert_int_equal(sightings_count_at(sightings, 0).tokens, 2);
	assert_string_equal(sightings_count_at(sightings, 2).what, "placeholder");

	assert_int_equal(sightings_size(sightings), 2); // the last one at the end
	assert_string_equal(sightings_at(sightings, 1)->key, "A");
	assert_int_equal(sightings_at(sightings, 1)->count, 2);
	assert_int_equal(sightings_at(sightings, 1)->seen_ms, 3000);

	sightings_expire(sightings, 2001 + SIGHTINGS_KEEP_MS);
	assert_int_equal(sightings_size(sightings), 1);
	assert_string_equal(sightings_at(sightings, 0)->key, "A");
	assert_int_equal(sightings_counts(sightings), 3); // counters never go back
	assert_true(sightings_add(sightings, &near, 9000));
	sightings_free(sightings);
}

static void neither_grows_without_end(void **state)
{
	struct sightings *sightings = make();
	char key[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct sighting sighting;

		(void)snprintf(key, sizeof(key), "KEY_%d", i);
		sighting = seen(key, "reading", FINDING_TOKEN_READING);
		ignore_result(sightings_add(sightings, &sighting, 1000));
	}
	assert_int_equal(sightings_size(sightings), SIGHTINGS_FINDINGS_MAX);
	assert_string_equal(sightings_at(sightings, 0)->key, "KEY_936");
	assert_int_equal(sightings_counts(sightings), SIGHTINGS_COUNTS_MAX + 1);
	assert_string_equal(
		sightings_count_at(sightings, SIGHTINGS_COUNTS_MAX).what, SIGHTINGS_REST);
	assert_int_equal(sightings_count_at(sightings, SIGHTINGS_COUNTS_MAX).tokens,
		1000 - SIGHTINGS_COUNTS_MAX);
	sightings_free(sightings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_findings),
		cmocka_unit_test(neither_grows_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
