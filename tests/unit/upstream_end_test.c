// How the processes of samekeyd-upstream end: with the daemon, or by a signal, and which of them
// is followed by another.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstream.h"

#include "loader/deliver/descendants.h"
#include "tests/unit/upstreaming.h"
#include "tests/unit/upstreampids.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

static void all_end_with_the_daemon(void **state)
{
	const struct world *world = *state;
	struct upstreampids helpers;
	pid_t daemon = fork();

	if (daemon == 0) {
		(void)upstreampids_start(world);
		for (;;)
			(void)pause();
	}
	helpers = upstreampids_await(world, daemon);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	for (size_t i = 0; i < UPSTREAMPIDS_COUNT; i++)
		upstreampids_assert_end(helpers.handles[i]);
	upstreampids_let_go(&helpers);
	for (size_t i = 0; i < UPSTREAMPIDS_COUNT; i++) // inherited, so that none is left over
		(void)waitpid(helpers.pids[i], NULL, 0);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

// In a process of its own, which has no other helper among its children.
static void in_daemon(const struct world *world, void (*try)(struct world *world))
{
	pid_t daemon = fork();
	int status;

	if (daemon == 0) {
		struct world mine = *world;

		assert_int_equal(loop_open(&mine.loop), 0);
		mine.upstream = upstreampids_start(world);
		assert_int_equal(upstreaming_try(&mine, &(struct reply){0}), -EPIPE);
		assert_int_equal(upstream_attach(mine.upstream, mine.loop), 0);
		try(&mine);
		upstream_stop(mine.upstream);
		loop_close(mine.loop);
		_exit(0);
	}
	assert_int_equal(waitpid(daemon, &status, 0), daemon);
	assert_int_equal(status, 0);
}

static void end_keepers(struct world *world)
{
	for (size_t i = 0; i < 3; i++) {
		struct upstreampids helpers = upstreampids_await(world, getpid());
		struct reply lost, next;

		upstreaming_visit(world, "/hang", LONG);
		assert_int_equal(upstreaming_try(world, &lost), 0);
		assert_int_equal(
			descendants_signal(helpers.handles[UPSTREAMPIDS_KEEPER], SIGKILL), 0);
		upstreaming_await(world, &lost, 1);
		assert_int_equal(lost.answer.outcome, RELAY_DOWN);
		upstreampids_assert_end(helpers.handles[UPSTREAMPIDS_WORKER]);
		upstreaming_visit(world, "/401", LONG);
		upstreaming_ask(world, &next);
		assert_int_equal(next.answer.outcome, RELAY_OK);
		assert_int_equal(next.answer.status, 401);
		assert_true(upstream_is_there(world->upstream));
		upstreampids_let_go(&helpers);
	}
}

static void a_keeper_that_is_ended_is_followed_by_another(void **state)
{
	in_daemon(*state, end_keepers);
}

static void end_spares(struct world *world)
{
	for (size_t i = 0; i < 2; i++) {
		struct upstreampids helpers = upstreampids_await(world, getpid());
		struct reply reply;

		assert_int_equal(
			descendants_signal(helpers.handles[UPSTREAMPIDS_SPARE], SIGKILL), 0);
		upstreampids_assert_end(helpers.handles[UPSTREAMPIDS_SPARE]);
		upstreaming_visit(world, "/401", LONG);
		upstreaming_ask(world, &reply);
		assert_int_equal(reply.answer.status, 401);
		upstreampids_let_go(&helpers);
	}
}

static void a_spare_that_is_ended_is_followed_by_another(void **state)
{
	in_daemon(*state, end_spares);
}

static void end_all(struct world *world)
{
	struct upstreampids helpers = upstreampids_await(world, getpid());
	struct reply reply;

	upstreaming_visit(world, "/hang", LONG);
	assert_int_equal(upstreaming_try(world, &reply), 0);
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_SPARE], SIGSTOP), 0);
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_KEEPER], SIGSTOP), 0);
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_SPARE], SIGKILL), 0);
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_KEEPER], SIGKILL), 0);
	upstreaming_await(world, &reply, 1);
	assert_int_equal(reply.answer.outcome, RELAY_DOWN);
	upstreampids_assert_end(helpers.handles[UPSTREAMPIDS_WORKER]);
	assert_false(upstream_is_there(world->upstream));
	assert_int_equal(upstreaming_try(world, &reply), -EPIPE);
	upstreampids_let_go(&helpers);
}

static void without_keeper_and_spare_it_is_gone_for_good(void **state)
{
	in_daemon(*state, end_all);
}

static void stop_after_its_keeper(struct world *world)
{
	struct upstreampids first = upstreampids_await(world, getpid()), next;

	assert_int_equal(descendants_signal(first.handles[UPSTREAMPIDS_KEEPER], SIGKILL), 0);
	upstreampids_assert_end(first.handles[UPSTREAMPIDS_WORKER]);
	next = upstreampids_await(world, getpid());
	upstream_stop(world->upstream);
	world->upstream = NULL;
	for (size_t i = 0; i < UPSTREAMPIDS_COUNT; i++)
		upstreampids_assert_end(next.handles[i]);
	upstreampids_let_go(&first);
	upstreampids_let_go(&next);
}

static void the_next_keeper_ends_with_the_socket_too(void **state)
{
	in_daemon(*state, stop_after_its_keeper);
}

// The last test: what all the others have logged.
static void the_log_says_who_is_gone(void **state)
{
	upstreaming_assert_logged(*state, "event=upstream_gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_end_with_the_daemon),
		cmocka_unit_test(a_keeper_that_is_ended_is_followed_by_another),
		cmocka_unit_test(a_spare_that_is_ended_is_followed_by_another),
		cmocka_unit_test(without_keeper_and_spare_it_is_gone_for_good),
		cmocka_unit_test(the_next_keeper_ends_with_the_socket_too),
		cmocka_unit_test(the_log_says_who_is_gone),
	};

	return cmocka_run_group_tests(tests, upstreaming_set_up, upstreaming_tear_down);
}
