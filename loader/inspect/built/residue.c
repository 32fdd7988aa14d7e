// The program that does a job: a child with the job, a pipe and nothing
// else. It ends with this process, and at its deadline.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/residue.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/sibling.h"
#include "lib/base/text.h"
#include "lib/wire/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PROGRAM "samekey-scan"
#define JOB_DESCRIPTOR 3 // where samekey-scan finds its job
#define ABOVE_ALL 10     // a number that dup2 leaves alone
#define GRACE_MS 10000   // past the job's own timeout

// ---- the child

static void become_scan(const char *program, int job, int out, pid_t parent)
{
	char *const words[] = {(char[]){PROGRAM}, NULL};
	char *environment[8];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	// both out of the way of the numbers that they get
	job = fcntl(job, F_DUPFD_CLOEXEC, ABOVE_ALL);
	out = fcntl(out, F_DUPFD_CLOEXEC, ABOVE_ALL);
	if (null < 0 || job < 0 || out < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		getppid() != parent || dup2(null, STDIN_FILENO) < 0 ||
		dup2(out, STDOUT_FILENO) < 0 || dup2(job, JOB_DESCRIPTOR) < 0)
		return;
	(void)close_range(JOB_DESCRIPTOR + 1, ~0u, 0); // before Linux 5.9 all is close-on-exec
	sibling_environment((const char *const[]){NULL}, environment, ARRAY_SIZE(environment));
	(void)execve(program, words, environment);
}

struct child {
	pid_t pid;
	int records; // the pipe's end
	struct sigaction inherited;
};

static int start(const char *program, int job, struct child *ret_child, struct err *err)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	struct child child = {0};
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, -errno, NULL, "cannot make a pipe: %s", strerror(errno));
	// ignored, it would lose the exit status
	(void)sigaction(SIGCHLD, &usual, &child.inherited);
	child.pid = fork();
	if (child.pid == 0) {
		become_scan(program, job, ends[1], parent);
		_exit(EXIT_CANNOT_RUN);
	}
	(void)close(ends[1]);
	child.records = ends[0];
	if (child.pid < 0) {
		int code = err_set(err, -errno, program, "cannot start it: %s", strerror(errno));

		(void)close(ends[0]);
		(void)sigaction(SIGCHLD, &child.inherited, NULL);
		return code;
	}
	*ret_child = child;
	return 0;
}

// Ends it, or lets it end.
// Returns: how it ended, as waitpid says.
static int finish(struct child *child, bool kills)
{
	int status = -1;

	if (kills)
		(void)kill(child->pid, SIGKILL); // our own child, and not yet waited for
	(void)close(child->records);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGCHLD, &child->inherited, NULL);
	return status;
}

// ---- what it says

struct hearing {
	struct pool *pool;
	struct pool_list records; // struct scanreport
	struct residue residue;
	size_t foreign; // that are kept
	bool done;
	size_t used;
	char buffer[SCANREPORT_LINE_MAX];
};

static bool is_foreign(const struct scanreport *report)
{
	return report->type == SCANREPORT_SKIPPED && text_equal(report->state, "foreign");
}

static int take_line(struct hearing *hearing, const char *line, size_t length, struct err *err)
{
	own(pool_release) struct pool *scratch = NULL;
	bool kept = hearing->records.count < RESIDUE_RECORDS_MAX;
	struct scanreport report, *slot;
	int code;

	if (!kept) {
		scratch = pool_new();
		if (!scratch)
			return err_no_memory(err);
	}
	code = scanreport_read(line, length, kept ? hearing->pool : scratch, &report, err);
	if (code < 0)
		return code;
	if (report.type == SCANREPORT_DONE) {
		hearing->done = true;
		hearing->residue.files = report.files;
		hearing->residue.bytes = report.bytes;
		hearing->residue.members = report.members;
		return 0;
	}
	if (is_foreign(&report) && hearing->foreign == RESIDUE_FOREIGN_MAX) {
		hearing->residue.foreign++;
		return 0;
	}
	if (!kept) {
		hearing->residue.omitted++;
		return 0;
	}
	hearing->foreign += is_foreign(&report);
	slot = pool_push(hearing->pool, &hearing->records, sizeof(*slot));
	if (!slot)
		return err_no_memory(err);
	*slot = report;
	return 0;
}

static int take_lines(struct hearing *hearing, struct err *err)
{
	char *at = hearing->buffer, *end = hearing->buffer + hearing->used, *newline;
	int code = 0;

	while (code == 0 && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		code = take_line(hearing, at, (size_t)(newline - at), err);
		at = newline + 1;
	}
	if (code == 0 && at == hearing->buffer && hearing->used == sizeof(hearing->buffer))
		code = err_set(err, -EINVAL, NULL, "a record is too long");
	hearing->used = (size_t)(end - at);
	memmove(hearing->buffer, at, hearing->used);
	return code;
}

// Hears all that it says.
// Returns: 0 at its end, -ETIMEDOUT, or another negative errno.
static int hear(struct hearing *hearing, int records, uint64_t deadline, struct err *err)
{
	for (;;) {
		struct pollfd wait = {.fd = records, .events = POLLIN};
		uint64_t now = clock_steady_ms();
		uint64_t left = deadline > now ? deadline - now : 0;
		ssize_t got;
		int code;

		if (poll(&wait, 1,
			    !deadline          ? -1
			    : left > INT32_MAX ? INT32_MAX
					       : (int)left) == 0) {
			if (left <= INT32_MAX)
				return err_set(err, -ETIMEDOUT, NULL, "it did not end in time");
			continue;
		}
		got = read(records, hearing->buffer + hearing->used,
			sizeof(hearing->buffer) - hearing->used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(
				err, -errno, NULL, "cannot read from it: %s", strerror(errno));
		if (got == 0)
			return 0;
		hearing->used += (size_t)got;
		code = take_lines(hearing, err);
		if (code < 0)
			return code;
	}
}

// ---- asking

static int make_job(
	const struct scanjob *job, struct secret_arena *arena, int *ret_fd, struct err *err)
{
	uint8_t *bytes;
	size_t size;
	int code = scanjob_size(job, &size, err);

	if (code < 0)
		return code;
	bytes = secret_arena_take(arena, size);
	if (!bytes)
		return err_no_memory(err);
	code = scanjob_encode(job, bytes, size);
	if (code == 0)
		code = sealed_make(PROGRAM, bytes, size, ret_fd, err);
	secret_arena_give(arena, bytes, size);
	return code;
}

static int judge_end(const struct hearing *hearing, int status, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && hearing->done)
		return 0;
	if (WIFSIGNALED(status))
		(void)err_set(err, RESIDUE_E_FAILED, NULL, "%s was ended by signal %d (%s)",
			PROGRAM, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)err_set(err, RESIDUE_E_FAILED, NULL, "%s did not come to an end (%d)",
			PROGRAM, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return RESIDUE_E_FAILED;
}

int residue_ask(const struct scanjob *job, struct secret_arena *arena, struct pool *pool,
	struct residue *ret_residue, struct err *err)
{
	own_free struct hearing *hearing = calloc(1, sizeof(*hearing));
	uint64_t deadline =
		job->timeout_s ? clock_steady_ms() + job->timeout_s * UINT64_C(1000) + GRACE_MS : 0;
	char program[PATH_MAX];
	own_fd int fd = -1;
	struct child child = {.records = -1};
	int code, status;

	if (!hearing)
		return err_no_memory(err);
	hearing->pool = pool;
	if (sibling_find(PROGRAM, program, err) < 0)
		return RESIDUE_E_ABSENT;
	code = make_job(job, arena, &fd, err);
	if (code == 0)
		code = start(program, fd, &child, err);
	if (code < 0)
		return code;
	code = hear(hearing, child.records, deadline, err);
	status = finish(&child, code < 0);
	if (code == -ENOMEM)
		return code;
	if (code < 0)
		return RESIDUE_E_FAILED;
	code = judge_end(hearing, status, err);
	if (code)
		return code;
	hearing->residue.records = hearing->records.items;
	hearing->residue.count = hearing->records.count;
	*ret_residue = hearing->residue;
	return 0;
}
