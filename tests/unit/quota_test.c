// Goal: a user has a few at once and then one in a while, whatever others do, and memory is fixed.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/quota.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_few_at_once_then_one_in_a_while(void **state)
{
	struct quota quota = {.at_once = 3, .each_ms = 200};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(quota_take(&quota, 7, 1000), 0);
	assert_int_equal(quota_take(&quota, 7, 1000), 200);
	assert_int_equal(quota_take(&quota, 7, 1150), 50); // nothing was taken
	assert_int_equal(quota_take(&quota, 8, 1150), 0);
	assert_int_equal(quota_take(&quota, 7, 1200), 0);
	assert_int_equal(quota_take(&quota, 7, 1200), 200);
	for (int i = 0; i < 3; i++)
		assert_int_equal(quota_take(&quota, 7, 9000), 0);
	assert_true(quota_take(&quota, 7, 9000) > 0);
}

static void further_users_share_one(void **state)
{
	struct quota quota = {.at_once = 1, .each_ms = 200};

	(void)state;
	for (uint64_t uid = 0; uid < QUOTA_USERS_MAX; uid++)
		assert_int_equal(quota_take(&quota, uid, 1000), 0);
	assert_int_equal(quota_take(&quota, 1000, 1000), 0);
	assert_true(quota_take(&quota, 1001, 1000) > 0);
	assert_int_equal(quota_take(&quota, 1001, 1200), 0); // who has a whole one made room
	assert_int_equal(quota_take(&quota, 1002, 1200), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_at_once_then_one_in_a_while),
		cmocka_unit_test(further_users_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
