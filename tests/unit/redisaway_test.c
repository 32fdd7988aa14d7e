// A Redis that is killed, hangs, was put back, is not one, or does not want to: what comes of the
// operations, and a sentence that says what to do and holds no value.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "tests/unit/redisserver.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <poll.h>
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

#define WALL_MS INT64_C(1800000000000)
#define TIMEOUT_MS 300
#define WAIT_MS 20000
#define SUBJECT "canary-subject@example.com"
#define CLAIMS "{\"userId\":\"canary-claim\"}"
#define PASSWORD "canary-password"

static const struct family_now now = {WALL_MS, 1000000};

static const char grant[] = ">" PASSWORD; // as an ACL has it

static struct redisserver server;

static struct store *open_at(const char *url, const char *user, const char *password)
{
	struct store_options options = {.url = url, .user = user, .timeout_ms = TIMEOUT_MS};
	struct store *store = NULL;
	struct err err = ERR_NONE;

	if (password)
		options.password = secret_view(password, strlen(password));
	if (store_open(&options, &store, &err) < 0)
		fail_msg("%s", err.what);
	return store;
}

static struct store_op about(enum store_verb verb, uint8_t family, uint64_t generation)
{
	struct store_op op = {.verb = verb,
		.generation = generation,
		.end = FAMILY_ENDED_BY_LOGOUT,
		.rules = {.grace_ms = 10000, .idle_ms = 600000, .access_ms = 60000},
		.family = {.generation = 1,
			.issued_wall_ms = WALL_MS,
			.expires_wall_ms = WALL_MS + 600000,
			.absolute_wall_ms = WALL_MS + 6000000,
			.subject = SUBJECT,
			.access_claims = CLAIMS,
			.refresh_claims = CLAIMS}};

	memset(op.family.id, family, sizeof(op.family.id));
	return op;
}

static int apply(struct store *store, struct store_op *op)
{
	return store_apply(store, (struct store_op *const[]){op}, 1, &now);
}

static void create(struct store *store, uint8_t family)
{
	struct store_op op = about(STORE_CREATE, family, 0);

	if (apply(store, &op) < 0)
		fail_msg("%s", store->why);
	assert_int_equal(op.code, 0);
}

// Uses a token until the store is there.
static struct store_op use(struct store *store, uint8_t family, uint64_t generation)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t deadline_ms = clock_steady_ms() + WAIT_MS;

	for (;;) {
		struct store_op op = about(STORE_USE, family, generation);

		if (apply(store, &op) == 0)
			return op;
		if (clock_steady_ms() > deadline_ms)
			fail_msg("still away: %s", store->why);
		(void)nanosleep(&pause, NULL);
	}
}

static void check_why(const struct store *store, const char *part)
{
	if (!strstr(store->why, part))
		fail_msg("'%s' does not say '%s'", store->why, part);
	assert_null(strstr(store->why, "canary"));
}

static void start_with(const char *const *settings)
{
	size_t count = 0;

	redisserver_end(&server);
	memset(&server, 0, sizeof(server));
	for (; settings[count]; count++)
		server.settings[count] = settings[count];
	redisserver_start(&server);
}
#define START(...) start_with((const char *const[]){__VA_ARGS__})

static void count_one(void *owner, const struct store_revocation *revocation)
{
	(void)revocation;
	++*(size_t *)owner;
}

// ---- away, and back

static void killed_and_started_again_it_goes_on(void **state)
{
	struct store *store;
	struct store_op op = about(STORE_USE, 1, 2);
	size_t told = 0;

	(void)state;
	START("--appendonly", "yes", "--appendfsync", "always", NULL);
	store = open_at(server.url, NULL, NULL);
	assert_null(store_warning(store));
	create(store, 1);
	create(store, 2);
	assert_int_equal(use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(use(store, 2, 9).outcome, FAMILY_ADOPTED);
	assert_int_equal(use(store, 2, 1).outcome, FAMILY_REPLAYED);
	op = about(STORE_END_FAMILY, 2, 0);
	assert_int_equal(apply(store, &op), 0);
	redisserver_kill(&server);

	op = about(STORE_USE, 1, 2);
	assert_int_equal(apply(store, &op), -EAGAIN);
	assert_int_equal(op.code, -EAGAIN);
	check_why(store, "nobody listens: start it");
	assert_true(op.remembered);
	assert_int_equal(op.family.generation, 2);
	assert_string_equal(op.family.subject, SUBJECT);
	op = about(STORE_LOOK, 2, 0);
	assert_int_equal(apply(store, &op), -EAGAIN);
	assert_false(op.remembered); // its end was asked for
	assert_int_equal(store_news(store, WALL_MS, count_one, &told), -EAGAIN);
	assert_int_equal(store_sweep(store, WALL_MS), -EAGAIN);

	redisserver_start(&server);
	assert_int_equal(use(store, 1, 2).outcome, FAMILY_ROTATED);
	assert_int_equal(use(store, 2, 10).outcome, FAMILY_ENDED);
	assert_int_equal(store_news(store, WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(store));
}

static void a_restart_between_two_uses_is_not_seen(void **state)
{
	struct store *store;
	struct store_op op = about(STORE_USE, 1, 1);

	(void)state;
	START("--appendonly", "yes", "--appendfsync", "always", NULL);
	store = open_at(server.url, NULL, NULL);
	create(store, 1);
	redisserver_stop(&server);
	redisserver_start(&server);
	assert_int_equal(apply(store, &op), 0);
	assert_int_equal(op.outcome, FAMILY_ROTATED);
	(void)REDISSERVER_ASK(&server, "SCRIPT", "FLUSH");
	assert_int_equal(apply(store, &op), 0);
	assert_int_equal(op.outcome, FAMILY_REPLAYED);
	assert_null(store_close(store));
}

static void one_that_was_put_back_is_healed(void **state)
{
	struct store *store;
	size_t told = 0;
	struct store_op op;

	(void)state;
	START(NULL);
	store = open_at(server.url, NULL, NULL);
	create(store, 1);
	create(store, 2);
	(void)REDISSERVER_ASK(&server, "SAVE");
	assert_int_equal(use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(use(store, 1, 2).outcome, FAMILY_ROTATED);
	redisserver_kill(&server);
	redisserver_start(&server);
	assert_int_equal(use(store, 1, 3).outcome, FAMILY_ADOPTED);
	(void)REDISSERVER_ASK(&server, "FLUSHALL");
	assert_int_equal(use(store, 1, 4).outcome, FAMILY_UNKNOWN);
	op = about(STORE_END_FAMILY, 1, 0); // its access tokens are good elsewhere
	assert_int_equal(apply(store, &op), 0);
	assert_int_equal(op.ended, 0);
	assert_int_equal(store_news(store, WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(store));
}

static void one_that_hangs_costs_its_time_once(void **state)
{
	struct store *store;
	struct store_op op = about(STORE_USE, 1, 1);
	uint64_t began_ms;

	(void)state;
	START(NULL);
	store = open_at(server.url, NULL, NULL);
	create(store, 1);
	(void)kill(server.pid, SIGSTOP);
	began_ms = clock_steady_ms();
	assert_int_equal(apply(store, &op), -EAGAIN);
	assert_in_range(clock_steady_ms() - began_ms, TIMEOUT_MS, TIMEOUT_MS * 10);
	check_why(store, "did not answer in time");
	assert_true(op.remembered);
	began_ms = clock_steady_ms();
	assert_int_equal(apply(store, &op), -EAGAIN); // at once: nothing is tried for a while
	assert_in_range(clock_steady_ms() - began_ms, 0, TIMEOUT_MS - 1);
	(void)kill(server.pid, SIGCONT);
	op = use(store, 1, 1); // whether the first one has happened or not
	assert_true(family_is_good(op.outcome));
	assert_int_equal(op.family.generation, 2);
	assert_null(store_close(store));
}

static void two_share_what_they_do(void **state)
{
	struct store *ours, *theirs;
	struct store_op op = about(STORE_END_SUBJECT, 0, 0);
	size_t told = 0;

	(void)state;
	START(NULL);
	ours = open_at(server.url, NULL, NULL);
	theirs = open_at(server.url, NULL, NULL);
	assert_true(store_is_shared(ours));
	create(ours, 1);
	assert_int_equal(use(theirs, 1, 1).outcome, FAMILY_ROTATED);
	op = use(ours, 1, 1);
	assert_int_equal(op.outcome, FAMILY_REPLAYED);
	assert_int_equal(op.family.generation, 2);
	assert_int_equal(store_news(theirs, WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 0);
	op = about(STORE_END_SUBJECT, 0, 0);
	assert_int_equal(apply(ours, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_int_equal(store_news(theirs, WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_int_equal(store_news(theirs, WALL_MS, count_one, &told), 0);
	assert_int_equal(told, 1);
	assert_null(store_close(theirs));
	assert_null(store_close(ours));
}

// ---- what is wrong with it

static void what_it_refuses_is_said(void **state)
{
	static const struct {
		const char *settings[8];
		const char *user, *password, *query, *said;
	} rows[] = {
		{{"--requirepass", PASSWORD}, NULL, NULL, "", "set password_file"},
		{{"--requirepass", PASSWORD}, NULL, "canary-wrong", "", "refuses the user or the"},
		{{"--requirepass", PASSWORD}, "canary-user", PASSWORD, "", "refuses the user or"},
		{{NULL}, NULL, PASSWORD, "", "take password_file out"},
		{{"--user", "canary-user", "on", grant, "~*", "+@all", "-evalsha"}, "canary-user",
			PASSWORD, "", "its user may not do that"},
		{{"--maxmemory", "1"}, NULL, NULL, "", "raise maxmemory"},
		{{"--replicaof", "127.0.0.1 1"}, NULL, NULL, "", "read-only replica"},
		{{NULL}, NULL, NULL, "?db=99", "see db= in url"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct store_op op = about(STORE_CREATE, 1, 0);
		struct store *store;
		char url[192];

		start_with(rows[i].settings);
		(void)snprintf(url, sizeof(url), "%s%s", server.url, rows[i].query);
		store = open_at(url, rows[i].user, rows[i].password);
		assert_int_equal(apply(store, &op), -EAGAIN);
		assert_int_equal(op.code, -EAGAIN);
		check_why(store, rows[i].said);
		assert_null(store_close(store));
	}
}

static void a_user_with_the_rights_that_the_manual_names_is_enough(void **state)
{
	struct store *store;
	struct store_op op = about(STORE_END_SUBJECT, 1, 0);

	(void)state;
	START("--user", "canary-user", "on", grant, "~samekey:*", "+@read", "+@write",
		"+@scripting", "+select", "+config|get", "+time", NULL);
	store = open_at(server.url, "canary-user", PASSWORD);
	create(store, 1);
	assert_int_equal(use(store, 1, 1).outcome, FAMILY_ROTATED);
	assert_int_equal(apply(store, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_non_null(strstr(store_warning(store), "appendonly yes"));
	assert_null(store_close(store));
}

#define RECORD(mark, end, uses, subject, claims, generation, expires) \
	"struct.pack('<c2BdBBHdddd', '" mark "', " end ", 0, " uses ", " subject ", " claims \
	", " generation ", 1, " expires ", 4e12)"
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
	assert_string_equal(REDISSERVER_ASK(&server, "EVAL", script, "1", name), "OK");
}

static void what_lies_under_our_names_is_not_trusted(void **state)
{
	static const enum store_verb verbs[] = {STORE_LOOK, STORE_USE};
	static const char name[] = "samekey:{s}:f:01010101010101010101010101010101";
	struct store *store;
	struct store_op op;

	(void)state;
	START(NULL);
	store = open_at(server.url, NULL, NULL);
	create(store, 2);
	for (size_t i = 0; i < ARRAY_SIZE(strange) * ARRAY_SIZE(verbs); i++) {
		if (strange[i / 2].is_healed && verbs[i % 2] == STORE_USE)
			continue;
		put_strange(name, strange[i / 2].record);
		op = about(verbs[i % 2], 1, 1);
		if (apply(store, &op) != -EAGAIN || op.remembered)
			fail_msg("%s is taken", strange[i / 2].name);
		check_why(store, "a record is damaged");
	}
	put_strange(name, RECORD("s2", "0", "0", "1", "2", "1", "3e12") " .. 'x{}{}'");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		op = about(verbs[i], 1, 1);
		assert_int_equal(apply(store, &op), -EAGAIN);
		check_why(store, "of a later version of samekey");
	}
	put_strange(
		name, RECORD("s1", "0", "2", "1", "2", "3", "3e12") USED("1", "8") " .. 'x{}{}'");
	op = about(STORE_LOOK, 1, 0);
	assert_int_equal(apply(store, &op), 0);
	assert_int_equal(op.family.used_steady_ms[1], 8);
	(void)REDISSERVER_ASK(&server, "DEL", name);
	(void)REDISSERVER_ASK(&server, "HSET", name, "canary", "1");
	op = about(STORE_USE, 1, 1);
	assert_int_equal(apply(store, &op), -EAGAIN);
	check_why(store, "set another prefix");
	assert_int_equal(use(store, 2, 1).outcome, FAMILY_ROTATED);
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
	uint64_t deadline_ms = clock_steady_ms() + WAIT_MS;
	struct store *store = open_at(url, NULL, NULL);

	while (!strstr(store->why, said) && strstr(store->why, "did not answer in time") &&
		clock_steady_ms() < deadline_ms) {
		assert_null(store_close(store));
		store = open_at(url, NULL, NULL);
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
	START(NULL);
	(void)snprintf(path, sizeof(path), "%s/other.sock", server.folder);
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
		check_why(store, rows[i].said);
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
	struct store_op op = about(STORE_CREATE, 1, 0);
	char path[128], url[160];

	(void)state;
	START(NULL);
	(void)snprintf(path, sizeof(path), "%s/other.sock", server.folder);
	(void)snprintf(url, sizeof(url), "redis://%s", path);
	for (size_t i = 0; i < 2; i++) { // a family that is made, then one that is used
		int listener = listen_at(path);
		struct store *store;
		pid_t pid = fork();

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			pass_on_but_one_answer(listener, server.socket);
		}
		(void)close(listener);
		store = open_at(url, NULL, NULL);
		if (i == 1) {
			op = about(STORE_USE, 1, 1);
			op.rules.grace_ms = 0; // not even then is it a thief
		}
		if (apply(store, &op) < 0)
			fail_msg("%s", store->why);
		assert_int_equal(op.code, 0);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		assert_null(store_close(store));
	}
	assert_int_equal(op.outcome, FAMILY_REPLAYED); // so it had happened
	assert_int_equal(op.family.generation, 2);
}

static int end(void **state)
{
	(void)state;
	redisserver_end(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_and_started_again_it_goes_on),
		cmocka_unit_test(a_restart_between_two_uses_is_not_seen),
		cmocka_unit_test(one_that_was_put_back_is_healed),
		cmocka_unit_test(one_that_hangs_costs_its_time_once),
		cmocka_unit_test(two_share_what_they_do),
		cmocka_unit_test(what_it_refuses_is_said),
		cmocka_unit_test(a_user_with_the_rights_that_the_manual_names_is_enough),
		cmocka_unit_test(what_lies_under_our_names_is_not_trusted),
		cmocka_unit_test(what_is_no_redis_is_said),
		cmocka_unit_test(an_answer_that_is_lost_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
