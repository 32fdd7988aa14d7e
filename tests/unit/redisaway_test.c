// A Redis that is killed, hangs, was put back or does not want to: what comes of the operations,
// and a sentence that says what to do and holds no value.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"

#include "tests/unit/redisserver.h"
#include "tests/unit/redisstoring.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define PASSWORD "canary-password"

static const char grant[] = ">" PASSWORD; // as an ACL has it

static void count_one(void *owner, const struct store_revocation *revocation)
{
	(void)revocation;
	++*(size_t *)owner;
}

// ---- away, and back

static void killed_and_started_again_it_goes_on(void **state)
{
	struct store *store;
	struct store_op op = redisstoring_about(STORE_USE, 1, 2);
	size_t told = 0;

	(void)state;
	REDISSTORING_START("--appendonly", "yes", "--appendfsync", "always", NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	assert_null(store_warning(store));
	redisstoring_create(store, 1);
	redisstoring_create(store, 2);
	assert_int_equal(redisstoring_use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(redisstoring_use(store, 2, 9).outcome, FAMILY_ADOPTED);
	assert_int_equal(redisstoring_use(store, 2, 1).outcome, FAMILY_REPLAYED);
	op = redisstoring_about(STORE_END_FAMILY, 2, 0);
	assert_int_equal(redisstoring_apply(store, &op), 0);
	redisserver_kill(&redisstoring_server);

	op = redisstoring_about(STORE_USE, 1, 2);
	assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
	assert_int_equal(op.code, -EAGAIN);
	redisstoring_check_why(store, "nobody listens: start it");
	assert_true(op.remembered);
	assert_int_equal(op.family.generation, 2);
	assert_string_equal(op.family.subject, REDISSTORING_SUBJECT);
	op = redisstoring_about(STORE_LOOK, 2, 0);
	assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
	assert_false(op.remembered); // its end was asked for
	assert_int_equal(store_news(store, REDISSTORING_WALL_MS, count_one, &told), -EAGAIN);
	assert_int_equal(store_sweep(store, REDISSTORING_WALL_MS), -EAGAIN);

	redisserver_start(&redisstoring_server);
	assert_int_equal(redisstoring_use(store, 1, 2).outcome, FAMILY_ROTATED);
	assert_int_equal(redisstoring_use(store, 2, 10).outcome, FAMILY_ENDED);
	assert_int_equal(store_news(store, REDISSTORING_WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(store));
}

static void a_restart_between_two_uses_is_not_seen(void **state)
{
	struct store *store;
	struct store_op op = redisstoring_about(STORE_USE, 1, 1);

	(void)state;
	REDISSTORING_START("--appendonly", "yes", "--appendfsync", "always", NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	redisstoring_create(store, 1);
	redisserver_stop(&redisstoring_server);
	redisserver_start(&redisstoring_server);
	assert_int_equal(redisstoring_apply(store, &op), 0);
	assert_int_equal(op.outcome, FAMILY_ROTATED);
	(void)REDISSERVER_ASK(&redisstoring_server, "SCRIPT", "FLUSH");
	assert_int_equal(redisstoring_apply(store, &op), 0);
	assert_int_equal(op.outcome, FAMILY_REPLAYED);
	assert_null(store_close(store));
}

static void one_that_was_put_back_is_healed(void **state)
{
	struct store *store;
	size_t told = 0;
	struct store_op op;

	(void)state;
	REDISSTORING_START(NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	redisstoring_create(store, 1);
	redisstoring_create(store, 2);
	(void)REDISSERVER_ASK(&redisstoring_server, "SAVE");
	assert_int_equal(redisstoring_use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(redisstoring_use(store, 1, 2).outcome, FAMILY_ROTATED);
	redisserver_kill(&redisstoring_server);
	redisserver_start(&redisstoring_server);
	assert_int_equal(redisstoring_use(store, 1, 3).outcome, FAMILY_ADOPTED);
	(void)REDISSERVER_ASK(&redisstoring_server, "FLUSHALL");
	assert_int_equal(redisstoring_use(store, 1, 4).outcome, FAMILY_UNKNOWN);
	op = redisstoring_about(STORE_END_FAMILY, 1, 0); // its access tokens are good elsewhere
	assert_int_equal(redisstoring_apply(store, &op), 0);
	assert_int_equal(op.ended, 0);
	assert_int_equal(store_news(store, REDISSTORING_WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(store));
}

static void one_that_hangs_costs_its_time_once(void **state)
{
	struct store *store;
	struct store_op op = redisstoring_about(STORE_USE, 1, 1);
	uint64_t began_ms;

	(void)state;
	REDISSTORING_START(NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	redisstoring_create(store, 1);
	(void)kill(redisstoring_server.pid, SIGSTOP);
	began_ms = clock_steady_ms();
	assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
	assert_in_range(clock_steady_ms() - began_ms, REDISSTORING_TIMEOUT_MS,
		REDISSTORING_TIMEOUT_MS * 10);
	redisstoring_check_why(store, "did not answer in time");
	assert_true(op.remembered);
	began_ms = clock_steady_ms();
	assert_int_equal(
		redisstoring_apply(store, &op), -EAGAIN); // at once: nothing is tried for a while
	assert_in_range(clock_steady_ms() - began_ms, 0, REDISSTORING_TIMEOUT_MS - 1);
	(void)kill(redisstoring_server.pid, SIGCONT);
	op = redisstoring_use(store, 1, 1); // whether the first one has happened or not
	assert_true(family_is_good(op.outcome));
	assert_int_equal(op.family.generation, 2);
	assert_null(store_close(store));
}

// Whoever waited for it meanwhile has the same grace as the one who found out.
static void one_that_hangs_is_remembered_without_asking(void **state)
{
	const struct family_now now = {REDISSTORING_WALL_MS, -1};
	struct store_op known = redisstoring_about(STORE_USE, 1, 1);
	struct store_op unknown = redisstoring_about(STORE_USE, 2, 1);
	struct store_op end = redisstoring_about(STORE_END_FAMILY, 1, 0);
	struct store *store;

	(void)state;
	REDISSTORING_START(NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	redisstoring_create(store, 1);
	(void)kill(redisstoring_server.pid, SIGSTOP);
	store_pass_over(store, &known, &now);
	assert_int_equal(known.code, -EAGAIN);
	assert_true(known.remembered);
	assert_int_equal(known.outcome, FAMILY_HELD);
	assert_string_equal(known.family.subject, REDISSTORING_SUBJECT);
	store_pass_over(store, &unknown, &now);
	assert_int_equal(unknown.code, -EAGAIN);
	assert_false(unknown.remembered);
	store_pass_over(store, &end, &now); // who is to be ended has none
	store_pass_over(store, &known, &now);
	assert_false(known.remembered);
	(void)kill(redisstoring_server.pid, SIGCONT);
	assert_null(store_close(store));
}

static void two_share_what_they_do(void **state)
{
	struct store *ours, *theirs;
	struct store_op op = redisstoring_about(STORE_END_SUBJECT, 0, 0);
	size_t told = 0;

	(void)state;
	REDISSTORING_START(NULL);
	ours = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	theirs = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	assert_true(store_is_shared(ours));
	redisstoring_create(ours, 1);
	assert_int_equal(redisstoring_use(theirs, 1, 1).outcome, FAMILY_ROTATED);
	op = redisstoring_use(ours, 1, 1);
	assert_int_equal(op.outcome, FAMILY_REPLAYED);
	assert_int_equal(op.family.generation, 2);
	assert_int_equal(store_news(theirs, REDISSTORING_WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 0);
	op = redisstoring_about(STORE_END_SUBJECT, 0, 0);
	assert_int_equal(redisstoring_apply(ours, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_int_equal(store_news(theirs, REDISSTORING_WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_int_equal(store_news(theirs, REDISSTORING_WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(theirs));
	assert_null(store_close(ours));
}

// ---- what is wrong with it

static void what_it_refuses_is_said(void **state)
{
	static const struct {
		const char *settings[8];
		const char *user, *password, *query, *said;
	} rows[] = {
		{{"--requirepass", PASSWORD}, NULL, NULL, "", "set password_file"},
		{{"--requirepass", PASSWORD}, NULL, "canary-wrong", "", "refuses the user or the"},
		{{"--requirepass", PASSWORD}, "canary-user", PASSWORD, "", "refuses the user or"},
		{{NULL}, NULL, PASSWORD, "", "take password_file out"},
		{{"--user", "canary-user", "on", grant, "~*", "+@all", "-evalsha"}, "canary-user",
			PASSWORD, "", "its user may not do that"},
		{{"--maxmemory", "1"}, NULL, NULL, "", "raise maxmemory"},
		{{"--replicaof", "127.0.0.1 1"}, NULL, NULL, "", "read-only replica"},
		{{NULL}, NULL, NULL, "?db=99", "see db= in url"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct store_op op = redisstoring_about(STORE_CREATE, 1, 0);
		struct store *store;
		char url[192];

		redisstoring_start_with(rows[i].settings);
		(void)snprintf(url, sizeof(url), "%s%s", redisstoring_server.url, rows[i].query);
		store = redisstoring_open_at(url, rows[i].user, rows[i].password);
		assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
		assert_int_equal(op.code, -EAGAIN);
		redisstoring_check_why(store, rows[i].said);
		assert_null(store_close(store));
	}
}

static void a_user_with_the_rights_that_the_manual_names_is_enough(void **state)
{
	struct store *store;
	struct store_op op = redisstoring_about(STORE_END_SUBJECT, 1, 0);

	(void)state;
	REDISSTORING_START("--user", "canary-user", "on", grant, "~samekey:*", "+@read", "+@write",
		"+@scripting", "+select", "+config|get", "+time", NULL);
	store = redisstoring_open_at(redisstoring_server.url, "canary-user", PASSWORD);
	redisstoring_create(store, 1);
	assert_int_equal(redisstoring_use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(redisstoring_apply(store, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_non_null(strstr(store_warning(store), "appendonly yes"));
	assert_null(store_close(store));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_and_started_again_it_goes_on),
		cmocka_unit_test(a_restart_between_two_uses_is_not_seen),
		cmocka_unit_test(one_that_was_put_back_is_healed),
		cmocka_unit_test(one_that_hangs_costs_its_time_once),
		cmocka_unit_test(one_that_hangs_is_remembered_without_asking),
		cmocka_unit_test(two_share_what_they_do),
		cmocka_unit_test(what_it_refuses_is_said),
		cmocka_unit_test(a_user_with_the_rights_that_the_manual_names_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, redisstoring_end);
}
