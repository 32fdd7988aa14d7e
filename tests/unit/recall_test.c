// What is remembered of families: the last record, until it is dropped, and no more than the cap.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/recall.h"

#include "verifier/record/sessions/family.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct family family_of(uint64_t number, const char *subject)
{
	struct family family = {.generation = number, .used_count = 1, .used_steady_ms = {7}};

	memcpy(family.id, &number, sizeof(number));
	(void)snprintf(family.subject, sizeof(family.subject), "%s", subject);
	memset(family.access_claims, 'a', FAMILY_CLAIMS_MAX);
	return family;
}

static void a_record_comes_back_until_it_is_dropped(void **state)
{
	struct recall *recall = recall_new();
	struct family first = family_of(1, "ada"), second = family_of(2, "bob"), got;

	(void)state;
	if (!recall)
		abort();
	assert_false(recall_get(recall, first.id, &got));
	recall_put(recall, &first);
	recall_put(recall, &second);
	assert_true(recall_get(recall, first.id, &got));
	assert_int_equal(got.generation, 1);
	assert_int_equal(got.used_steady_ms[0], 7);
	assert_string_equal(got.subject, "ada");
	assert_string_equal(got.access_claims, first.access_claims);
	assert_string_equal(got.refresh_claims, "");
	recall_drop_subject(recall, "ada");
	assert_false(recall_get(recall, first.id, &got));
	recall_drop(recall, second.id);
	assert_false(recall_get(recall, second.id, &got));
	assert_null(recall_free(recall));
}

// Puts `count` families of one subject. Returns: how many of them are remembered then.
static uint64_t put_many(struct recall *recall, uint64_t count)
{
	struct family family, got;
	uint64_t remembered = 0;

	for (uint64_t i = 0; i < count; i++) {
		family = family_of(i, "carol");
		recall_put(recall, &family);
		assert_true(recall_get(recall, family.id, &got));
	}
	for (uint64_t i = 0; i < count; i++) {
		family = family_of(i, "carol");
		remembered += recall_get(recall, family.id, &got);
	}
	return remembered;
}

// What is dropped makes room: none of it counts any more.
static void it_stays_below_its_cap(void **state)
{
	struct recall *recall = recall_new();
	uint64_t first;

	(void)state;
	if (!recall)
		abort();
	first = put_many(recall, 20000);
	assert_in_range(first, RECALL_BYTES_MAX / FAMILY_CLAIMS_MAX / 4,
		RECALL_BYTES_MAX / FAMILY_CLAIMS_MAX);
	recall_drop_subject(recall, "carol");
	assert_int_equal(put_many(recall, 20000), first);
	assert_null(recall_free(recall));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_until_it_is_dropped),
		cmocka_unit_test(it_stays_below_its_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
