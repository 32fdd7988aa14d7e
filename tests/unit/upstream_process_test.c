// The processes of samekeyd-upstream: what is seen of them from outside, what stays in them, and
// what comes of a worker that breaks off.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstream.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "loader/deliver/descendants.h"
#include "tests/unit/upstreaming.h"
#include "tests/unit/upstreampids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
	struct upstreampids helpers;

	helpers = upstreampids_await(world, getpid());
	for (size_t i = 0; i < UPSTREAMPIDS_COUNT * ARRAY_SIZE(files); i++) {
		char path[64];

		(void)snprintf(
			path, sizeof(path), "/proc/%d/%s", (int)helpers.pids[i / 2], files[i % 2]);
		if (holds_canary(path))
			fail_msg("%s of process %zu", files[i % 2], i / 2);
		if (!leaves_no_core(helpers.pids[i / 2]))
			fail_msg("a core file of process %zu", i / 2);
	}
	upstreampids_let_go(&helpers);
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
	struct upstreampids helpers;

	helpers = upstreampids_await(world, getpid());
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		char url[RELAY_URL_MAX + 1];
		struct reply reply;

		upstreaming_address(world, ways[i].scheme, ways[i].server, ways[i].path, url);
		upstreaming_change(world, url, world->ca_file, SHORT);
		upstreaming_ask(world, &reply);
		if (KEEPS_FREED)
			continue;
		for (size_t k = 0; k < UPSTREAMPIDS_COUNT; k++)
			if (!forgets_canaries(helpers.pids[k]))
				fail_msg("%s to %s", ways[i].scheme, ways[i].path);
	}
	upstreampids_let_go(&helpers);
}

static void a_worker_that_breaks_off_is_followed_by_another(void **state)
{
	const struct world *world = *state;
	struct reply replies[3], next;
	struct upstreampids helpers;
	char url[RELAY_URL_MAX + 1];

	upstreaming_visit(world, "/hang", LONG);
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		assert_int_equal(upstreaming_try(world, &replies[i]), 0);
	upstreaming_address(world, "https", "good", "/401", url);
	upstreaming_change(world, url, world->ca_file, LONG); // that the other worker gets too
	helpers = upstreampids_await(world, getpid());
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_WORKER], SIGKILL), 0);
	upstreaming_await(world, replies, ARRAY_SIZE(replies));
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		assert_int_equal(replies[i].answer.outcome, RELAY_DOWN);
		assert_true(replies[i].took < 5000);
	}
	upstreaming_ask(world, &next);
	assert_int_equal(next.answer.outcome, RELAY_OK);
	assert_int_equal(next.answer.status, 401);
	assert_true(upstream_is_there(world->upstream));
	upstreampids_assert_end(helpers.handles[UPSTREAMPIDS_WORKER]);
	upstreampids_let_go(&helpers);
}

static void one_that_breaks_off_again_begins_once_a_second_and_loses_nothing_new(void **state)
{
	const struct world *world = *state;
	uint64_t began = clock_steady_ms();

	upstreaming_visit(world, "/401", LONG);
	for (size_t i = 0; i < 3; i++) {
		struct upstreampids helpers = upstreampids_await(world, getpid());
		struct reply lost, next;

		assert_int_equal(
			descendants_signal(helpers.handles[UPSTREAMPIDS_WORKER], SIGSTOP), 0);
		assert_int_equal(upstreaming_try(world, &lost), 0);
		assert_int_equal(
			descendants_signal(helpers.handles[UPSTREAMPIDS_WORKER], SIGKILL), 0);
		upstreaming_await(world, &lost, 1);
		assert_int_equal(lost.answer.outcome, RELAY_DOWN);
		upstreaming_ask(world, &next);
		assert_int_equal(next.answer.status, 401);
		upstreampids_let_go(&helpers);
	}
	assert_true(clock_steady_ms() - began >= 2000);
}

static void one_that_is_stopped_does_not_hold_up_the_daemon(void **state)
{
	const struct world *world = *state;
	struct reply stopped, next;
	struct upstreampids helpers;

	upstreaming_visit(world, "/401", SHORT);
	helpers = upstreampids_await(world, getpid());
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_WORKER], SIGSTOP), 0);
	assert_int_equal(upstreaming_try(world, &stopped), 0);
	upstreaming_await(world, &stopped, 1);
	assert_int_equal(stopped.answer.outcome, RELAY_TIMEOUT);
	assert_true(stopped.took >= SHORT);
	assert_int_equal(descendants_signal(helpers.handles[UPSTREAMPIDS_WORKER], SIGCONT), 0);
	upstreaming_visit(world, "/401", LONG);
	upstreaming_ask(world, &next); // and the late answer to the other is nobody's
	assert_int_equal(next.answer.status, 401);
	upstreampids_let_go(&helpers);
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

static void stopping_calls_back_who_waits_and_is_quick(void **state)
{
	const struct world *world = *state;
	struct upstream *upstream = upstreampids_start(world);
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
	upstreaming_assert_logged(*state, "event=upstream_again");
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
		cmocka_unit_test(stopping_calls_back_who_waits_and_is_quick),
		cmocka_unit_test(it_may_be_told_later_whom_to_ask),
		cmocka_unit_test(a_program_that_is_not_there_or_does_not_work),
		cmocka_unit_test(the_log_says_what_broke_off),
	};

	return cmocka_run_group_tests(tests, upstreaming_set_up, upstreaming_tear_down);
}
