// Started by fork and exec, awaited by polling, ended by its pid; it dies with the test.
// SPDX-License-Identifier: MIT
#include "tests/unit/redisserver.h"

#include "lib/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define WAIT_MS 20000
#define WORDS_MAX 64

// Where the packages were unpacked, or NULL.
static const char *unpacked(void)
{
	const char *folder = getenv("CHECK_DEBIAN");
	static char program[4096];

	if (!folder)
		return NULL;
	(void)snprintf(program, sizeof(program), "%s/usr/bin/redis-server", folder);
	return access(program, X_OK) == 0 ? folder : NULL;
}

static void run_child(const char *name, const char *const *words)
{
	const char *folder = unpacked();
	const char *argv[WORDS_MAX + 2] = {name};
	char path[4096], libraries[8192];

	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[i + 1] = words[i];
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)snprintf(path, sizeof(path), "%s/usr/bin/%s", folder ? folder : "", name);
	if (folder) {
		(void)snprintf(libraries, sizeof(libraries),
			"%s/usr/lib/x86_64-linux-gnu:%s/usr/lib/aarch64-linux-gnu", folder, folder);
		(void)setenv("LD_LIBRARY_PATH", libraries, 1);
	}
	(void)execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

pid_t redisserver_run(const char *name, const char *const *words, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (out >= 0)
			(void)dup2(out, STDOUT_FILENO);
		run_child(name, words);
	}
	assert_true(pid > 0);
	return pid;
}

static bool answers(const struct redisserver *server)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char answer[7] = "";
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", server->socket);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
		send(fd, "PING\r\n", 6, MSG_NOSIGNAL) != 6 || recv(fd, answer, 6, 0) < 1)
		return false;
	return strncmp(answer, "-LOADI", 6) != 0;
}

static void await(struct redisserver *server)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t deadline_ms = clock_steady_ms() + WAIT_MS;

	while (!answers(server)) {
		if (waitpid(server->pid, NULL, WNOHANG) == server->pid && !(server->pid = 0))
			fail_msg("redis-server ended, see %s/log", server->folder);
		if (clock_steady_ms() > deadline_ms)
			fail_msg("redis-server does not answer");
		(void)nanosleep(&pause, NULL);
	}
}

void redisserver_start(struct redisserver *server)
{
	const char *base = getenv("TMPDIR");
	const char *words[WORDS_MAX] = {"--port", "0", "--unixsocket", server->socket, "--dir",
		server->folder, "--save", "", "--logfile", "log", "--daemonize", "no"};
	size_t count = 12;

	if (!unpacked() && access("/usr/bin/redis-server", X_OK) < 0)
		fail_msg("no redis-server: `make check` unpacks one, and CHECK_DEBIAN says where");
	if (!server->folder[0]) {
		(void)snprintf(server->folder, sizeof(server->folder), "%s/redis.XXXXXX",
			base && strlen(base) < 40 ? base : "/tmp");
		if (!mkdtemp(server->folder))
			fail_msg("no folder %s", server->folder);
		(void)snprintf(
			server->socket, sizeof(server->socket), "%s/redis.sock", server->folder);
		(void)snprintf(server->url, sizeof(server->url), "redis://%s", server->socket);
	}
	for (size_t i = 0; server->settings[i]; i++)
		words[count++] = server->settings[i];
	server->pid = redisserver_run("redis-server", words, -1);
	await(server);
}

static void end_by(struct redisserver *server, int signal_number)
{
	if (server->pid <= 0)
		return;
	(void)kill(server->pid, signal_number);
	(void)kill(server->pid, SIGCONT);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
	server->pid = 0;
}

void redisserver_kill(struct redisserver *server)
{
	end_by(server, SIGKILL);
}

void redisserver_stop(struct redisserver *server)
{
	end_by(server, SIGTERM);
}

// Removes a folder of files and of folders of files.
static void clear(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) < 0)
			clear(path);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(folder);
}

void redisserver_end(struct redisserver *server)
{
	redisserver_kill(server);
	if (server->folder[0])
		clear(server->folder);
	server->folder[0] = '\0';
}

const char *redisserver_ask(struct redisserver *server, const char *const *words)
{
	static char answer[4096];
	const char *all[WORDS_MAX] = {"-s", server->socket};
	size_t used = 0, count = 2;
	int pipes[2], status;
	ssize_t got;
	pid_t pid;

	for (; words[count - 2]; count++)
		all[count] = words[count - 2];
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = redisserver_run("redis-cli", all, pipes[1]);
	(void)close(pipes[1]);
	while (used < sizeof(answer) - 1 &&
		(got = read(pipes[0], answer + used, sizeof(answer) - 1 - used)) > 0)
		used += (size_t)got;
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("redis-cli %s failed", words[0]);
	while (used > 0 && answer[used - 1] == '\n')
		used--;
	answer[used] = '\0';
	return answer;
}
