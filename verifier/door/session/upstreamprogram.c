// It gets none of our descriptors and hardly anything of our environment.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstreamprogram.h"

#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define DESCRIPTOR 3 // that it gets
#define ABOVE_ALL 10 // out of the way of the numbers that it gets
#define END_MS 2000  // until it is ended by force
#define SEND_BUFFER (1024 * 1024)

int upstreamprogram_find(char path[static PATH_MAX], struct err *err)
{
	const char *named = getenv("SAMEKEY_UPSTREAM");

	if (!named || !*named)
		return sibling_find(UPSTREAMPROGRAM_NAME, path, err);
	if (snprintf(path, PATH_MAX, "%s", named) < PATH_MAX && access(path, X_OK) == 0)
		return 0;
	(void)err_set(err, -ENOENT, named, "SAMEKEY_UPSTREAM names no program");
	(void)err_hint(err, "unset it, or let it name %s", UPSTREAMPROGRAM_NAME);
	return -ENOENT;
}

static void become(const char *program, unsigned without, int theirs)
{
	// where certificates lie, and how names are resolved
	static const char *const wanted[] = {
		"SSL_CERT_FILE", "SSL_CERT_DIR", "RES_OPTIONS", "LOCALDOMAIN", NULL};
	char *const words[] = {(char[]){UPSTREAMPROGRAM_NAME}, (char[]){'0' + DESCRIPTOR, '\0'},
		without ? (char[]){(char)('0' + without), '\0'} : NULL, NULL};
	char *environment[16];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	theirs = fcntl(theirs, F_DUPFD_CLOEXEC, ABOVE_ALL);
	if (null < 0 || theirs < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || dup2(theirs, DESCRIPTOR) < 0)
		return;
	(void)close_range(DESCRIPTOR + 1, ~0u, 0); // before Linux 5.9 all is close-on-exec
	sibling_environment(wanted, environment, ARRAY_SIZE(environment));
	(void)execve(program, words, environment);
}

int upstreamprogram_start(
	const char *program, unsigned without, int *ret_fd, pid_t *ret_pid, struct err *err)
{
	const int size = SEND_BUFFER;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, -errno, NULL, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)); // else the usual
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); // of a keeper that follows an ended one
	pid = fork();
	if (pid == 0) {
		become(program, without, pair[1]);
		_exit(EXIT_CANNOT_RUN);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		int code = err_set(err, -errno, program, "cannot start it: %s", strerror(errno));

		(void)close(pair[0]);
		return code;
	}
	*ret_fd = pair[0];
	*ret_pid = pid;
	return 0;
}

bool upstreamprogram_reap(pid_t *pid)
{
	bool any = false;
	pid_t ended;

	while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {
		any = true;
		if (ended == *pid)
			*pid = -1;
	}
	return any;
}

void upstreamprogram_end(pid_t pid)
{
	own_fd int handle = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd over = {.fd = handle, .events = POLLIN};

	if (handle < 0 || poll(&over, 1, END_MS) <= 0)
		(void)kill(pid, SIGKILL); // our own child, and not yet waited for
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
