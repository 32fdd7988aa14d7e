// The child shares our memory until it runs the program: the guarded arena, in which its
// environment lies, is in no forked copy. It reports what goes wrong through that memory.
// SPDX-License-Identifier: MIT
#include "loader/deliver/spawn.h"

#include "lib/base/num.h"
#include "lib/base/text.h"
#include "loader/deliver/launch.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define STACK_SIZE (256u * 1024) // and room for the words, which execvp may copy for a script

// systemd names the process that it means; in place of us that is the child.
static const char *const pid_variables[] = {"LISTEN_PID=", "WATCHDOG_PID=", "SYSTEMD_EXEC_PID="};

#define PID_TEXT_SIZE 40

struct start {
	const struct spawn_options *options;
	pid_t parent;
	int code; // why it failed
	char pids[ARRAY_SIZE(pid_variables)][PID_TEXT_SIZE];
};

static bool names_parent(const struct start *start, const char *variable, const char *prefix)
{
	uint64_t pid;

	return text_starts(variable, prefix) &&
	       num_parse(variable + strlen(prefix), INT32_MAX, &pid) == 0 &&
	       (pid_t)pid == start->parent;
}

static void correct_pids(struct start *start)
{
	for (char **at = start->options->environment; *at; at++)
		for (size_t i = 0; i < ARRAY_SIZE(pid_variables); i++) {
			if (!names_parent(start, *at, pid_variables[i]))
				continue;
			(void)snprintf(start->pids[i], PID_TEXT_SIZE, "%s%d", pid_variables[i],
				(int)getpid());
			*at = start->pids[i];
		}
}

// What makes it a child like no other, and like the program that it will be.
static int prepare(const struct start *start)
{
	const struct spawn_options *options = start->options;

	if (prctl(PR_SET_PDEATHSIG, options->parent_death, 0, 0, 0) < 0 ||
		sigaction(SIGCHLD, options->on_child_end, NULL) < 0)
		return -errno;
	// died meanwhile, and no signal comes any more
	return getppid() == start->parent ? 0 : -ESRCH;
}

// In the child, on its own stack. Nothing is undone: what is not memory is its own.
static int become_program(void *user)
{
	struct start *start = user;
	const struct spawn_options *options = start->options;

	start->code = prepare(start);
	if (start->code == 0) {
		correct_pids(start);
		// from here on a signal ends it as it would end the program
		(void)sigprocmask(SIG_SETMASK, options->mask, NULL);
		start->code = launch_exec(options->program, options->environment);
	}
	return 127; // what clone(2) ends the child with
}

static size_t stack_size(char *const *program)
{
	size_t words = 0;

	while (program[words])
		words++;
	return STACK_SIZE + 2 * words * sizeof(char *);
}

pid_t spawn_child(const struct spawn_options *options)
{
	struct start start = {.options = options, .parent = getpid()};
	size_t size = stack_size(options->program);
	char **own_environment = environ;
	uint8_t *stack = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t child;

	if (stack == MAP_FAILED)
		return -errno;
	child = clone(become_program, stack + (size & ~(size_t)15),
		CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
	if (child < 0)
		start.code = -errno;
	environ = own_environment;
	(void)munmap(stack, size);
	// The strings of `pids` live no longer than this call.
	for (char **at = options->environment; *at; at++)
		for (size_t i = 0; i < ARRAY_SIZE(pid_variables); i++)
			if (*at == start.pids[i])
				*at = (char *)(uintptr_t)pid_variables[i];
	if (start.code == 0)
		return child;
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return start.code;
}
