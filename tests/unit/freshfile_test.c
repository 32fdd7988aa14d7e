// New files, and new bytes in the place of others: what is in the way stays as it is.
// SPDX-License-Identifier: MIT
#include "lib/base/freshfile.h"

#include "lib/base/err.h"
#include "tests/unit/onefile.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static bool told_to_end; // in the middle of a write

int fsync(int fd)
{
	if (told_to_end)
		(void)raise(SIGTERM);
	return fdatasync(fd);
}

static void who_is_told_to_end_leaves_a_whole_file_and_nothing_beside_it(void **state)
{
	char target[64], pattern[96];
	struct stat facts;
	glob_t found;
	int status;
	pid_t child;

	(void)state;
	(void)snprintf(target, sizeof(target), "%s.new", onefile_path);
	(void)snprintf(pattern, sizeof(pattern), "%s.*.tmp", target);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		told_to_end = true;
		_exit(freshfile_write(target, "A=1\n", 4, 0600, true, NULL) == 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	assert_int_equal(stat(target, &facts), 0);
	assert_int_equal(facts.st_size, 4);
	assert_int_equal(unlink(target), 0);
}

// A leftover of a process that had the same number, as the first one of each container has.
static void a_leftover_of_the_same_process_id_is_no_obstacle(void **state)
{
	char target[64], leftover[96];
	int fd;

	(void)state;
	(void)snprintf(target, sizeof(target), "%s.new", onefile_path);
	(void)snprintf(leftover, sizeof(leftover), "%s.%d.tmp", target, (int)getpid());
	fd = open(leftover, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(freshfile_write(target, "A=1\n", 4, 0600, false, NULL), 0);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(unlink(leftover), 0);
}

static void a_file_that_changed_since_is_not_replaced(void **state)
{
	struct stat was, now;
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(stat(onefile_path, &was), 0);
	was.st_mtim.tv_nsec ^= 1;
	assert_int_equal(freshfile_replace(onefile_path, "B=2\n", 4, &was, &err), -EAGAIN);
	assert_string_equal(err.what, "changed since it was read");
	assert_int_equal(stat(onefile_path, &now), 0);
	assert_int_equal(now.st_ino, was.st_ino);
	assert_int_equal(freshfile_replace(onefile_path, "B=2\n", 4, &now, NULL), 0);
	assert_int_equal(stat(onefile_path, &now), 0);
	assert_int_equal(now.st_size, 4);
}

static void a_file_with_two_names_is_not_replaced(void **state)
{
	char other[sizeof(onefile_path) + 6];
	struct err err = ERR_NONE;
	struct stat was, now;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s.other", onefile_path);
	assert_int_equal(link(onefile_path, other), 0);
	assert_int_equal(stat(onefile_path, &was), 0);
	assert_int_equal(freshfile_replace(onefile_path, "B=2\n", 4, &was, &err), -EPERM);
	assert_non_null(strstr(err.what, "has 2 names"));
	assert_int_equal(stat(other, &now), 0);
	assert_int_equal(now.st_ino, was.st_ino);
	assert_int_equal(unlink(other), 0);
}

// What `>` would write through, a rename would take away from everybody else.
static void only_a_regular_file_is_written_over(void **state)
{
	char fifo[sizeof(onefile_path) + 5], link[sizeof(onefile_path) + 5],
		folder[sizeof(onefile_path) + 2];
	const struct {
		const char *rule, *path;
		bool replace;
		int code;
	} rows[] = {
		{"a file that is there", onefile_path, false, -EEXIST},
		{"a file that may be replaced", onefile_path, true, 0},
		{"a FIFO", fifo, true, -EPERM},
		{"a FIFO, by a link", link, true, -EPERM},
		{"a folder", folder, true, -EISDIR},
	};
	struct stat facts;

	(void)state;
	(void)snprintf(fifo, sizeof(fifo), "%s.fifo", onefile_path);
	(void)snprintf(link, sizeof(link), "%s.link", onefile_path);
	(void)snprintf(folder, sizeof(folder), "%s.d", onefile_path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink(fifo, link), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int code = freshfile_write(rows[i].path, "A=1\n", 4, 0640, rows[i].replace, NULL);

		if (code != rows[i].code)
			fail_msg("%s: %d", rows[i].rule, code);
	}
	assert_int_equal(stat(onefile_path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0640);
	assert_int_equal(stat(link, &facts), 0);
	assert_true(S_ISFIFO(facts.st_mode));
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_told_to_end_leaves_a_whole_file_and_nothing_beside_it),
		cmocka_unit_test(a_leftover_of_the_same_process_id_is_no_obstacle),
		cmocka_unit_test(a_file_that_changed_since_is_not_replaced),
		cmocka_unit_test(a_file_with_two_names_is_not_replaced),
		cmocka_unit_test(only_a_regular_file_is_written_over),
	};

	return cmocka_run_group_tests_name("freshfile", tests, onefile_make, onefile_remove);
}
