// The processes of samekeyd-upstream: what is seen of them from outside, what stays in them, how
// they end and begin.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstream.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "loader/deliver/family.h"
#include "tests/unit/upstreaming.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

static bool is_reset; // the next receiving

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the library's begin with __
ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	if (!is_reset)
		return syscall(SYS_recvfrom, fd, bytes, size, flags, NULL, NULL);
	is_reset = false;
	errno = ECONNRESET;
	return -1;
}

// The processes of a helper, and what the kernel shows of their names.
enum helper { KEEPER, WORKER, SPARE, HELPERS };

#define COMM "samekeyd-upstre"
#define COMM_SPARE "samekeyd-spare"

static enum helper which_helper(pid_t pid, bool is_below)
{
	char path[64], name[64] = "";
	own_fd int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0)
		return HELPERS;
	if (text_starts(name, COMM_SPARE))
		return SPARE;
	return !text_starts(name, COMM) ? HELPERS : is_below ? KEEPER : WORKER;
}

struct helpers {
	int handles[HELPERS];
	pid_t pids[HELPERS];
};

// Returns: whether there is one of each, and no other that comes or goes.
static bool find_helpers(pid_t parent, struct helpers *helpers)
{
	struct family family = {0};
	size_t found = 0;
	bool is_settled = true;

	assert_int_equal(family_read(parent, &family), 0);
	for (size_t i = 0; i < family.count && is_settled; i++) {
		const struct family_member *member = &family.members[i];
		enum helper which = which_helper(member->pid, member->parent == parent);

		if (which == HELPERS)
			continue;
		is_settled = helpers->handles[which] < 0;
		if (!is_settled)
			break;
		helpers->pids[which] = member->pid;
		helpers->handles[which] = family_hold(member);
		found += helpers->handles[which] >= 0;
	}
	family_done(&family);
	return is_settled && found == HELPERS;
}

static void let_go(struct helpers *helpers)
{
	for (size_t i = 0; i < HELPERS; i++) {
		own_fd_release(&helpers->handles[i]);
		helpers->handles[i] = -1;
	}
}

// Waits until all are there below `parent`; to be given back with let_go.
static struct helpers await_helpers(const struct world *world, pid_t parent)
{
	uint64_t deadline = clock_steady_ms() + PATIENCE_MS;
	struct helpers helpers = {{-1, -1, -1}, {0}};

	while (!find_helpers(parent, &helpers)) {
		let_go(&helpers);
		assert_true(clock_steady_ms() < deadline);
		assert_int_equal(loop_turn(world->loop, 10), 0);
	}
	return helpers;
}

static void assert_ends(int handle)
{
	struct pollfd over = {.fd = handle, .events = POLLIN};

	assert_int_equal(poll(&over, 1, (int)PATIENCE_MS), 1);
}

static bool holds_canary(const char *path)
{
	static char text[1 << 20];
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text));

	return got > 0 && memmem(text, (size_t)got, CANARY, strlen(CANARY));
}

static bool leaves_no_core(pid_t pid)
{
	struct rlimit limit = {1, 1};

	return prlimit(pid, RLIMIT_CORE, NULL, &limit) < 0 || // not by everybody
	       (limit.rlim_cur == 0 && limit.rlim_max == 0);
}

static void nothing_of_it_is_seen_from_outside(void **state)
{
	static const char *const files[] = {"cmdline", "environ"};
	const struct world *world = *state;
	struct helpers helpers;

	helpers = await_helpers(world, getpid());
	for (size_t i = 0; i < HELPERS * ARRAY_SIZE(files); i++) {
		char path[64];

		(void)snprintf(
			path, sizeof(path), "/proc/%d/%s", (int)helpers.pids[i / 2], files[i % 2]);
		if (holds_canary(path))
			fail_msg("%s of process %zu", files[i % 2], i / 2);
		if (!leaves_no_core(helpers.pids[i / 2]))
			fail_msg("a core file of process %zu", i / 2);
	}
	let_go(&helpers);
}

#ifdef __SANITIZE_ADDRESS__ // which keeps what was freed
#define KEEPS_FREED true
#else
#define KEEPS_FREED false
#endif

// Looks through what a process can write, where this one may look at all: as root.
static size_t count_canaries(pid_t pid)
{
	static char part[1 << 16];
	char path[64], line[512];
	size_t count = 0;
	own_fd int memory = -1;
	FILE *maps;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && memory >= 0 && fgets(line, sizeof(line), maps)) {
		char *end = NULL, *rest = NULL;
		uintmax_t at = strtoumax(line, &end, 16);
		uintmax_t last = *end == '-' ? strtoumax(end + 1, &rest, 16) : 0;

		if (!rest || !text_starts(rest, " rw"))
			continue;
		for (; at < last; at += sizeof(part) - sizeof(CANARY)) {
			ssize_t got = pread(memory, part, sizeof(part), (off_t)at);

			if (got > 0 && memmem(part, (size_t)got, CANARY, strlen(CANARY)))
				count++;
		}
	}
	if (maps)
		(void)fclose(maps);
	return count;
}

// It answers first and wipes then: so not at the very moment.
static bool forgets_canaries(pid_t pid)
{
	uint64_t deadline = clock_steady_ms() + PATIENCE_MS;

	while (count_canaries(pid) > 0)
		if (clock_steady_ms() >= deadline)
			return false;
	return true;
}

static void passwords_do_not_stay_in_memory(void **state)
{
	static const struct {
		const char *scheme, *server, *path;
	} ways[] = {{"http", "plain", "/401"}, {"https", "good", "/401"},
		{"https", "good", "/echo"}, {"http", "plain", "/early"},
		{"http", "plain", "/drip"}};
	const struct world *world = *state;
	struct helpers helpers;

	helpers = await_helpers(world, getpid());
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		char url[RELAY_URL_MAX + 1];
		struct reply reply;

		upstreaming_address(world, ways[i].scheme, ways[i].server, ways[i].path, url);
		upstreaming_change(world, url, world->ca_file, SHORT);
		upstreaming_ask(world, &reply);
		if (KEEPS_FREED)
			continue;
		for (size_t k = 0; k < HELPERS; k++)
			if (!forgets_canaries(helpers.pids[k]))
				fail_msg("%s to %s", ways[i].scheme, ways[i].path);
	}
	let_go(&helpers);
}

static void a_worker_that_breaks_off_is_followed_by_another(void **state)
{
	const struct world *world = *state;
	struct reply replies[3], next;
	struct helpers helpers;
	char url[RELAY_URL_MAX + 1];

	upstreaming_visit(world, "/hang", LONG);
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		assert_int_equal(upstreaming_try(world, &replies[i]), 0);
	upstreaming_address(world, "https", "good", "/401", url);
	upstreaming_change(world, url, world->ca_file, LONG); // that the other worker gets too
	helpers = await_helpers(world, getpid());
	assert_int_equal(family_signal(helpers.handles[WORKER], SIGKILL), 0);
	upstreaming_await(world, replies, ARRAY_SIZE(replies));
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		assert_int_equal(replies[i].answer.outcome, RELAY_DOWN);
		assert_true(replies[i].took < 5000);
	}
	upstreaming_ask(world, &next);
	assert_int_equal(next.answer.outcome, RELAY_OK);
	assert_int_equal(next.answer.status, 401);
	assert_true(upstream_is_there(world->upstream));
	assert_ends(helpers.handles[WORKER]);
	let_go(&helpers);
}

static void one_that_breaks_off_again_begins_once_a_second_and_loses_nothing_new(void **state)
{
	const struct world *world = *state;
	uint64_t began = clock_steady_ms();

	upstreaming_visit(world, "/401", LONG);
	for (size_t i = 0; i < 3; i++) {
		struct helpers helpers = await_helpers(world, getpid());
		struct reply lost, next;

		assert_int_equal(family_signal(helpers.handles[WORKER], SIGSTOP), 0);
		assert_int_equal(upstreaming_try(world, &lost), 0);
		assert_int_equal(family_signal(helpers.handles[WORKER], SIGKILL), 0);
		upstreaming_await(world, &lost, 1);
		assert_int_equal(lost.answer.outcome, RELAY_DOWN);
		upstreaming_ask(world, &next);
		assert_int_equal(next.answer.status, 401);
		let_go(&helpers);
	}
	assert_true(clock_steady_ms() - began >= 2000);
}

static void one_that_is_stopped_does_not_hold_up_the_daemon(void **state)
{
	const struct world *world = *state;
	struct reply stopped, next;
	struct helpers helpers;

	upstreaming_visit(world, "/401", SHORT);
	helpers = await_helpers(world, getpid());
	assert_int_equal(family_signal(helpers.handles[WORKER], SIGSTOP), 0);
	assert_int_equal(upstreaming_try(world, &stopped), 0);
	upstreaming_await(world, &stopped, 1);
	assert_int_equal(stopped.answer.outcome, RELAY_TIMEOUT);
	assert_true(stopped.took >= SHORT);
	assert_int_equal(family_signal(helpers.handles[WORKER], SIGCONT), 0);
	upstreaming_visit(world, "/401", LONG);
	upstreaming_ask(world, &next); // and the late answer to the other is nobody's
	assert_int_equal(next.answer.status, 401);
	let_go(&helpers);
}

static void an_error_on_its_socket_is_not_its_end(void **state)
{
	const struct world *world = *state;
	struct reply reply;

	upstreaming_visit(world, "/401", LONG);
	is_reset = true;
	upstreaming_ask(world, &reply);
	assert_false(is_reset);
	assert_int_equal(reply.answer.outcome, RELAY_OK);
	assert_true(upstream_is_there(world->upstream));
}

static struct upstream *start_another(const struct world *world)
{
	char url[RELAY_URL_MAX + 1];
	const struct relay_settings settings = {url, NULL, 20000, 60000, 4096};
	struct upstream *upstream = NULL;

	upstreaming_address(world, "http", "plain", "/hang", url);
	assert_int_equal(upstream_start(&settings, 0, &world->log, &upstream, NULL), 0);
	return upstream;
}

static void all_end_with_the_daemon(void **state)
{
	const struct world *world = *state;
	struct helpers helpers;
	pid_t daemon = fork();

	if (daemon == 0) {
		(void)start_another(world);
		for (;;)
			(void)pause();
	}
	helpers = await_helpers(world, daemon);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	for (size_t i = 0; i < HELPERS; i++)
		assert_ends(helpers.handles[i]);
	let_go(&helpers);
	for (size_t i = 0; i < HELPERS; i++) // inherited, so that none is left over
		(void)waitpid(helpers.pids[i], NULL, 0);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

// In a process of its own, which has no other helper among its children.
static void in_daemon(const struct world *world, void (*try)(struct world *world))
{
	pid_t daemon = fork();
	int status;

	if (daemon == 0) {
		struct world mine = *world;

		assert_int_equal(loop_open(&mine.loop), 0);
		mine.upstream = start_another(world);
		assert_int_equal(upstreaming_try(&mine, &(struct reply){0}), -EPIPE);
		assert_int_equal(upstream_attach(mine.upstream, mine.loop), 0);
		try(&mine);
		upstream_stop(mine.upstream);
		loop_close(mine.loop);
		_exit(0);
	}
	assert_int_equal(waitpid(daemon, &status, 0), daemon);
	assert_int_equal(status, 0);
}

static void end_keepers(struct world *world)
{
	for (size_t i = 0; i < 3; i++) {
		struct helpers helpers = await_helpers(world, getpid());
		struct reply lost, next;

		upstreaming_visit(world, "/hang", LONG);
		assert_int_equal(upstreaming_try(world, &lost), 0);
		assert_int_equal(family_signal(helpers.handles[KEEPER], SIGKILL), 0);
		upstreaming_await(world, &lost, 1);
		assert_int_equal(lost.answer.outcome, RELAY_DOWN);
		assert_ends(helpers.handles[WORKER]);
		upstreaming_visit(world, "/401", LONG);
		upstreaming_ask(world, &next);
		assert_int_equal(next.answer.outcome, RELAY_OK);
		assert_int_equal(next.answer.status, 401);
		assert_true(upstream_is_there(world->upstream));
		let_go(&helpers);
	}
}

static void a_keeper_that_is_ended_is_followed_by_another(void **state)
{
	in_daemon(*state, end_keepers);
}

static void end_spares(struct world *world)
{
	for (size_t i = 0; i < 2; i++) {
		struct helpers helpers = await_helpers(world, getpid());
		struct reply reply;

		assert_int_equal(family_signal(helpers.handles[SPARE], SIGKILL), 0);
		assert_ends(helpers.handles[SPARE]);
		upstreaming_visit(world, "/401", LONG);
		upstreaming_ask(world, &reply);
		assert_int_equal(reply.answer.status, 401);
		let_go(&helpers);
	}
}

static void a_spare_that_is_ended_is_followed_by_another(void **state)
{
	in_daemon(*state, end_spares);
}

static void end_all(struct world *world)
{
	struct helpers helpers = await_helpers(world, getpid());
	struct reply reply;

	upstreaming_visit(world, "/hang", LONG);
	assert_int_equal(upstreaming_try(world, &reply), 0);
	assert_int_equal(family_signal(helpers.handles[SPARE], SIGSTOP), 0);
	assert_int_equal(family_signal(helpers.handles[KEEPER], SIGSTOP), 0);
	assert_int_equal(family_signal(helpers.handles[SPARE], SIGKILL), 0);
	assert_int_equal(family_signal(helpers.handles[KEEPER], SIGKILL), 0);
	upstreaming_await(world, &reply, 1);
	assert_int_equal(reply.answer.outcome, RELAY_DOWN);
	assert_ends(helpers.handles[WORKER]);
	assert_false(upstream_is_there(world->upstream));
	assert_int_equal(upstreaming_try(world, &reply), -EPIPE);
	let_go(&helpers);
}

static void without_keeper_and_spare_it_is_gone_for_good(void **state)
{
	in_daemon(*state, end_all);
}

static void stop_after_its_keeper(struct world *world)
{
	struct helpers first = await_helpers(world, getpid()), next;

	assert_int_equal(family_signal(first.handles[KEEPER], SIGKILL), 0);
	assert_ends(first.handles[WORKER]);
	next = await_helpers(world, getpid());
	upstream_stop(world->upstream);
	world->upstream = NULL;
	for (size_t i = 0; i < HELPERS; i++)
		assert_ends(next.handles[i]);
	let_go(&first);
	let_go(&next);
}

static void the_next_keeper_ends_with_the_socket_too(void **state)
{
	in_daemon(*state, stop_after_its_keeper);
}

static void stopping_calls_back_who_waits_and_is_quick(void **state)
{
	const struct world *world = *state;
	struct upstream *upstream = start_another(world);
	struct reply reply = {.asked = clock_steady_ms()};
	uint64_t began;

	assert_int_equal(upstream_attach(upstream, world->loop), 0);
	assert_int_equal(upstream_ask(upstream, "{}", 2, upstreaming_note, &reply), 0);
	began = clock_steady_ms();
	assert_null(upstream_stop(upstream));
	assert_true(reply.came);
	assert_int_equal(reply.answer.outcome, RELAY_DOWN);
	assert_true(clock_steady_ms() - began < 1900); // not by force
}

static void it_may_be_told_later_whom_to_ask(void **state)
{
	struct world world = *(const struct world *)*state;
	const struct relay_settings none = {NULL, NULL, LONG, LONG, 4096};
	struct reply reply;

	assert_int_equal(upstream_start(&none, 0, &world.log, &world.upstream, NULL), 0);
	assert_int_equal(upstream_attach(world.upstream, world.loop), 0);
	assert_int_equal(upstreaming_try(&world, &reply), -EPIPE);
	upstreaming_visit(&world, "/401", LONG);
	upstreaming_ask(&world, &reply);
	assert_int_equal(reply.answer.status, 401);
	upstream_stop(world.upstream);
}

static void a_program_that_is_not_there_or_does_not_work(void **state)
{
	static const struct {
		const char *program;
		int code;
	} programs[] = {{"/nonexistent/upstream", -ENOENT}, {"/bin/true", -EPIPE}};
	const struct world *world = *state;
	const struct relay_settings settings = {"http://127.0.0.1:1/", NULL, 1, 1, 1};
	struct upstream *upstream = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct err err = ERR_NONE;

		assert_int_equal(setenv("SAMEKEY_UPSTREAM", programs[i].program, 1), 0);
		assert_int_equal(upstream_start(&settings, 0, &world->log, &upstream, &err),
			programs[i].code);
		assert_true(*err.what && *err.hint);
		assert_null(upstream);
	}
	assert_int_equal(setenv("SAMEKEY_UPSTREAM", world->program, 1), 0);
}

// The last test: what all the others have logged.
static void the_log_says_what_broke_off(void **state)
{
	static const char *const has[] = {"event=upstream_again", "event=upstream_gone"};
	static char text[UPSTREAMING_LOG_SIZE];

	upstreaming_read_log(*state, text);
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (!strstr(text, has[i]))
			fail_msg("lacks %s: %s", has[i], text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_it_is_seen_from_outside),
		cmocka_unit_test(passwords_do_not_stay_in_memory),
		cmocka_unit_test(a_worker_that_breaks_off_is_followed_by_another),
		cmocka_unit_test(
			one_that_breaks_off_again_begins_once_a_second_and_loses_nothing_new),
		cmocka_unit_test(an_error_on_its_socket_is_not_its_end),
		cmocka_unit_test(one_that_is_stopped_does_not_hold_up_the_daemon),
		cmocka_unit_test(all_end_with_the_daemon),
		cmocka_unit_test(a_keeper_that_is_ended_is_followed_by_another),
		cmocka_unit_test(a_spare_that_is_ended_is_followed_by_another),
		cmocka_unit_test(without_keeper_and_spare_it_is_gone_for_good),
		cmocka_unit_test(the_next_keeper_ends_with_the_socket_too),
		cmocka_unit_test(stopping_calls_back_who_waits_and_is_quick),
		cmocka_unit_test(it_may_be_told_later_whom_to_ask),
		cmocka_unit_test(a_program_that_is_not_there_or_does_not_work),
		cmocka_unit_test(the_log_says_what_broke_off),
	};

	return cmocka_run_group_tests(tests, upstreaming_set_up, upstreaming_tear_down);
}
