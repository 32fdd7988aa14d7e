// Files that somebody writes at this moment: their times cannot be trusted yet. And links.
// SPDX-License-Identifier: MIT
#include "lib/base/fs.h"

#include "lib/base/err.h"
#include "lib/base/freshfile.h"
#include "tests/unit/onefile.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)
#define SOON_NS (8 * NS_PER_S)
#define SETTLED_NS INT64_C(20000000)

static int64_t age_ns(struct timespec since)
{
	struct timespec now = {0};

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return (now.tv_sec - since.tv_sec) * NS_PER_S + now.tv_nsec - since.tv_nsec;
}

static int read_file(struct stat *ret_facts)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_ANYWHERE};
	own(secret_arena_release) struct secret_arena *arena = NULL;
	struct fs_file file;
	int code;

	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	code = fs_read(AT_FDCWD, onefile_path, &rules, arena, &file, NULL);
	if (code == 0)
		*ret_facts = file.facts;
	return code;
}

static void a_file_written_this_moment_is_read_when_its_times_tell(void **state)
{
	own_fd int fd = open(onefile_path, O_WRONLY | O_CLOEXEC);
	struct stat facts = {0};

	(void)state;
	assert_int_equal(pwrite(fd, "A=1\n", 4, 0), 4);
	assert_int_equal(read_file(&facts), 0);
	assert_true(age_ns(facts.st_ctim) >= SETTLED_NS);
}

// Writes the file in place until it is killed.
static void write_on(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int fd = open(onefile_path, O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 10000 && pwrite(fd, i % 2 ? "A=1\n" : "A=2\n", 4, 0) == 4; i++)
		(void)nanosleep(&pause, NULL);
	_exit(0);
}

static void a_file_that_is_always_written_is_not_read(void **state)
{
	struct stat facts = {0};
	struct timespec began;
	pid_t writer;
	int code = 0;

	(void)state;
	writer = fork();
	assert_true(writer >= 0);
	if (writer == 0)
		write_on();
	// the writer may begin a little later
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &began), 0);
	while (code == 0 && age_ns(began) < SOON_NS)
		code = read_file(&facts);
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(code, -EAGAIN);
}

// The folder that all begins in is / where a container has no other.
static void a_link_by_absolute_path_leads_below_the_root_folder(void **state)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_INSIDE};
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[sizeof(onefile_path) + 5];
	struct fs_file file;

	(void)state;
	(void)snprintf(link, sizeof(link), "%s.link", onefile_path);
	assert_int_equal(symlink(onefile_path, link), 0);
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	assert_int_equal(fs_read(root, link + 1, &rules, arena, &file, NULL), 0);
	assert_int_equal(unlink(link), 0);
}

// PATH and PATH.more begin alike, but the one is not in the other.
static void a_link_into_a_folder_that_begins_alike_is_refused(void **state)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_INSIDE};
	own(secret_arena_release) struct secret_arena *arena = NULL;
	char folder[sizeof(onefile_path) + 5], target[sizeof(folder) + 5], link[sizeof(folder) + 5];
	own_fd int handle = -1;
	struct fs_file file;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s.d", onefile_path);
	(void)snprintf(target, sizeof(target), "%sue", folder); // PATH.due
	(void)snprintf(link, sizeof(link), "%s/l", folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(mkdir(target, 0700), 0);
	(void)strncat(target, "/e", sizeof(target) - strlen(target) - 1);
	assert_int_equal(freshfile_write(target, "A=1\n", 4, 0600, false, NULL), 0);
	assert_int_equal(symlink(target, link), 0);
	handle = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	assert_int_equal(fs_read(handle, "l", &rules, arena, &file, NULL), -ELOOP);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(target), 0);
	*strrchr(target, '/') = '\0';
	assert_int_equal(rmdir(target), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_written_this_moment_is_read_when_its_times_tell),
		cmocka_unit_test(a_file_that_is_always_written_is_not_read),
		cmocka_unit_test(a_link_by_absolute_path_leads_below_the_root_folder),
		cmocka_unit_test(a_link_into_a_folder_that_begins_alike_is_refused),
	};

	return cmocka_run_group_tests_name("fs", tests, onefile_make, onefile_remove);
}
