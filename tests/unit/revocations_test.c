// What is revoked: found until it is over, forgotten in the order of the ends, and never more than
// there is room for.
// SPDX-License-Identifier: MIT
#include "verifier/record/revocations.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000000)

static struct revocations *revocations;

static int open_one(void **state)
{
	(void)state;
	revocations = revocations_new();
	return revocations ? 0 : -1;
}

static int close_one(void **state)
{
	(void)state;
	revocations = revocations_free(revocations);
	return 0;
}

static void add(const char *name, int64_t until)
{
	assert_int_equal(revocations_add(revocations, name, strlen(name), until), 0);
}

static bool has(const char *name, int64_t now)
{
	return revocations_has(revocations, name, strlen(name), now);
}

static void what_is_revoked_is_found_until_a_day_after_its_end(void **state)
{
	(void)state;
	assert_false(has("a", NOW));
	assert_false(has("", NOW));
	add("a", NOW + 10);
	assert_true(has("a", NOW));
	assert_true(has("a", NOW + 9 + REVOCATIONS_LINGER_MS));
	assert_false(has("a", NOW + 10 + REVOCATIONS_LINGER_MS));
	assert_true(has("a", 0));
	assert_false(has("b", NOW));
	assert_false(has("", NOW));
	assert_false(has("a ", NOW));
	add("", NOW + 1);
	assert_true(has("", NOW));
	assert_false(revocations_has(revocations, "\0", 1, NOW));
	assert_int_equal(revocations_size(revocations), 2);
}

static void the_later_end_counts(void **state)
{
	(void)state;
	add("a", NOW + 10);
	add("b", NOW + 15);
	add("a", NOW + 5);
	assert_true(has("a", NOW + 9 + REVOCATIONS_LINGER_MS));
	add("a", NOW + 20);
	assert_true(has("a", NOW + 19 + REVOCATIONS_LINGER_MS));
	assert_int_equal(revocations_size(revocations), 2);
	revocations_settle(revocations, NOW + 15 + REVOCATIONS_LINGER_MS);
	assert_int_equal(revocations_size(revocations), 1);
	assert_true(has("a", NOW + 19));
}

// A clock that runs ahead for a while must not bring a token back.
static void what_is_over_lingers(void **state)
{
	(void)state;
	add("a", NOW + 10);
	revocations_settle(revocations, NOW + 9 + REVOCATIONS_LINGER_MS);
	assert_true(has("a", NOW));
	revocations_settle(revocations, NOW + 10 + REVOCATIONS_LINGER_MS);
	assert_false(has("a", NOW));
	assert_int_equal(revocations_size(revocations), 0);
	revocations_settle(revocations, NOW);
	assert_int_equal(revocations_lost(revocations), 0);
}

static void settling_is_done_in_steps(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 2 * REVOCATIONS_SETTLED_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		add(name, NOW + i % 7);
	}
	for (size_t left = 2 * REVOCATIONS_SETTLED_MAX + 1; left > REVOCATIONS_SETTLED_MAX;) {
		revocations_settle(revocations, NOW * 2);
		left -= REVOCATIONS_SETTLED_MAX;
		assert_int_equal(revocations_size(revocations), left);
	}
	revocations_settle(revocations, NOW * 2);
	assert_int_equal(revocations_size(revocations), 0);
}

// The name of a number, its end, and whether it is there.
static int64_t end_of(uint32_t i)
{
	return NOW + (int64_t)(i * UINT32_C(2654435761) % REVOCATIONS_MAX);
}

static void name_of(uint32_t i, char out[static 32])
{
	(void)snprintf(out, 32, "%08x.%u", i * 7919, i);
}

static void fill(uint32_t count)
{
	char name[32];

	for (uint32_t i = 0; i < count; i++) {
		name_of(i, name);
		add(name, end_of(i));
	}
}

// Forgets all that are over, and holds the rest against a plain list.
static void judge_all_at(int64_t now, uint32_t count)
{
	size_t before, wanted = 0;
	char name[32];

	do {
		before = revocations_size(revocations);
		revocations_settle(revocations, now + REVOCATIONS_LINGER_MS);
	} while (revocations_size(revocations) < before);
	for (uint32_t i = 0; i < count + 1000; i++) {
		bool is = i < count && end_of(i) > now;

		name_of(i, name);
		wanted += is;
		if (has(name, NOW - 1) != is)
			fail_msg("%s: %d", name, is);
	}
	assert_int_equal(revocations_size(revocations), wanted);
}

static void none_is_mixed_up(void **state)
{
	const uint32_t count = 20000;

	(void)state;
	fill(count);
	assert_int_equal(revocations_size(revocations), count);
	for (int64_t now = NOW; now < NOW + REVOCATIONS_MAX; now += REVOCATIONS_MAX / 20)
		judge_all_at(now, count);
	assert_int_equal(revocations_lost(revocations), 0);
}

static void those_that_end_first_are_forgotten(void **state)
{
	char name[32];

	(void)state;
	fill(REVOCATIONS_MAX);
	assert_int_equal(revocations_size(revocations), REVOCATIONS_MAX);
	assert_int_equal(revocations_lost(revocations), 0);
	add("ends before all", NOW - 1);
	assert_false(has("ends before all", NOW - 2));
	assert_int_equal(revocations_lost(revocations), 1);
	for (uint32_t i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "later %u", i);
		add(name, NOW + REVOCATIONS_MAX);
	}
	assert_int_equal(revocations_size(revocations), REVOCATIONS_MAX);
	assert_int_equal(revocations_lost(revocations), 1001);
	for (uint32_t i = 0; i < REVOCATIONS_MAX; i++) {
		name_of(i, name);
		if (end_of(i) >= NOW + 2000 && !has(name, NOW))
			fail_msg("%s is lost", name);
	}
	for (uint32_t i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "later %u", i);
		assert_true(has(name, NOW));
	}
	add("later 7", NOW + REVOCATIONS_MAX + 1); // known: needs no room
	assert_int_equal(revocations_lost(revocations), 1001);
	revocations_settle(revocations, NOW + REVOCATIONS_MAX / 2);
	add("in place of one that is over", NOW + REVOCATIONS_MAX);
	assert_int_equal(revocations_lost(revocations), 1001);
}

static void nothing_is_freed_twice(void **state)
{
	(void)state;
	assert_null(revocations_free(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_revoked_is_found_until_a_day_after_its_end),
		TEST(the_later_end_counts),
		TEST(what_is_over_lingers),
		TEST(settling_is_done_in_steps),
		TEST(none_is_mixed_up),
		TEST(those_that_end_first_are_forgotten),
		cmocka_unit_test(nothing_is_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
