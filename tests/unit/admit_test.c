// Who may do what, and how many connections a user gets.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/admit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct admit_rule rules[] = {
	{.has_uid = true, .uid = 1000, .verbs = ADMIT_OFFER},
	{.has_gid = true, .gid = 50, .verbs = ADMIT_STATUS},
	{.has_uid = true, .uid = 1001, .has_gid = true, .gid = 60, .verbs = ADMIT_ALL},
};

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
	unsigned verbs;
} peers[] = {
	{"a rule for a user", 1000, 1, ADMIT_OFFER},
	{"a rule for a group", 2000, 50, ADMIT_STATUS},
	{"rules add up", 1000, 50, ADMIT_OFFER | ADMIT_STATUS},
	{"user and group must both fit", 1001, 61, 0},
	{"user and group both fit", 1001, 60, ADMIT_ALL},
	{"a stranger", 3000, 3000, 0},
	{"root needs no rule", 0, 0, ADMIT_ALL},
	{"nobody is nobody, even in an admitted group", 65534, 50, 0},
	{"an unmapped user is nobody", (uid_t)-1, 50, 0},
};

static void rules_say_who_may_do_what(void **state)
{
	struct admit *admit = admit_new(rules, ARRAY_SIZE(rules), 1);

	(void)state;
	assert_non_null(admit);
	for (size_t i = 0; i < ARRAY_SIZE(peers); i++)
		if (admit_verbs(admit, peers[i].uid, peers[i].gid) != peers[i].verbs)
			fail_msg("%s", peers[i].name);
	admit_free(admit);
}

static void this_user_needs_no_rule_either(void **state)
{
	struct admit *admit = admit_new(rules, ARRAY_SIZE(rules), 1);

	(void)state;
	assert_non_null(admit);
	assert_int_equal(admit_verbs(admit, geteuid(), 12345), ADMIT_ALL);
	assert_int_equal(admit_change(admit, rules, 1, 1), 0);
	assert_int_equal(admit_verbs(admit, geteuid(), 12345), ADMIT_ALL);
	admit_free(admit);
}

static void without_rules_only_root_and_this_user(void **state)
{
	struct admit *admit = admit_new(NULL, 0, 1);

	(void)state;
	assert_non_null(admit);
	assert_int_equal(admit_verbs(admit, 0, 0), ADMIT_ALL);
	assert_int_equal(admit_verbs(admit, geteuid(), 0), ADMIT_ALL);
	assert_int_equal(admit_verbs(admit, geteuid() + 4711, 0), 0);
	assert_int_equal(admit_verbs(admit, 65534, 0), 0);
	admit_free(admit);
}

static void connections_are_counted_by_user(void **state)
{
	struct admit *admit = admit_new(NULL, 0, 2);

	(void)state;
	assert_non_null(admit);
	assert_true(admit_enter(admit, 1));
	assert_true(admit_enter(admit, 1));
	assert_false(admit_enter(admit, 1));
	assert_true(admit_enter(admit, 2)); // another user is not held up
	admit_leave(admit, 1);
	assert_true(admit_enter(admit, 1));
	assert_false(admit_enter(admit, 1));
	admit_leave(admit, 1);
	admit_leave(admit, 1);
	admit_leave(admit, 2);
	admit_leave(admit, 2); // once too often does no harm
	assert_true(admit_enter(admit, 2));
	admit_free(admit);
}

static void new_rules_keep_the_counts(void **state)
{
	struct admit *admit = admit_new(NULL, 0, 1);

	(void)state;
	assert_non_null(admit);
	assert_true(admit_enter(admit, 1000));
	assert_int_equal(admit_change(admit, rules, ARRAY_SIZE(rules), 1), 0);
	assert_int_equal(admit_verbs(admit, 1000, 0), ADMIT_OFFER);
	assert_false(admit_enter(admit, 1000));
	admit_free(admit);
}

static void verbs_have_names(void **state)
{
	char text[128];

	(void)state;
	assert_int_equal(admit_verb("offer"), ADMIT_OFFER);
	assert_int_equal(admit_verb("status"), ADMIT_STATUS);
	assert_int_equal(admit_verb("none"), 0);
	assert_string_equal(admit_verbs_text(text, sizeof(text)),
		"offer, status, verify, introspect, issue, diagnose, attest, revoke");
	assert_string_equal(admit_verbs_text(text, 8), "offer, ");
	assert_int_equal(admit_verb(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_say_who_may_do_what),
		cmocka_unit_test(this_user_needs_no_rule_either),
		cmocka_unit_test(without_rules_only_root_and_this_user),
		cmocka_unit_test(connections_are_counted_by_user),
		cmocka_unit_test(new_rules_keep_the_counts),
		cmocka_unit_test(verbs_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
