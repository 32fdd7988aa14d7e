// Forks and waits.
// SPDX-License-Identifier: MIT
#include "tests/unit/inchild.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

int inchild_run(int (*act)(size_t at), size_t at)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(act(at));
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}
