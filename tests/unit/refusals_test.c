// What is left of a refused offer: the last one of each app and user, why, and not for ever.
// SPDX-License-Identifier: MIT
#include "verifier/record/refusals.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/record/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int set_up(void **state)
{
	*state = refusals_new();
	return *state == NULL;
}

static int tear_down(void **state)
{
	refusals_free(*state);
	return 0;
}

// Notes a refusal of `app` with `warnings` before its one error.
static void note(
	struct refusals *refusals, const char *app, uid_t uid, uint64_t now_ms, int warnings)
{
	const struct bundle bundle = {
		.app = app, .group = "shop", .program = "node", .phase = BUNDLE_PHASE_START};
	const struct registry_offer offer = {.bundle = &bundle, .uid = uid, .pid = 41};
	struct diag *diag = diag_new();

	for (int i = 0; i < warnings; i++)
		diag_add(diag, &(struct diag_item){.severity = DIAG_WARNING, .code = "drift-app"});
	diag_add(diag, &(struct diag_item){.severity = DIAG_ERROR,
			       .code = "drift-shared",
			       .key = "AUTH_SECRET",
			       .text = "ws has another",
			       .hint = "give both the same"});
	refusals_note(refusals, &offer, now_ms, diag);
	diag_free(diag);
}

static void a_refusal_says_who_and_why(void **state)
{
	const struct refusal *refusal;

	note(*state, "ws", 1000, 7, 0);
	assert_int_equal(refusals_size(*state), 1);
	refusal = refusals_at(*state, 0);
	assert_string_equal(refusal->app, "ws");
	assert_string_equal(refusal->group, "shop");
	assert_string_equal(refusal->program, "node");
	assert_string_equal(refusal->phase, "start");
	assert_int_equal(refusal->uid, 1000);
	assert_int_equal(refusal->pid, 41);
	assert_int_equal(refusal->refused_ms, 7);
	assert_int_equal(refusal->finding_count, 1);
	assert_string_equal(refusal->findings[0].code, "drift-shared");
	assert_string_equal(refusal->findings[0].key, "AUTH_SECRET");
	assert_string_equal(refusal->findings[0].text, "ws has another");
	assert_string_equal(refusal->findings[0].hint, "give both the same");
}

static void the_error_comes_first_and_the_rest_is_capped(void **state)
{
	const struct refusal *refusal;

	note(*state, "ws", 1000, 0, 20);
	refusal = refusals_at(*state, 0);
	assert_int_equal(refusal->finding_count, REFUSALS_FINDINGS_MAX);
	assert_int_equal(refusal->omitted, 21 - REFUSALS_FINDINGS_MAX);
	assert_string_equal(refusal->findings[0].code, "drift-shared");
	assert_string_equal(refusal->findings[1].code, "drift-app");
}

static void only_the_last_of_an_app_and_user_is_kept(void **state)
{
	note(*state, "ws", 1000, 1, 0);
	note(*state, "web", 1000, 2, 0);
	note(*state, "ws", 2000, 3, 0);
	note(*state, "ws", 1000, 4, 0);
	assert_int_equal(refusals_size(*state), 3);
	assert_int_equal(refusals_at(*state, 2)->refused_ms, 4);
}

static void acceptance_ends_it_for_that_user(void **state)
{
	note(*state, "ws", 1000, 1, 0);
	note(*state, "ws", 2000, 2, 0);
	refusals_forget(*state, "web", 1000);
	assert_int_equal(refusals_size(*state), 2);
	refusals_forget(*state, "ws", 1000);
	assert_int_equal(refusals_size(*state), 1);
	assert_int_equal(refusals_at(*state, 0)->uid, 2000);
}

static void a_day_ends_it_too(void **state)
{
	note(*state, "ws", 1000, 5, 0);
	note(*state, "web", 1000, 50, 0);
	refusals_expire(*state, REFUSALS_KEEP_MS + 5);
	assert_int_equal(refusals_size(*state), 2);
	refusals_expire(*state, REFUSALS_KEEP_MS + 6);
	assert_int_equal(refusals_size(*state), 1);
	assert_string_equal(refusals_at(*state, 0)->app, "web");
}

static void one_user_does_not_drive_out_another(void **state)
{
	char app[32];

	note(*state, "ws", 1000, 0, 0);
	for (unsigned i = 0; i < 3 * REFUSALS_MAX; i++) {
		(void)snprintf(app, sizeof(app), "app-%u", i);
		note(*state, app, 2000, i, 0);
	}
	assert_int_equal(refusals_size(*state), 1 + REFUSALS_USER_MAX);
	assert_string_equal(refusals_at(*state, 0)->app, "ws");
	assert_string_equal(refusals_at(*state, REFUSALS_USER_MAX)->app, app);
}

static void the_whole_is_capped(void **state)
{
	for (unsigned i = 0; i < 3 * REFUSALS_MAX; i++)
		note(*state, "ws", i, i, 0);
	assert_int_equal(refusals_size(*state), REFUSALS_MAX);
	assert_int_equal(refusals_at(*state, REFUSALS_MAX - 1)->uid, 3 * REFUSALS_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refusal_says_who_and_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_error_comes_first_and_the_rest_is_capped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			only_the_last_of_an_app_and_user_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			acceptance_ends_it_for_that_user, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_day_ends_it_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_user_does_not_drive_out_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_whole_is_capped, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
