// One child, one pipe for its answer and one for its complaint, a deadline.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/gitcall.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define COMPLAINT_MAX 512

static const char *const places[] = {"/usr/bin/git", "/usr/local/bin/git", "/bin/git"};

// What keeps git from running anything that a repository may name.
static const char *const clean[] = {"--no-optional-locks", "--no-pager", "-c",
	"core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false",
	"-c", "protocol.allow=never", "-c", "core.quotePath=false", "-c",
	"log.showSignature=false"};

struct stream {
	int fd;
	char *bytes;
	size_t length, room;
	bool cut;
};

static void become_git(const char *program, char *const *words, const char *home, int out,
	int complaint, pid_t parent)
{
	char home_text[PATH_MAX + 8] = "HOME=/nonexistent";
	char *const environment[] = {home_text, (char[]){"PATH=/usr/bin:/bin"},
		(char[]){"LC_ALL=C"}, (char[]){"GIT_OPTIONAL_LOCKS=0"},
		(char[]){"GIT_TERMINAL_PROMPT=0"}, (char[]){"GIT_NO_LAZY_FETCH=1"},
		(char[]){"GIT_ALLOW_PROTOCOL=none"}, (char[]){"GIT_PAGER=cat"},
		(char[]){"GIT_NO_REPLACE_OBJECTS=1"}, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (home)
		(void)snprintf(home_text, sizeof(home_text), "HOME=%s", home);
	if (null < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
		dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(complaint, STDERR_FILENO) < 0)
		return;
	(void)execve(program, words, environment);
}

// Takes what is there; past the room it is read and dropped, so that the child comes to its end.
static void pull(struct stream *stream)
{
	char spill[4096];
	bool full = stream->length == stream->room;
	ssize_t got = read(stream->fd, full ? spill : stream->bytes + stream->length,
		full ? sizeof(spill) : stream->room - stream->length);

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		(void)close(stream->fd); // only read
		stream->fd = -1;
	} else if (full) {
		stream->cut = true;
	} else {
		stream->length += (size_t)got;
	}
}

// Reads both to their ends. Returns: whether they came in time.
static bool collect(struct stream streams[static 2])
{
	uint64_t deadline = clock_steady_ms() + GITCALL_TIMEOUT_MS;

	while (streams[0].fd >= 0 || streams[1].fd >= 0) {
		struct pollfd polled[2] = {{.fd = streams[0].fd, .events = POLLIN},
			{.fd = streams[1].fd, .events = POLLIN}};
		uint64_t now = clock_steady_ms();

		if (now >= deadline)
			return false;
		if (poll(polled, 2, (int)(deadline - now)) < 0 && errno != EINTR)
			return false;
		for (size_t i = 0; i < 2; i++)
			if (streams[i].fd >= 0 && polled[i].revents)
				pull(&streams[i]);
	}
	return true;
}

static int start(const char *program, char *const *words, const char *home,
	struct stream streams[static 2], pid_t *ret_child)
{
	pid_t parent = getpid();
	int out[2], complaint[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(complaint, O_CLOEXEC) < 0) {
		int code = -errno;

		(void)close(out[0]);
		(void)close(out[1]);
		return code;
	}
	*ret_child = fork();
	if (*ret_child == 0) {
		become_git(program, words, home, out[1], complaint[1], parent);
		_exit(EXIT_CANNOT_RUN);
	}
	(void)close(out[1]);
	(void)close(complaint[1]);
	streams[0].fd = out[0];
	streams[1].fd = complaint[0];
	return *ret_child < 0 ? -errno : 0;
}

static int judge(
	int status, const struct stream *complaint, struct gitcall_answer *answer, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) < 2) {
		answer->exit = WEXITSTATUS(status);
		return 0;
	}
	if (strstr(complaint->bytes, "not a git repository"))
		return GITCALL_E_NONE;
	(void)err_set(err, -EPERM, NULL, "git will not look: %.*s",
		(int)strcspn(complaint->bytes, "\n"), complaint->bytes);
	if (strstr(complaint->bytes, "dubious ownership"))
		(void)err_hint(err, "run samekey doctor as the user who owns the repository");
	return GITCALL_E_REFUSED;
}

static int run(const char *program, char *const *words, const char *home, struct pool *pool,
	struct gitcall_answer *answer, struct err *err)
{
	char complaint[COMPLAINT_MAX + 1] = "";
	struct sigaction usual = {.sa_handler = SIG_DFL}, inherited;
	struct stream streams[2] = {{.fd = -1,
					    .bytes = pool_take(pool, GITCALL_OUTPUT_MAX + 1),
					    .room = GITCALL_OUTPUT_MAX},
		{.fd = -1, .bytes = complaint, .room = COMPLAINT_MAX}};
	bool in_time = false;
	int code, status = 0;
	pid_t child = -1;

	if (!streams[0].bytes)
		return -ENOMEM;
	(void)sigaction(SIGCHLD, &usual, &inherited); // ignored, it would lose the exit status
	code = start(program, words, home, streams, &child);
	if (code == 0)
		in_time = collect(streams);
	if (child > 0 && !in_time)
		(void)kill(child, SIGKILL);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGCHLD, &inherited, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++)
		if (streams[i].fd >= 0)
			(void)close(streams[i].fd); // only read
	if (code < 0)
		return err_set(err, code, program, "cannot start it: %s", strerror(-code));
	answer->bytes = streams[0].bytes;
	answer->length = streams[0].length;
	answer->cut = streams[0].cut;
	if (in_time)
		return judge(status, &streams[1], answer, err);
	(void)err_set(
		err, -ETIMEDOUT, NULL, "git took longer than %d s", GITCALL_TIMEOUT_MS / 1000);
	return GITCALL_E_TIMEOUT;
}

int gitcall(const char *folder, const char *home, const char *const *words, struct pool *pool,
	struct gitcall_answer *ret_answer, struct err *err)
{
	const char *program = NULL, *line[GITCALL_WORDS_MAX + ARRAY_SIZE(clean) + 4];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !program; i++)
		if (access(places[i], X_OK) == 0)
			program = places[i];
	if (!program)
		return GITCALL_E_ABSENT;
	line[count++] = program;
	line[count++] = "-C";
	line[count++] = folder;
	for (size_t i = 0; i < ARRAY_SIZE(clean); i++)
		line[count++] = clean[i];
	for (size_t i = 0; i < GITCALL_WORDS_MAX && words[i]; i++)
		line[count++] = words[i];
	line[count] = NULL;
	return run(program, (char *const *)(uintptr_t)line, home, pool, ret_answer, err);
}
