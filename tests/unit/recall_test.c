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
	assert_int_equal(recall_bytes(recall), 0);
	assert_null(recall_free(recall));
}

static void it_stays_below_its_cap(void **state)
{
	struct recall *recall = recall_new();
	struct family family, got;

	(void)state;
	if (!recall)
		abort();
	for (uint64_t i = 0; i < 20000; i++) {
		family = family_of(i, "carol");
		recall_put(recall, &family);
		assert_in_range(recall_bytes(recall), 1, RECALL_BYTES_MAX);
	}
	assert_true(recall_get(recall, family.id, &got));
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
