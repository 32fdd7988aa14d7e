// What a look at a process has to say is said by the next one, where memory ran out.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/reach.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "loader/inspect/running/process.h"
#include "loader/resolve/resolution.h"
#include "tests/unit/mishap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLS_MAX 1000
#define LATER_MS 9000

static char root[] = "/tmp/samekey-reach-test-XXXXXX";

static int set_up(void **state)
{
	static const char text[] = "APP_SECRET=k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE\n";
	int fd;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	fd = open(".env", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(unlink(".env"), 0);
	assert_int_equal(chdir("/"), 0);
	return rmdir(root);
}

// A server that lacks the secret is looked at twice, and the second time the n-th allocation and
// all that follow fail.
// Returns: whether any has failed.
static bool look_without_memory(struct resolution *resolution, size_t at)
{
	static char *given[] = {NULL};
	static const uint16_t port = 3000;
	const struct process process = {.pid = 4711,
		.start = 1,
		.program = "/usr/bin/node",
		.name = "",
		.folder = "",
		.ports = &port,
		.port_count = 1};
	const struct mishap mishap = {MISHAP_MEMORY, at, true, ENOMEM};
	struct diag *found = diag_new(), *then = diag_new();
	struct reach *reach = reach_new(resolution, given, true);
	bool happened;
	int code;

	if (!reach || !found || !then)
		abort();
	assert_int_equal(reach_judge(reach, &process, 1000, found), 0);
	mishap_arm(&mishap);
	code = reach_judge(reach, &process, LATER_MS, found);
	happened = mishap_disarm();
	assert_true(code == 0 || code == -ENOMEM);
	assert_int_equal(reach_judge(reach, &process, LATER_MS + 1, then), 0);
	if (diag_size(found) + diag_size(then) != 1)
		fail_msg("allocation %zu: told %zu times, then %zu", at, diag_size(found),
			diag_size(then));
	diag_free(found);
	diag_free(then);
	reach_free(reach);
	return happened;
}

static void what_was_lost_is_told_by_the_next_look(void **state)
{
	static char home[] = "HOME=/nonexistent", *const environment[] = {home, NULL};
	const struct resolution_request request = {.root = root, .environment = environment};
	own(resolution_release) struct resolution *resolution = NULL;
	size_t at = 1;

	(void)state;
	assert_int_equal(resolution_open(&request, &resolution, NULL), 0);
	while (at < CALLS_MAX && look_without_memory(resolution, at))
		at++;
	assert_true(at > 1);
	assert_true(at < CALLS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_lost_is_told_by_the_next_look),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
