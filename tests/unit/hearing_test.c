// When a process is ready for a signal: tried on this one.
// SPDX-License-Identifier: MIT
#include "loader/deliver/hearing.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

static void caught(int number)
{
	(void)number;
}

static void what_does_not_end_it_at_once_is_ready(void **state)
{
	static const struct {
		const char *name;
		void (*handler)(int number);
		bool blocked, ready;
	} cases[] = {
		{"the default action", SIG_DFL, false, false},
		{"caught", caught, false, true},
		{"ignored, as behind nohup", SIG_IGN, false, true},
		{"blocked, for a signalfd", SIG_DFL, true, true},
	};
	static const int signals[] = {SIGHUP, SIGUSR2, SIGALRM, SIGWINCH};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t j = 0; j < ARRAY_SIZE(signals); j++) {
			const struct sigaction action = {.sa_handler = cases[i].handler};
			sigset_t set;

			(void)sigemptyset(&set);
			(void)sigaddset(&set, signals[j]);
			assert_int_equal(sigaction(signals[j], &action, NULL), 0);
			(void)sigprocmask(cases[i].blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
			if (hearing_is_ready(getpid(), signals[j]) != cases[i].ready)
				fail_msg("%s: signal %d", cases[i].name, signals[j]);
			(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
		}
}

static void of_nobody_it_is_not_known(void **state)
{
	(void)state;
	assert_true(hearing_is_ready(-1, SIGHUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_end_it_at_once_is_ready),
		cmocka_unit_test(of_nobody_it_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
