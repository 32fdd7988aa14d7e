// Once samekeyd is inside its fence: what its work needs goes on, and each forbidden thing is
// refused or ends the process. Every case is tried in a process of its own.
// SPDX-License-Identifier: MIT
#include "verifier/fence.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "lib/confine/privileges.h"
#include "tests/unit/fencing.h"
#include "tests/unit/inchild.h"
#include "verifier/daemon.h"
#include "verifier/door/api/guards.h"
#include "verifier/setup/setup.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NOT_CONFINED 98

static struct err told; // why it could not go inside

// Goes inside as the daemon does, with a profile's key and a database.
static int enter(enum setting_flag seccomp, enum setting_flag landlock, struct guards *guards,
	struct fence **ret_fence)
{
	struct pool *pool = pool_new();
	struct setup *setup = pool ? setup_new(pool) : NULL;
	struct profile_source source = {.file = fencing_key_file};
	struct profile_rules profile = {.sources = &source, .source_count = 1};
	const struct daemon_options options = {.ini = fencing_key_file};
	const struct log log = {.fd = -1};
	const struct fence_parts parts = {&options, setup, &log, fencing_helper};

	if (!setup)
		return -ENOMEM;
	setup->profiles = &profile;
	setup->profile_count = 1;
	setup->handoff = setup->api = fencing_handoff;
	setup->store.is_on = true;
	setup->store.options.url = fencing_database;
	setup->seccomp = seccomp;
	setup->landlock = landlock;
	return fence_enter(&parts, guards, ret_fence, &told);
}

// Returns: how the child ended, as waitpid says.
static int inside(fencing_try *try, bool needs_landlock)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct guards guards = {0};
		struct fence *fence;
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		if (enter(SETTING_YES, SETTING_YES, &guards, &fence) < 0 ||
			guards.causes[GUARD_SECCOMP] != GUARD_IN_FORCE)
			_exit(FENCING_WRONG);
		if (needs_landlock && guards.causes[GUARD_LANDLOCK] != GUARD_IN_FORCE)
			_exit(NOT_CONFINED);
		errno = 0;
		_exit(try());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool came_to(int status, int expected)
{
	if (expected == FENCING_ENDS)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	if (expected == FENCING_ABORTS)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
	return WIFEXITED(status) && WEXITSTATUS(status) == expected;
}

// Returns: how many cases came to something else.
static size_t count_failed(const struct fencing_case *cases, size_t count, bool landlock)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		int status;

		if (cases[i].landlock != landlock)
			continue;
		status = inside(cases[i].try, landlock);
		if (came_to(status, cases[i].comes_to))
			continue;
		failed++;
		print_error("%s: exit %d, signal %d\n", cases[i].what,
			WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	return failed;
}

static void try_all(bool landlock)
{
	size_t forbidden = count_failed(fencing_forbidden, fencing_forbidden_count, landlock);
	size_t needed = count_failed(fencing_needed, fencing_needed_count, landlock);

	assert_int_equal(forbidden + needed, 0);
}

static void what_the_work_needs_and_nothing_else(void **state)
{
	(void)state;
	if (!callfilter_is_built())
		skip();
	try_all(false);
}

static void no_files_but_its_own(void **state)
{
	(void)state;
	if (!callfilter_is_built() || !landlock_version())
		skip();
	try_all(true);
}

static int judge_fresh(size_t at)
{
	struct guards guards = {0};
	struct fence *fence;
	struct profile_source source = {.file = fencing_key_file};
	struct profile_rules profile = {.sources = &source, .source_count = 1};
	struct setup fresh = {.profiles = &profile, .profile_count = 1};
	const struct log log = {.fd = -1};
	char other[96];

	(void)at;
	(void)snprintf(other, sizeof(other), "%s/file", fencing_elsewhere);
	if (enter(SETTING_YES, SETTING_YES, &guards, &fence) < 0 ||
		fence_judge(fence, &fresh, &log) != 0)
		return FENCING_WRONG;
	source.file = other;
	if (fence_judge(fence, &fresh, &log) != (guards.landlock ? -EACCES : 0))
		return FENCING_WRONG;
	return fence_judge(NULL, &fresh, &log) == 0 ? 0 : FENCING_WRONG;
}

static int switch_off(size_t at)
{
	struct guards guards = {0};
	struct fence *fence;
	enum guard_cause off = callfilter_is_built() ? GUARD_SETTINGS : GUARD_BUILD;

	(void)at;
	if (enter(SETTING_NO, SETTING_NO, &guards, &fence) < 0)
		return FENCING_WRONG;
	return guards.causes[GUARD_SECCOMP] == off && guards.causes[GUARD_LANDLOCK] == off &&
			       guards.causes[GUARD_NO_NEW_PRIVS] == GUARD_IN_FORCE &&
			       fencing_read_foreign() == 0 && fencing_open_network() == 0
		       ? 0
		       : FENCING_WRONG;
}

// Under a profile that knows Landlock by half.
static int enter_half(size_t at)
{
	static const struct callfilter_row half[] = {
		CALLFILTER_ALWAYS("landlock_restrict_self", EPERM)};
	const struct callfilter_table table = {half, ARRAY_SIZE(half)};
	struct guards guards = {0};
	struct fence *fence;

	(void)at;
	if (privileges_keep(NULL) < 0 || callfilter_enter(&table, 1, CALLFILTER_ALLOW, NULL) != 1)
		return FENCING_WRONG;
	if (enter(SETTING_YES, SETTING_YES, &guards, &fence) != -EPERM ||
		!strstr(told.hint, "landlock = no"))
		return FENCING_WRONG;
	return enter(SETTING_YES, SETTING_NO, &guards, &fence);
}

static void a_guard_that_cannot_be_set_up_is_told_with_the_way_out(void **state)
{
	(void)state;
	if (!callfilter_is_built() || !landlock_version())
		skip();
	assert_int_equal(inchild_run(enter_half, 0), 0);
}

static void a_file_elsewhere_needs_a_restart(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(judge_fresh, 0), 0);
}

static void a_part_can_be_switched_off(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(switch_off, 0), 0);
}

static void every_guard_has_its_words(void **state)
{
	(void)state;
	for (unsigned guard = 0; guard < GUARDS; guard++) {
		assert_true(*guards_name((enum guard)guard));
		assert_string_equal(guards_why((enum guard)guard, GUARD_IN_FORCE), "");
		for (unsigned cause = GUARD_NOT_SET; cause <= GUARD_LIMIT; cause++)
			if (cause != GUARD_IN_FORCE)
				assert_true(
					*guards_why((enum guard)guard, (enum guard_cause)cause));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_work_needs_and_nothing_else),
		cmocka_unit_test(no_files_but_its_own),
		cmocka_unit_test(a_guard_that_cannot_be_set_up_is_told_with_the_way_out),
		cmocka_unit_test(a_file_elsewhere_needs_a_restart),
		cmocka_unit_test(a_part_can_be_switched_off),
		cmocka_unit_test(every_guard_has_its_words),
	};

	return cmocka_run_group_tests(tests, fencing_set_up, fencing_tear_down);
}
