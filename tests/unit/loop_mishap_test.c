// The event loop without memory: what comes again and again goes on.
// SPDX-License-Identifier: MIT
#include "lib/base/loop.h"
#include "tests/unit/mishap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct beat {
	struct loop *loop;
	struct loop_timer *timer;
	int beats, code;
};

static void on_beat(void *owner)
{
	struct beat *beat = owner;

	beat->timer = NULL;
	beat->beats++;
	beat->code = loop_after(beat->loop, 0, on_beat, beat, &beat->timer);
}

static void a_timer_that_sets_itself_again_needs_no_memory(void **state)
{
	const struct mishap none_left = {
		.kinds = MISHAP_MEMORY, .at = 1, .for_good = true, .reason = ENOMEM};
	struct beat beat = {0};
	struct loop_timer *other;

	(void)state;
	assert_int_equal(loop_open(&beat.loop), 0);
	assert_int_equal(loop_after(beat.loop, 0, on_beat, &beat, &beat.timer), 0);
	mishap_arm(&none_left);
	for (int i = 0; i < 1000 && beat.beats < 3 && beat.code == 0; i++)
		assert_int_equal(loop_turn(beat.loop, 1), 0);
	assert_int_equal(loop_after(beat.loop, 0, on_beat, &beat, &other), -ENOMEM);
	assert_true(mishap_disarm());
	assert_int_equal(beat.code, 0);
	assert_true(beat.beats >= 3);
	loop_close(beat.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_that_sets_itself_again_needs_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
