// What the helper's keeper and its workers can still do, and what they cannot: each case in a
// process of its own.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/enclosure.h"

#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define WRONG 97
#define ENDS (-1) // by SIGSYS

static char scratch[] = "/tmp/samekey.enclosure.XXXXXX";
static in_port_t port;

static int told(bool done)
{
	return done ? 0 : errno ? errno : WRONG;
}

static int run_program(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return told(execve("/bin/true", words, words + 1) == 0);
}

static int trace(void)
{
	return told(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static int make_file(void)
{
	return told(openat(AT_FDCWD, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static int write_file(void)
{
	return told(open("file", O_WRONLY | O_CLOEXEC) >= 0);
}

static int remove_file(void)
{
	return told(unlink("file") == 0);
}

static int open_to_others(void)
{
	return told(chmod("file", 0666) == 0);
}

static int make_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return told(child > 0 && waitpid(child, NULL, 0) == child);
}

static int listen_here(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	errno = 0;
	return told(listen(fd, 1) == 0);
}

static int end_another(void)
{
	return told(kill(getppid(), SIGURG) == 0);
}

static int read_file(void)
{
	return told(open("file", O_RDONLY | O_CLOEXEC) >= 0);
}

static int connect_out(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return told(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
}

static int find_host(void)
{
	struct addrinfo *found = NULL;
	int code = getaddrinfo("localhost", NULL, NULL, &found);

	if (code == 0)
		freeaddrinfo(found);
	return code == 0 ? 0 : WRONG;
}

static void *work(void *given)
{
	return given;
}

static int start_thread(void)
{
	pthread_t thread;

	return told(
		pthread_create(&thread, NULL, work, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static const struct {
	const char *what;
	int (*try)(void);
	int keeper, worker; // ENDS, 0 or an errno
	bool landlock;
} cases[] = {
	{"another program", run_program, ENDS, ENDS, false},
	{"ptrace", trace, ENDS, ENDS, false},
	{"a file opened to others", open_to_others, EPERM, EPERM, false},
	{"a process", make_process, 0, EPERM, false},
	{"a listener", listen_here, 0, EPERM, false},
	{"a signal for another", end_another, EPERM, EPERM, false},
	{"a file made", make_file, EACCES, EACCES, true},
	{"a file written", write_file, EACCES, EACCES, true},
	{"a file removed", remove_file, EACCES, EACCES, true},
	{"a file read", read_file, 0, 0, false},
	{"a connection by TCP", connect_out, 0, 0, false},
	{"the address of a host", find_host, 0, 0, false},
	{"a thread", start_thread, 0, 0, false},
};

static int inside(int (*try)(void), bool worker)
{
	const struct enclosure all = {.seccomp = true, .landlock = true};
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (chdir(scratch) < 0 || enclosure_enter(&all) < 0 ||
			(worker && enclosure_enter_worker(&all) < 0))
			_exit(WRONG);
		errno = 0;
		_exit(try());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? ENDS : WRONG;
	return WEXITSTATUS(status);
}

static void try_all(bool landlock)
{
	size_t failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int keeper, worker;

		if (cases[i].landlock != landlock)
			continue;
		keeper = inside(cases[i].try, false);
		worker = inside(cases[i].try, true);
		if (keeper == cases[i].keeper && worker == cases[i].worker)
			continue;
		failed++;
		print_error("%s: keeper %d, worker %d\n", cases[i].what, keeper, worker);
	}
	assert_int_equal(failed, 0);
}

static void what_is_refused_and_what_is_needed(void **state)
{
	(void)state;
	if (!callfilter_is_built())
		skip();
	try_all(false);
}

static void no_file_is_changed(void **state)
{
	(void)state;
	if (!callfilter_is_built() || !landlock_version())
		skip();
	try_all(true);
}

static int set_up(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[96];

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 8) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) < 0 || !mkdtemp(scratch))
		return -1;
	port = ntohs(at.sin_port);
	(void)signal(SIGURG, SIG_IGN);
	(void)snprintf(path, sizeof(path), "%s/file", scratch);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/file", scratch);
	(void)unlink(path);
	return rmdir(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused_and_what_is_needed),
		cmocka_unit_test(no_file_is_changed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
