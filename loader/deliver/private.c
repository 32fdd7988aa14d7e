// Starting it takes two forks: the first child only waits for the second one's end while that
// starts, to tell how it ended, and is gone before anything else happens.
// SPDX-License-Identifier: MIT
#include "loader/deliver/private.h"

#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/sibling.h"
#include "loader/deliver/descendants.h"
#include "loader/deliver/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PRIVATE_DESCRIPTOR 3 // where samekeyd finds its connection

// ---- the folder of its sockets

// Whoever may write a folder may put another one in the place of ours, and a socket into that.
static bool is_safe(const char *folder)
{
	struct stat facts;

	return stat(folder, &facts) == 0 && fs_is_trusted(&facts, 0);
}

static int make_folder(struct private_verifier *private, struct err *err)
{
	const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	int reason = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		char folder[sizeof(private->handoff) - sizeof("/handoff.sock")];

		if (!bases[i] || bases[i][0] != '/' || !is_safe(bases[i]) ||
			snprintf(folder, sizeof(folder), "%s/samekey.XXXXXX", bases[i]) >=
				(int)sizeof(folder))
			continue;
		if (mkdtemp(folder)) {
			(void)snprintf(private->api, sizeof(private->api), "%s/api.sock", folder);
			(void)snprintf(private->handoff, sizeof(private->handoff),
				"%s/handoff.sock", folder);
			return 0;
		}
		reason = errno;
	}
	(void)err_set(
		err, -reason, NULL, "cannot make a folder for its sockets: %s", strerror(reason));
	return err_hint(err, "set XDG_RUNTIME_DIR or TMPDIR to a folder that can be written");
}

static void remove_folder(struct private_verifier *private)
{
	char *slash = strrchr(private->api, '/');

	if (!slash)
		return;
	(void)unlink(private->api); // all is gone already where it came to remove it itself
	(void)unlink(private->handoff);
	*slash = '\0';
	(void)rmdir(private->api);
	private->api[0] = private->handoff[0] = '\0';
}

// ---- starting it

struct start {
	const char *program;
	const struct private_options *options;
	const char *api, *handoff;
	int theirs; // end of the pair
};

// The second child: becomes samekeyd, with nothing open but its connection and standard error.
static void become_verifier(const struct start *start)
{
	// by which it finds the key of fingerprints
	static const char *const key_places[] = {
		"HOME", "XDG_STATE_HOME", "CREDENTIALS_DIRECTORY", NULL};
	char number[16], *environment[16];
	const char *words[10] = {"samekeyd", "--private", number};
	size_t count = 3;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(number, sizeof(number), "%d", PRIVATE_DESCRIPTOR);
	if (*start->api) {
		words[count++] = "--api";
		words[count++] = start->api;
		words[count++] = "--handoff";
		words[count++] = start->handoff;
	}
	if (start->options->ini) {
		words[count++] = "--ini";
		words[count++] = start->options->ini;
	}
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return;
	if (start->theirs == PRIVATE_DESCRIPTOR ? fcntl(start->theirs, F_SETFD, 0) < 0
						: dup2(start->theirs, PRIVATE_DESCRIPTOR) < 0)
		return;
	(void)close_range(PRIVATE_DESCRIPTOR + 1, ~0u, 0); // before Linux 5.9 our own end at exec
	sibling_environment(key_places, environment, ARRAY_SIZE(environment));
	(void)execve(start->program, (char *const *)(uintptr_t)words, environment);
}

// The first child: ends as samekeyd ended, for whoever waits. If nobody does, for samekey was ended
// meanwhile, the folder is left to this one.
static void stand_between(const struct start *start, struct private_verifier *private)
{
	int status = 0;
	pid_t verifier;

	(void)setsid(); // what ends the app from a terminal is not for the verifier
	(void)signal(SIGCHLD, SIG_DFL);
	verifier = fork();
	if (verifier == 0) {
		become_verifier(start);
		_exit(EXIT_UNAVAILABLE);
	}
	private_close(private); // so that both see the other end's hang-up
	own_fd_release(&start->theirs);
	while (verifier > 0 && waitpid(verifier, &status, 0) < 0 && errno == EINTR)
		;
	remove_folder(private);
	_exit(verifier > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNAVAILABLE);
}

// Ends the first child, or lets it end.
// Returns: what samekeyd exited with.
static int end_between(pid_t between, bool serves)
{
	int status = 0;

	if (serves)
		(void)kill(between, SIGKILL); // our own child, and not yet waited for
	while (waitpid(between, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_UNAVAILABLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNAVAILABLE;
}

// Asks until it answers: what is sent before it reads waits in the socket.
static int await(const struct private_verifier *private, struct secret_arena *arena,
	struct pool *pool, struct err *err)
{
	const struct handoff_options options = {
		.connection = &private->connection, .timeout_ms = PRIVATE_START_MS};
	const struct handoff_question question = {"GET", "/healthz", NULL};
	struct handoff_answer answer;

	return handoff_ask(&options, &question, arena, pool, &answer, err);
}

static int start_failed(const struct start *start, int code, int exit, struct err *err)
{
	if (code == HANDOFF_E_DIED && start->options->ini &&
		(exit == EXIT_SETTINGS || exit == EXIT_NO_INPUT)) {
		(void)err_set(err, PRIVATE_E_SETTINGS, start->options->ini,
			"the private verifier does not take its settings");
		(void)err_hint(
			err, "samekeyd --check --ini %s says what is wrong", start->options->ini);
		return PRIVATE_E_SETTINGS;
	}
	if (code == HANDOFF_E_DIED)
		(void)err_set(err, PRIVATE_E_FAILED, start->program,
			"the private verifier ended before it served (exit status %d)", exit);
	else
		(void)err_set(err, PRIVATE_E_FAILED, start->program,
			"the private verifier does not serve");
	return PRIVATE_E_FAILED;
}

static int start_it(const struct start *start, struct private_verifier *private,
	struct secret_arena *arena, struct pool *pool, struct err *err)
{
	struct sigaction inherited, usual = {.sa_handler = SIG_DFL};
	int code, exit;
	pid_t between;

	if (sigaction(SIGCHLD, &usual, &inherited) < 0) // ignored, it would lose the exit status
		return err_set(err, -errno, NULL, "cannot start it: %s", strerror(errno));
	between = fork();
	if (between == 0)
		stand_between(start, private);
	own_fd_release(&start->theirs);
	if (between < 0) {
		code = err_set(err, -errno, NULL, "cannot start it: %s", strerror(errno));
	} else {
		descendants_spare(between); // whose session it is
		code = await(private, arena, pool, err);
		if (code)
			own_fd_release(&private->connection); // ends it, if it hangs
		exit = end_between(between, code != HANDOFF_E_DIED);
		if (code)
			code = start_failed(start, code, exit, err);
	}
	(void)sigaction(SIGCHLD, &inherited, NULL); // as it was, for the app
	return code;
}

int private_start(const struct private_options *options, struct secret_arena *arena,
	struct pool *pool, struct private_verifier *ret_private, struct err *err)
{
	struct private_verifier private = PRIVATE_NONE;
	char program[PATH_MAX];
	int pair[2], code = 0;

	if (sibling_find("samekeyd", program, err) < 0)
		return PRIVATE_E_ABSENT;
	if (options->sockets) {
		code = make_folder(&private, err);
		if (code < 0)
			return code;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		code = err_set(err, -errno, NULL, "cannot make a socket pair: %s", strerror(errno));
	} else {
		const struct start start = {
			program, options, private.api, private.handoff, pair[1]};

		private.connection = pair[0];
		code = start_it(&start, &private, arena, pool, err);
	}
	if (code) {
		remove_folder(&private);
		return code;
	}
	*ret_private = private;
	return 0;
}

void private_close(struct private_verifier *private)
{
	own_fd_release(&private->connection);
	private->connection = -1;
}

void private_leave(struct private_verifier *private)
{
	private_close(private);
	if (getpid() == 1)
		remove_folder(private);
}

int private_help(struct err *err)
{
	const char *const words[] = {"samekeyd", "--help", NULL};
	char program[PATH_MAX];

	if (sibling_find("samekeyd", program, err) < 0)
		return PRIVATE_E_ABSENT;
	(void)execve(program, (char *const *)(uintptr_t)words, environ);
	return err_set(err, -errno, program, "cannot run it: %s", strerror(errno));
}
