// What answers in the place of a Redis, or lies under our names in one, is not trusted, and said
// without a value.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"

#include "tests/unit/redisserver.h"
#include "tests/unit/redisstoring.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

// ---- what is wrong with it

#define RECORD(mark, redisstoring_end, uses, subject, claims, generation, expires) \
	"struct.pack('<c2BdBBHdddd', '" mark "', " redisstoring_end ", 0, " uses ", " subject \
	", " claims ", " generation ", 1, " expires ", 4e12)"
#define USED(times, first) \
	" .. string.rep(struct.pack('<d', 9), " times ") .. struct.pack('<d', " first ")"

// Lua that makes what somebody might have put there.
static const struct {
	const char *name, *record;
	bool is_healed; // by a use, which writes that number anew
} strange[] = {
	{"nothing", "''", false},
	{"something else", "'canary'", false},
	{"its first bytes", "'s1'", false},
	{"one that is cut", "string.sub(" RECORD("s1", "0", "0", "1", "2", "1", "3e12") ", 1, 46)",
		false},
	{"fewer uses than it says", RECORD("s1", "0", "3", "0", "0", "1", "3e12") USED("1", "9"),
		false},
	{"too many uses", RECORD("s1", "0", "17", "0", "0", "1", "3e12") USED("16", "9"), false},
	{"uses in the wrong order", RECORD("s1", "0", "3", "0", "0", "1", "3e12") USED("2", "10"),
		false},
	{"a use that is no number", RECORD("s1", "0", "3", "0", "0", "1", "3e12") USED("2", "0/0"),
		false},
	{"no such end", RECORD("s1", "4", "0", "0", "0", "1", "3e12"), false},
	{"no generation", RECORD("s1", "0", "0", "0", "0", "0", "3e12"), false},
	{"half a generation", RECORD("s1", "0", "0", "0", "0", "1.5", "3e12"), false},
	{"a time that is no number", RECORD("s1", "0", "0", "0", "0", "1", "0/0"), false},
	{"a time without an end", RECORD("s1", "0", "0", "0", "0", "1", "1/0"), true},
	{"a time beyond what is exact", RECORD("s1", "0", "0", "0", "0", "1", "2^54"), true},
	{"a subject that is cut", RECORD("s1", "0", "0", "9", "0", "1", "3e12") " .. 'x{}{}'",
		false},
	{"a subject with a NUL", RECORD("s1", "0", "0", "2", "2", "1", "3e12") " .. 'x\\0{}{}'",
		false},
	{"claims that are cut", RECORD("s1", "0", "0", "1", "9", "1", "3e12") " .. 'x{}{}'", false},
	{"too many claims",
		RECORD("s1", "0", "0", "1", "4096", "1", "3e12") " .. string.rep('x', 4099)",
		false},
	{"too many claims of the other kind",
		RECORD("s1", "0", "0", "1", "2", "1", "3e12") " .. string.rep('x', 4099)", false},
};

static void put_strange(const char *name, const char *record)
{
	char script[512];

	(void)snprintf(script, sizeof(script), "return redis.call('SET', KEYS[1], %s)", record);
	assert_string_equal(REDISSERVER_ASK(&redisstoring_server, "EVAL", script, "1", name), "OK");
}

static void what_lies_under_our_names_is_not_trusted(void **state)
{
	static const enum store_verb verbs[] = {STORE_LOOK, STORE_USE};
	static const char name[] = "samekey:{s}:f:01010101010101010101010101010101";
	struct store *store;
	struct store_op op;

	(void)state;
	REDISSTORING_START(NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	redisstoring_create(store, 2);
	for (size_t i = 0; i < ARRAY_SIZE(strange) * ARRAY_SIZE(verbs); i++) {
		if (strange[i / 2].is_healed && verbs[i % 2] == STORE_USE)
			continue;
		put_strange(name, strange[i / 2].record);
		op = redisstoring_about(verbs[i % 2], 1, 1);
		if (redisstoring_apply(store, &op) != -EAGAIN || op.remembered)
			fail_msg("%s is taken", strange[i / 2].name);
		redisstoring_check_why(store, "a record is damaged");
	}
	put_strange(name, RECORD("s2", "0", "0", "1", "2", "1", "3e12") " .. 'x{}{}'");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		op = redisstoring_about(verbs[i], 1, 1);
		assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
		redisstoring_check_why(store, "of a later version of samekey");
	}
	put_strange(
		name, RECORD("s1", "0", "2", "1", "2", "3", "3e12") USED("1", "8") " .. 'x{}{}'");
	op = redisstoring_about(STORE_LOOK, 1, 0);
	assert_int_equal(redisstoring_apply(store, &op), 0);
	assert_int_equal(op.family.used_steady_ms[1], 8);
	(void)REDISSERVER_ASK(&redisstoring_server, "DEL", name);
	(void)REDISSERVER_ASK(&redisstoring_server, "HSET", name, "canary", "1");
	op = redisstoring_about(STORE_USE, 1, 1);
	assert_int_equal(redisstoring_apply(store, &op), -EAGAIN);
	redisstoring_check_why(store, "set another prefix");
	assert_int_equal(redisstoring_use(store, 2, 1).outcome, FAMILY_ROTATED);
	assert_null(store_close(store));
}

static void note(void *owner, const struct store_revocation *revocation)
{
	*(unsigned *)owner += revocation->is_family ? revocation->family[0] : 100;
}

static void a_revocation_that_cannot_be_read_keeps_back_no_other(void **state)
{
	static const char *const bad[] = {"", "f:", "f:01", "t:", "x:canary"};
	struct store_op op = redisstoring_about(STORE_END_FAMILY, 5, 0);
	struct store *store;
	unsigned told = 0;

	(void)state;
	REDISSTORING_START(NULL);
	store = redisstoring_open_at(redisstoring_server.url, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		(void)REDISSERVER_ASK(
			&redisstoring_server, "ZADD", "samekey:{s}:news", "0.5", bad[i]);
	assert_int_equal(redisstoring_apply(store, &op), 0);
	for (size_t times = 0; times < 2; times++) {
		assert_int_equal(store_news(store, REDISSTORING_WALL_MS, note, &told), 0);
		assert_int_equal(told, 5);
		assert_int_equal(store->unread, ARRAY_SIZE(bad));
	}
	assert_null(store_close(store));
}

// ---- stand-ins

// Answers everybody with these bytes, so many times over, and keeps the connection.
static void stand_in(int listener, const char *bytes, size_t times)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		for (size_t i = 0; i < times; i++)
			if (send(fd, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
				break;
		if (!times)
			(void)close(fd);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

// Opens a store that is none: anew, while all that it says is that a busy host kept it waiting.
static struct store *open_none(const char *url, const char *said)
{
	uint64_t deadline_ms = clock_steady_ms() + REDISSTORING_WAIT_MS;
	struct store *store = redisstoring_open_at(url, NULL, NULL);

	while (!strstr(store->why, said) && strstr(store->why, "did not answer in time") &&
		clock_steady_ms() < deadline_ms) {
		assert_null(store_close(store));
		store = redisstoring_open_at(url, NULL, NULL);
	}
	return store;
}

static void what_is_no_redis_is_said(void **state)
{
	static const struct {
		const char *bytes;
		size_t times;
		const char *said;
	} rows[] = {
		{"HTTP/1.1 400 Bad Request\r\n\r\n", 1, "does not answer as a Redis does"},
		{"*1000000000\r\n", 1, "does not answer as a Redis does"},
		{"$536870912\r\ncanarycanarycanary", 100000, "does not answer as a Redis does"},
		{"+canarycanarycanary", 100000, "does not answer as a Redis does"},
		{":1\r\n", 100, "does not answer as a Redis does"},
		{"$5\r\nshort\r\n", 100, "does not answer as a Redis does"},
		{"-LOADING canary\r\n", 100, "still loading"},
		{"-MISCONF canary\r\n", 100, "its disk"},
		{"-BUSY canary\r\n", 100, "SCRIPT KILL"},
		{"-MASTERDOWN canary\r\n", 100, "lost its primary"},
		{"-DENIED canary\r\n", 100, "without a password"},
		{"-ERR max number of clients reached\r\n", 100, "maxclients"},
		{"-WHATEVER canary\r\n", 100, "refused a command"},
		{"", 1, "did not answer in time"},
		{"", 0, "closed the connection"},
	};
	char path[128], url[160];

	(void)state;
	REDISSTORING_START(NULL);
	(void)snprintf(path, sizeof(path), "%s/other.sock", redisstoring_server.folder);
	(void)snprintf(url, sizeof(url), "redis://%s", path);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int listener = listen_at(path);
		struct store *store;
		pid_t pid = fork();

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			stand_in(listener, rows[i].bytes, rows[i].times);
		}
		(void)close(listener);
		store = open_none(url, rows[i].said);
		redisstoring_check_why(store, rows[i].said);
		assert_null(store_warning(store));
		assert_null(store_close(store));
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -1 : fd;
}

// Passes on what comes from a connection and what is answered, until one of them ends or, where
// that is wanted, an operation has been answered: that answer is kept. Returns: whether one was
// kept.
static bool pass_on(int ours, int theirs, bool keeps)
{
	static char bytes[1 << 16];
	struct pollfd ends[] = {{.fd = ours, .events = POLLIN}, {.fd = theirs, .events = POLLIN}};
	bool is_operation = false;

	while (poll(ends, 2, -1) > 0) {
		size_t from = ends[0].revents ? 0 : 1;
		ssize_t got = recv(ends[from].fd, bytes, sizeof(bytes), 0);

		if (got <= 0)
			return false;
		if (from == 1 && keeps && is_operation)
			return true;
		is_operation |= from == 0 && memmem(bytes, (size_t)got, "\r\nEVALSHA\r\n", 11);
		(void)send(ends[1 - from].fd, bytes, (size_t)got, MSG_NOSIGNAL);
	}
	return false;
}

static void pass_on_but_one_answer(int listener, const char *to)
{
	bool has_kept = false;

	for (;;) {
		int ours = accept(listener, NULL, NULL), theirs = connect_to(to);

		has_kept |= pass_on(ours, theirs, !has_kept);
		(void)close(ours);
		(void)close(theirs);
	}
}

static void an_answer_that_is_lost_is_asked_for_again(void **state)
{
	struct store_op op = redisstoring_about(STORE_CREATE, 1, 0);
	char path[128], url[160];

	(void)state;
	REDISSTORING_START(NULL);
	(void)snprintf(path, sizeof(path), "%s/other.sock", redisstoring_server.folder);
	(void)snprintf(url, sizeof(url), "redis://%s", path);
	for (size_t i = 0; i < 2; i++) { // a family that is made, then one that is used
		int listener = listen_at(path);
		struct store *store;
		pid_t pid = fork();

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			pass_on_but_one_answer(listener, redisstoring_server.socket);
		}
		(void)close(listener);
		store = redisstoring_open_at(url, NULL, NULL);
		if (i == 1) {
			op = redisstoring_about(STORE_USE, 1, 1);
			op.rules.grace_ms = 0; // not even then is it a thief
		}
		if (redisstoring_apply(store, &op) < 0)
			fail_msg("%s", store->why);
		assert_int_equal(op.code, 0);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		assert_null(store_close(store));
	}
	assert_int_equal(op.outcome, FAMILY_REPLAYED); // so it had happened
	assert_int_equal(op.family.generation, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_under_our_names_is_not_trusted),
		cmocka_unit_test(a_revocation_that_cannot_be_read_keeps_back_no_other),
		cmocka_unit_test(what_is_no_redis_is_said),
		cmocka_unit_test(an_answer_that_is_lost_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, redisstoring_end);
}
