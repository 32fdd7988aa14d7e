// When a supervised tree is looked at, and who belongs to it.
// SPDX-License-Identifier: MIT
#include "loader/deliver/looks.h"
#include "loader/deliver/supervise.h"

#include "lib/base/clock.h"
#include "loader/deliver/descendants.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#define SOON_MS 20000

static bool reading_fails;

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the library's begin with __
ssize_t read(int fd, void *bytes, size_t size)
{
	if (!reading_fails)
		return syscall(SYS_read, fd, bytes, size);
	errno = EIO;
	return -1;
}

static void looks_are_dense_first_and_end(void **state)
{
	static const uint64_t first[] = {50, 100, 200, 500, 1000, 1500};
	size_t i = 0;

	(void)state;
	for (; i < ARRAY_SIZE(first); i++)
		assert_int_equal(looks_moment(i, false), first[i]);
	for (; looks_moment(i, false) != UINT64_MAX; i++)
		assert_int_equal(looks_moment(i, false), looks_moment(i - 1, false) + 500);
	assert_int_equal(looks_moment(i - 1, false), SUPERVISE_LOOKS_MS);
	assert_true(looks_moment(i + 1, false) == UINT64_MAX);
}

static void looks_for_a_late_server_are_rare_and_end(void **state)
{
	size_t i = 0;

	(void)state;
	for (; looks_moment(i, false) != UINT64_MAX; i++)
		assert_int_equal(looks_moment(i, true), looks_moment(i, false));
	for (; looks_moment(i, true) != UINT64_MAX; i++)
		assert_int_equal(looks_moment(i, true), looks_moment(i - 1, true) + 2000);
	assert_int_equal(looks_moment(i - 1, true), SUPERVISE_LATE_MS);
	assert_true(looks_moment(i + 1, true) == UINT64_MAX);
}

// A child with a child, both waiting for a signal; the grandchild's pid comes by a pipe.
static pid_t start_two(pid_t *ret_grandchild)
{
	int pair[2];
	pid_t child;

	assert_int_equal(pipe(pair), 0);
	child = fork();
	if (child == 0) {
		pid_t grandchild = fork();

		if (grandchild > 0)
			ignore_result(write(pair[1], &grandchild, sizeof(grandchild)));
		for (;;)
			(void)pause();
	}
	assert_true(child > 0);
	assert_int_equal(
		read(pair[0], ret_grandchild, sizeof(*ret_grandchild)), sizeof(*ret_grandchild));
	(void)close(pair[0]);
	(void)close(pair[1]);
	return child;
}

static const struct descendant *member_of(const struct descendants *descendants, pid_t pid)
{
	for (size_t i = 0; i < descendants->count; i++)
		if (descendants->items[i].pid == pid)
			return &descendants->items[i];
	return NULL;
}

static void descendants_are_found_held_and_stopped(void **state)
{
	pid_t grandchild = 0, child = start_two(&grandchild);
	const struct descendant *member;
	struct descendants descendants = {0};
	struct descendant reused;
	int handle;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(descendants_read(getpid(), &descendants), 0);
	assert_int_equal(descendants.count, 2);
	assert_null(member_of(&descendants, getpid()));
	assert_non_null(member_of(&descendants, child));
	member = member_of(&descendants, grandchild);
	if (!member)
		abort();
	assert_int_equal(member->parent, child);
	assert_true(descendants_has(getpid(), grandchild));
	assert_false(descendants_has(grandchild, child));
	assert_false(descendants_has(getpid(), getpid()));
	assert_false(descendants_has(getpid(), getppid()));
	reused = *member;
	reused.start++; // its number, given anew
	assert_int_equal(descendants_hold(&reused), -ESRCH);
	handle = descendants_hold(member);
	assert_true(handle >= 0);
	assert_int_equal(descendants_signal(handle, 0), 0);
	descendants_stop(1000);
	assert_int_equal(descendants_signal(handle, 0), -ESRCH);
	assert_true(descendants_hold(member) < 0);
	(void)close(handle);
	descendants_done(&descendants);
	assert_int_equal(descendants_read(getpid(), &descendants), 0);
	assert_int_equal(descendants.count, 0);
	descendants_done(&descendants);
}

static void without_anybody_stopping_is_at_once(void **state)
{
	(void)state;
	descendants_stop(600000); // would hang the test
}

static void an_exit_status_is_handed_on(void **state)
{
	(void)state;
	assert_int_equal(supervise_end(0), 0);
	assert_int_equal(supervise_end(78 << 8), 78);
}

// In a process of its own: while its parent stays it hears no signal but SIGKILL.
static void the_end_of_the_child_is_seen_without_reading(void **state)
{
	char shell[] = "/bin/sh", option[] = "-c", script[] = "sleep 0.2; exit 7";
	char *program[] = {shell, option, script, NULL};
	const struct supervise_options options = {.program = program, .environment = environ};
	uint64_t deadline = clock_steady_ms() + SOON_MS;
	pid_t stayer = fork(), over = 0;
	int status = 0;

	(void)state;
	if (stayer == 0) {
		reading_fails = true;
		_exit(supervise_run(&options, &status, NULL) == 0 ? supervise_end(status) : 99);
	}
	while (over == 0 && clock_steady_ms() < deadline) {
		ignore_result(poll(NULL, 0, 10));
		over = waitpid(stayer, &status, WNOHANG);
	}
	if (over == 0) {
		(void)kill(stayer, SIGKILL);
		(void)waitpid(stayer, NULL, 0);
		fail_msg("it goes on without its child");
	}
	assert_int_equal(status, 7 << 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_are_dense_first_and_end),
		cmocka_unit_test(looks_for_a_late_server_are_rare_and_end),
		cmocka_unit_test(descendants_are_found_held_and_stopped),
		cmocka_unit_test(without_anybody_stopping_is_at_once),
		cmocka_unit_test(an_exit_status_is_handed_on),
		cmocka_unit_test(the_end_of_the_child_is_seen_without_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
