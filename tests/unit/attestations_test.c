// Goal: what each process says last of each key is kept while its bundle and its process live, for
// a day at most; it is news when it changes, and neither list grows without end.
// SPDX-License-Identifier: MIT
#include "verifier/record/attestations.h"

#include "tests/unit/attesting.h"
#include "verifier/record/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static bool everybody_lives(const struct attestation *attestation)
{
	return attestation->pid != 0;
}

static bool only_42_lives(const struct attestation *attestation)
{
	return attestation->pid == 42;
}

static struct attestation word(int64_t pid, const char *key, const char *state, const char *text)
{
	return (struct attestation){.app = "web",
		.key = key,
		.state = state,
		.origin = "",
		.text = text,
		.fix = "",
		.bundle = 2, // web's start, see attesting_open
		.uid = WEB_UID,
		.pid = pid};
}

static struct attestations *make(void)
{
	struct attestations *list = attestations_new();

	if (!list)
		abort();
	return list;
}

static bool note(struct attestations *list, struct attestation said, uint64_t now_ms)
{
	return attestations_note(list, &said, now_ms);
}

static void the_last_word_counts(void **state)
{
	struct attestations *list = make();
	const struct attestation *kept;

	(void)state;
	assert_false(note(list, word(41, "A", "same", "as given"), 1000)); // no news
	assert_false(note(list, word(41, "A", "same", "as given, from elsewhere"), 1500));
	assert_true(note(list, word(41, "A", "unknown", "what"), 2000));
	assert_false(note(list, word(41, "A", "unknown", "what"), 3000));
	assert_true(note(list, word(41, "A", "unknown", "what else"), 4000));
	assert_false(note(list, word(41, "A", "unknown", "what else"), 5000));
	assert_true(note(list, word(42, "A", "unknown", "what else"), 5000));
	assert_int_equal(attestations_size(list), 2);
	kept = attestations_at(list, 0);
	assert_int_equal(kept->since_ms, 4000);
	assert_int_equal(kept->seen_ms, 5000);
	assert_false(kept->same);
	assert_true(attestations_alike(kept, attestations_at(list, 1)));
	assert_true(note(list, word(41, "A", "same", "as given"), 6000)); // it is over
	assert_false(note(list, word(41, "B", "same", "as given"), 6000));
	assert_int_equal(attestations_size(list), 3);
	assert_int_equal(attestations_counts(list), 3);
	assert_string_equal(attestations_count_at(list, 1).state, "unknown");
	assert_int_equal(attestations_count_at(list, 1).times, 5);
	attestations_free(list);
}

static void what_is_over_goes(void **state)
{
	struct attestations *list = make();
	struct attesting shop;
	struct attestation gone = word(41, "C", "unknown", "what");

	(void)state;
	attesting_open(&shop);
	gone.bundle = 99;
	assert_true(note(list, word(0, "A", "unknown", "what"), 1000));
	assert_true(note(list, word(41, "A", "unknown", "what"), 2000));
	assert_true(note(list, word(42, "A", "unknown", "what"), 3000));
	assert_true(note(list, gone, 3000));
	attestations_settle(list, shop.registry, everybody_lives, 3000);
	assert_int_equal(attestations_size(list), 3); // without the one of no bundle
	attestations_settle(list, shop.registry, only_42_lives, 3000);
	assert_int_equal(attestations_size(list), 2); // a pid that is not known may live
	attestations_settle(list, shop.registry, everybody_lives, 1001 + ATTESTATIONS_KEEP_MS);
	assert_int_equal(attestations_size(list), 1);
	assert_int_equal(attestations_at(list, 0)->pid, 42);
	registry_mark_dead(shop.registry, 2);
	attestations_settle(list, shop.registry, everybody_lives, 3000);
	assert_int_equal(attestations_size(list), 0);
	attesting_close(&shop);
	attestations_free(list);
}

static void neither_list_grows_without_end(void **state)
{
	struct attestations *list = make();

	(void)state;
	assert_true(note(list, word(1, "A", "unknown", "what"), 0));
	for (int64_t pid = 2; pid < 2 + ATTESTATIONS_UID_MAX; pid++)
		assert_false(note(list, word(pid, "A", "same", "as given"), 1));
	assert_int_equal(attestations_size(list), ATTESTATIONS_UID_MAX);
	assert_int_equal(attestations_at(list, 0)->pid, 1); // those that say `same` go first
	assert_int_equal(attestations_at(list, 1)->pid, 3);
	for (uint64_t uid = 1; uid <= ATTESTATIONS_MAX; uid++) {
		struct attestation other = word((int64_t)uid, "A", "unknown", "what");
		char key[16];

		other.uid = 5000 + uid;
		(void)snprintf(key, sizeof(key), "KEY%llu", (unsigned long long)uid);
		other.key = key;
		assert_true(note(list, other, 2));
	}
	assert_int_equal(attestations_size(list), ATTESTATIONS_MAX);
	assert_int_equal(attestations_at(list, 0)->uid, 5001); // and then the oldest
	assert_int_equal(attestations_counts(list), ATTESTATIONS_COUNTS_MAX + 1);
	assert_string_equal(
		attestations_count_at(list, ATTESTATIONS_COUNTS_MAX).state, ATTESTATIONS_REST);
	assert_int_equal(attestations_count_at(list, ATTESTATIONS_COUNTS_MAX).times,
		ATTESTATIONS_MAX - (ATTESTATIONS_COUNTS_MAX - 2));
	attestations_free(list);
}

static void nobody_is_forgotten_for_another(void **state)
{
	struct attestations *list = make();

	(void)state;
	assert_true(note(list, word(41, "A", "unknown", "what"), 0));
	for (int64_t pid = 0; pid < ATTESTATIONS_MAX; pid++)
		for (uint64_t uid = 1; uid <= 8; uid++) {
			struct attestation loud = word(1000 + pid, "A", "unknown", "what");

			loud.uid = 5000 + uid;
			assert_true(note(list, loud, 1));
		}
	assert_in_range(attestations_size(list), ATTESTATIONS_MAX / 2, ATTESTATIONS_MAX - 1);
	assert_int_equal(attestations_at(list, 0)->uid, WEB_UID);
	attestations_free(list);
}

static void a_pid_that_came_again_is_another_process(void **state)
{
	struct attestations *list = make();
	struct attestation said = word(41, "A", "unknown", "what");

	(void)state;
	said.started = 7;
	assert_true(note(list, said, 1000));
	assert_false(note(list, said, 2000));
	assert_int_equal(attestations_at(list, 0)->since_ms, 1000);
	said.started = 8;
	(void)note(list, said, 3000);
	assert_int_equal(attestations_size(list), 1);
	assert_int_equal(attestations_at(list, 0)->since_ms, 3000);
	attestations_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(what_is_over_goes),
		cmocka_unit_test(nobody_is_forgotten_for_another),
		cmocka_unit_test(a_pid_that_came_again_is_another_process),
		cmocka_unit_test(neither_list_grows_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
