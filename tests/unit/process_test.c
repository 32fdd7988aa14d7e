// Real processes: what is seen of a child, of what it becomes, of what is gone, and of a tree; and
// the lookup in an environment.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/process.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "loader/inspect/running/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct scene {
	struct pool *pool;
	struct secret_arena *arena;
	struct process_list list;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct err err = ERR_NONE;

	if (!scene)
		return -1;
	*state = scene;
	scene->pool = pool_new();
	if (!scene->pool || secret_arena_open(NULL, &scene->arena, &err) < 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	(void)pool_free(scene->pool);
	(void)secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

static void look(struct scene *scene, struct process_query query)
{
	struct err err = ERR_NONE;

	assert_int_equal(process_look(&query, scene->arena, scene->pool, &scene->list, &err), 0);
}

static const struct process *find(const struct scene *scene, pid_t pid)
{
	for (size_t i = 0; i < scene->list.count; i++)
		if (scene->list.items[i].pid == pid)
			return &scene->list.items[i];
	return NULL;
}

// A child that runs `program` once it is seen to: the caller waits for its exec by a pipe that
// closes.
static pid_t start(const char *const *arguments, const char *const *variables, const char *folder)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(folder) == 0)
			(void)execve(arguments[0], (char *const *)(uintptr_t)arguments,
				(char *const *)(uintptr_t)variables);
		_exit(127);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
	return pid;
}

static void stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const char *const sleeper[] = {"/bin/sleep", "600", NULL};

static void a_child_is_seen_until_it_has_ended(void **state)
{
	struct scene *scene = *state;
	const char *variables[] = {"A=1", "A=2", "EMPTY=", "B=two words", NULL};
	pid_t pid = start(sleeper, variables, "/tmp");
	const struct process *child;
	struct secret value;
	int folder;

	look(scene, (struct process_query){.environment = true});
	child = find(scene, pid);
	assert_non_null(child);
	if (!child)
		abort();
	assert_int_equal(child->parent, getpid());
	assert_int_equal(child->uid, geteuid());
	assert_int_equal(child->sight, PROCESS_SEEN);
	assert_string_equal(child->name, "sleep");
	assert_string_equal(child->folder, "/tmp");
	assert_non_null(strstr(child->program, "/"));
	assert_true(child->age_s < 60);
	folder = process_folder(child);
	assert_true(folder >= 0);
	assert_int_equal(close(folder), 0);
	assert_true(process_variable(child->environment, "A", &value) && secret_is(value, "1"));
	assert_true(process_variable(child->environment, "EMPTY", &value) && !value.length);
	assert_true(process_variable(child->environment, "B", &value));
	assert_true(secret_is(value, "two words"));
	assert_false(process_variable(child->environment, "C", &value));
	stop(pid);
	assert_int_equal(process_folder(child), -ENOENT);
	look(scene, (struct process_query){0});
	assert_null(find(scene, pid));
}

static void a_zombie_is_left_out(void **state)
{
	struct scene *scene = *state;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	look(scene, (struct process_query){.environment = true});
	assert_null(find(scene, pid));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void kernel_threads_are_left_out(void **state)
{
	struct scene *scene = *state;
	const struct process *self;

	look(scene, (struct process_query){0});
	assert_null(find(scene, 2)); // kthreadd, or nobody in a container
	self = find(scene, getpid());
	assert_non_null(self);
	if (!self)
		abort();
	assert_int_equal(self->sight, PROCESS_UNASKED);
}

static void a_large_environment_is_read_whole(void **state)
{
	struct scene *scene = *state;
	size_t size = 100 * 1024;
	char *variable = malloc(size + 1);
	const char *variables[] = {variable, "LAST=1", NULL};
	const struct process *child;
	struct secret value;
	pid_t pid;

	if (!variable)
		abort();
	memset(variable, 'x', size);
	variable[1] = '=';
	variable[size] = '\0';
	pid = start(sleeper, variables, "/");
	look(scene, (struct process_query){.environment = true, .below = pid});
	assert_int_equal(scene->list.count, 1);
	child = scene->list.items;
	assert_true(process_variable(child->environment, "x", &value));
	assert_int_equal(value.length, size - 2);
	assert_true(process_variable(child->environment, "LAST", &value));
	stop(pid);
	free(variable);
}

static void a_folder_that_was_deleted_is_said(void **state)
{
	struct scene *scene = *state;
	char folder[] = "/tmp/samekey-process-XXXXXX";
	const char *variables[] = {NULL};
	const struct process *child;
	pid_t pid;

	assert_non_null(mkdtemp(folder));
	pid = start(sleeper, variables, folder);
	assert_int_equal(rmdir(folder), 0);
	look(scene, (struct process_query){.environment = true, .below = pid});
	assert_int_equal(scene->list.count, 1);
	child = scene->list.items;
	assert_string_equal(child->folder, folder);
	assert_true(child->folder_gone);
	assert_int_equal(child->environment.length, 0);
	assert_int_equal(child->sight, PROCESS_SEEN);
	stop(pid);
}

// sh -c 'sleep & wait' below a subreaper, whose middle one dies: the grandchild is still below us.
static void a_grandchild_left_to_us_is_below_us(void **state)
{
	struct scene *scene = *state;
	const char *shell[] = {"/bin/sh", "-c", "sleep 600 & echo $! >&9; kill -KILL $$", NULL};
	const char *variables[] = {NULL};
	char text[32] = "";
	const struct process *child;
	int ends[2];
	pid_t pid, sleeping;
	uint64_t number;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(dup2(ends[1], 9), 9);
	pid = start(shell, variables, "/");
	(void)close(9);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	text[strcspn(text, "\n")] = '\0';
	assert_int_equal(num_parse(text, INT32_MAX, &number), 0);
	sleeping = (pid_t)number;
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	look(scene, (struct process_query){.below = getpid()});
	assert_non_null(find(scene, getpid()));
	assert_null(find(scene, getppid()));
	child = find(scene, sleeping);
	assert_non_null(child);
	if (!child)
		abort();
	assert_int_equal(child->parent, getpid());
	stop(sleeping);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void who_listens_on_a_port_is_found(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct process *self;
	uid_t owner = 12345;
	uint16_t port;

	assert_true(server >= 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	assert_int_equal(port_is_open(port, scene->pool, &owner), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(port_is_open(port, scene->pool, &owner), 1);
	assert_int_equal(owner, geteuid());
	look(scene, (struct process_query){.below = getpid(), .ports = true});
	self = find(scene, getpid());
	assert_non_null(self);
	if (!self)
		abort();
	assert_int_equal(self->port_count, 1);
	assert_int_equal(self->ports[0], port);
	(void)close(server);
}

static void expect_whole(const struct process *process)
{
	struct secret value;

	if (process->sight != PROCESS_SEEN) {
		assert_int_equal(process->sight, PROCESS_GONE);
		assert_int_equal(process->environment.length, 0);
		return;
	}
	assert_true(process_variable(process->environment, "STORM", &value));
	assert_true(secret_is(value, "whole"));
}

// Processes that come, become another program and die under the look: all that is said to be seen
// is whole.
static void what_is_seen_of_short_lives_is_whole(void **state)
{
	struct scene *scene = *state;
	const char *shell[] = {"/bin/sh", "-c",
		"i=0; while [ $i -lt 400 ]; do /bin/true & i=$((i+1)); done; wait", NULL};
	const char *variables[] = {"STORM=whole", NULL};
	pid_t pid = start(shell, variables, "/");

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		look(scene, (struct process_query){.environment = true, .below = pid});
		for (size_t i = 0; i < scene->list.count; i++)
			expect_whole(&scene->list.items[i]);
	}
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t length;
		const char *value; // NULL: none
	} cases[] = {
		{"the only one", "KEY=v", 6, "v"},
		{"no NUL at the end", "KEY=v", 5, "v"},
		{"the first of two", "KEY=v\0KEY=w", 12, "v"},
		{"empty", "KEY=", 5, ""},
		{"another that begins so", "KEYS=v", 7, NULL},
		{"another that ends so", "AKEY=v", 7, NULL},
		{"a name without a value", "KEY", 4, NULL},
		{"behind empty ones", "\0\0\0KEY=v", 9, "v"},
		{"the rest of another name, behind a title", "worker\0KEY=v", 12, NULL},
		{"whole, behind a title and a rest", "worker\0T=v\0KEY=v", 16, "v"},
		{"a value that holds one", "A=KEY=v", 8, NULL},
		{"nothing", "", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct secret value, bytes = secret_view(cases[i].bytes, cases[i].length);
		bool found = process_variable(bytes, "KEY", &value);

		print_message("%s\n", cases[i].what);
		assert_int_equal(found, cases[i].value != NULL);
		assert_true(!found || secret_is(value, cases[i].value));
	}
}

static void an_overwritten_environment_is_known(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool overwritten;
	} cases[] = {
		{"", 0, false},
		{"A=1", 4, false},
		{"A=1\0B=\0C==", 11, false},
		{"A=1", 3, false},
		{"\0\0\0", 3, true},
		{"worker [shop]\0B=2", 18, true},
		{"A=1\0\0\0\0B=2", 12, true},
		{"          ", 10, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (process_is_overwritten(secret_view(cases[i].bytes, cases[i].size)) !=
			cases[i].overwritten)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_child_is_seen_until_it_has_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(a_zombie_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_threads_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_environment_is_read_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_was_deleted_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_grandchild_left_to_us_is_below_us, setup, teardown),
		cmocka_unit_test_setup_teardown(who_listens_on_a_port_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_seen_of_short_lives_is_whole, setup, teardown),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
		cmocka_unit_test(an_overwritten_environment_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
