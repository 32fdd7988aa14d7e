// The event loop: calls in order, and cancelling from wherever one likes.
// SPDX-License-Identifier: MIT
#include "lib/base/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/epoll.h>

#include <cmocka.h>

struct seen {
	struct loop_watch *own, *other;
	int calls, due;
	char order[8];
};

static void count_and_cancel_other(void *owner, uint32_t events)
{
	struct seen *seen = owner;

	assert_true(events & EPOLLIN);
	seen->calls++;
	seen->own = loop_unwatch(seen->own);
	seen->other = loop_unwatch(seen->other);
}

static void a_cancelled_watch_of_the_same_batch_is_not_called(void **state)
{
	struct seen seen = {0}, mirror;
	struct loop *loop;
	int pipes[2][2];

	(void)state;
	assert_int_equal(loop_open(&loop), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
	}
	assert_int_equal(
		loop_watch(loop, pipes[0][0], EPOLLIN, count_and_cancel_other, &seen, &seen.own),
		0);
	// Whichever is called first ends both, so the other one must never be.
	assert_int_equal(
		loop_watch(loop, pipes[1][0], EPOLLIN, count_and_cancel_other, &seen, &seen.other),
		0);
	assert_int_equal(loop_turn(loop, 1000), 0);
	assert_int_equal(seen.calls, 1);
	mirror = seen;
	assert_int_equal(loop_turn(loop, 0), 0);
	assert_int_equal(seen.calls, mirror.calls);
	loop_close(loop);
	for (int i = 0; i < 2; i++) {
		(void)close(pipes[i][0]);
		(void)close(pipes[i][1]);
	}
}

struct tick {
	struct seen *seen;
	char name;
};

static void note(void *owner)
{
	const struct tick *tick = owner;

	tick->seen->order[tick->seen->due++] = tick->name;
}

static void timers_fire_in_order_and_can_be_forgotten(void **state)
{
	struct seen seen = {0};
	struct tick late = {&seen, 'l'}, soon = {&seen, 's'}, never = {&seen, 'n'};
	struct loop_timer *timer;
	struct loop *loop;

	(void)state;
	assert_int_equal(loop_open(&loop), 0);
	assert_int_equal(loop_after(loop, 20, note, &late, &timer), 0);
	assert_int_equal(loop_after(loop, 1, note, &soon, &timer), 0);
	assert_int_equal(loop_after(loop, 5, note, &never, &timer), 0);
	assert_null(loop_forget(timer));
	while (seen.due < 2)
		assert_int_equal(loop_turn(loop, 1000), 0);
	assert_string_equal(seen.order, "sl");
	assert_int_equal(loop_after(loop, 60000, note, &never, &timer), 0);
	loop_close(loop); // with a timer left
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cancelled_watch_of_the_same_batch_is_not_called),
		cmocka_unit_test(timers_fire_in_order_and_can_be_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
