// Once inside the sandbox: what a scan needs still works, and each forbidden thing ends the
// process.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "loader/scan/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define FINE 0
#define WRONG 9
#define NOT_CONFINED 10

static char folder[] = "/tmp/samekey.sandbox.XXXXXX";

// ---- what is tried inside

static int make_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int run_program(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return execve("/bin/true", words, words + 1);
}

static int make_process(void)
{
	return fork();
}

static int open_for_writing(void)
{
	return openat(AT_FDCWD, "inside", O_WRONLY);
}

static int make_file(void)
{
	return openat(AT_FDCWD, "new", O_RDONLY | O_CREAT, 0600);
}

static int cut_file(void)
{
	return openat(AT_FDCWD, "inside", O_RDONLY | O_TRUNC);
}

static int trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int remove_file(void)
{
	return unlinkat(AT_FDCWD, "inside", 0);
}

static int end_another(void)
{
	return kill(getppid(), SIGURG);
}

static int make_memory_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED && errno == EACCES ? FINE : WRONG;
}

static int read_inside(void)
{
	own_fd int fd = openat(AT_FDCWD, "inside", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'x' ? FINE : WRONG;
}

static int take_memory(void)
{
	void *block = malloc(8 << 20);
	bool taken = block != NULL;

	free(block);
	return taken ? FINE : WRONG;
}

static int read_outside(void)
{
	own_fd int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	return fd < 0 && errno == EACCES ? FINE : WRONG;
}

static const struct {
	const char *what;
	int (*try)(void);
	bool ends; // the process
} cases[] = {
	{"a socket", make_socket, true},
	{"another program", run_program, true},
	{"another process", make_process, true},
	{"a file opened for writing", open_for_writing, true},
	{"a new file", make_file, true},
	{"a file cut off", cut_file, true},
	{"ptrace", trace, true},
	{"a file removed", remove_file, true},
	{"a signal for somebody else", end_another, true},
	{"memory that is executable", make_memory_executable, false},
	{"a file read", read_inside, false},
	{"memory", take_memory, false},
};

// Returns: how the child ended, as waitpid says.
static int in_sandbox(int (*try)(void), bool needs_landlock)
{
	const char *const paths[] = {".", "not-there"};
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct sandbox sandbox;

		if (chdir(folder) < 0 ||
			sandbox_enter(paths, ARRAY_SIZE(paths), &sandbox, NULL) < 0 ||
			(!needs_landlock && !sandbox.filtered))
			_exit(WRONG);
		if (needs_landlock && !sandbox.landlock)
			_exit(NOT_CONFINED);
		_exit(try() == FINE ? FINE : WRONG);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void only_what_a_scan_needs(void **state)
{
	(void)state;
	if (!sandbox_is_built())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status = in_sandbox(cases[i].try, false);
		bool ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;

		if (cases[i].ends ? !ended : !WIFEXITED(status) || WEXITSTATUS(status) != FINE)
			fail_msg("%s: status %x", cases[i].what, (unsigned)status);
	}
}

static void nothing_outside_of_the_paths(void **state)
{
	int status = in_sandbox(read_outside, true);

	(void)state;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED)
		skip();
	assert_int_equal(status, FINE);
}

static int set_up(void **state)
{
	char path[sizeof(folder) + 16];
	int fd;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/inside", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		return -1;
	return close(fd);
}

static int tear_down(void **state)
{
	char path[sizeof(folder) + 16];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/inside", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/new", folder);
	(void)unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_scan_needs),
		cmocka_unit_test(nothing_outside_of_the_paths),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
