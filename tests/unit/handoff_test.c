// The loader's end of the handoff against verifiers of every kind: good, absent, hanging, dying,
// talking nonsense, and somebody else's.
// SPDX-License-Identifier: MIT
#include "loader/deliver/handoff.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "lib/wire/fault.h"

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

#include <cmocka.h>

#define SOON_MS 10000 // for what must happen
#define SHORT_MS 60   // for what must not
#define ID "0123456789ab"
#define MANY 1000

static const struct candidate secret = {.origin = {SOURCE_DOTENV, ".env", 3, 1},
	.value = {(const struct secret_byte *)"canary-7d1c", 11}};
static const struct bundle_key keys[] = {{"NEXTAUTH_SECRET", BUNDLE_KEY_SECRET, &secret, 1}};
static const struct bundle sample = {
	.app = "web", .group = "shop", .mode = "production", .keys = keys, .key_count = 1};

struct fixture {
	struct secret_arena *arena;
	struct pool *pool;
	char folder[40], path[80];
	struct handoff_options options;
	pid_t verifier; // 0: none
	size_t open_descriptors;
};

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(secret_arena_open(NULL, &fixture->arena, NULL), 0);
	fixture->pool = pool_new();
	(void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/samekey-handoff-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/s", fixture->folder);
	fixture->options = (struct handoff_options){.socket = fixture->path, .timeout_ms = SOON_MS};
	(void)unsetenv("SAMEKEY_SOCKET");
	(void)unsetenv("XDG_RUNTIME_DIR");
	fixture->open_descriptors = count_descriptors();
	*state = fixture;
	return 0;
}

static void stop_verifier(struct fixture *fixture)
{
	if (fixture->verifier) {
		(void)kill(fixture->verifier, SIGKILL);
		(void)waitpid(fixture->verifier, NULL, 0);
	}
	fixture->verifier = 0;
	(void)unlink(fixture->path);
}

// No test leaves a descriptor or a file behind.
static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	stop_verifier(fixture);
	assert_int_equal(count_descriptors(), fixture->open_descriptors);
	assert_int_equal(rmdir(fixture->folder), 0);
	pool_free(fixture->pool);
	secret_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static int bind_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

// What a verifier does with one connection.
typedef void serve_function(struct fixture *fixture, int connection);

// Starts a verifier of its own process that serves each connection so. `uid`: whose it is.
static void start_verifier_as(struct fixture *fixture, serve_function *serve, uid_t uid)
{
	own_fd int listener = bind_at(fixture->path, SOCK_SEQPACKET);
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fixture->verifier = fork();
	assert_true(fixture->verifier >= 0);
	if (fixture->verifier == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if ((uid != geteuid() && setuid(uid) < 0) || listen(listener, 8) < 0 ||
			write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;) {
			int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

			serve(fixture, connection);
			(void)close(connection);
		}
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
}

static void start_verifier(struct fixture *fixture, serve_function *serve)
{
	start_verifier_as(fixture, serve, geteuid());
}

// ---- verifiers

static void say(struct fixture *fixture, int connection, const struct message *message)
{
	const struct exchange exchange = {connection, fixture->arena, channel_deadline(SOON_MS)};

	ignore_result(exchange_send(&exchange, message, -1, NULL)); // the test sees what is missing
}

static void hear(struct fixture *fixture, int connection, struct exchange_received *received)
{
	const struct exchange exchange = {connection, fixture->arena, channel_deadline(SOON_MS)};

	if (exchange_receive(&exchange, MESSAGE_AWAIT_REQUEST, fixture->pool, received, NULL))
		_exit(2);
}

static void accepts(struct fixture *fixture, int connection)
{
	struct exchange_received offer = EXCHANGE_NOTHING;
	struct exchange_bundle bundle = EXCHANGE_NO_BUNDLE;
	struct message_fingerprint fingerprint = {"", "5b1f09c2a7d4"};
	struct message verdict = {
		.type = MESSAGE_VERDICT, .verdict = {true, 7, ID, &fingerprint, 1, NULL, 0}};

	hear(fixture, connection, &offer);
	if (exchange_open_bundle(&offer, fixture->arena, fixture->pool, &bundle, NULL) ||
		bundle.bundle.key_count != 1 ||
		!secret_equal(secret.value, bundle.bundle.keys[0].candidates[0].value))
		_exit(3);
	if (offer.message.offer.kind == MESSAGE_OFFER_STANDING)
		verdict.verdict.generation = 8;
	fingerprint.key = bundle.bundle.keys[0].name;
	say(fixture, connection, &verdict);
}

static void refuses_at_length(struct fixture *fixture, int connection)
{
	static struct diag_item findings[MANY];
	const struct message verdict = {
		.type = MESSAGE_VERDICT, .verdict = {false, 9, ID, NULL, 0, findings, MANY}};
	struct exchange_received offer = EXCHANGE_NOTHING;

	for (size_t i = 0; i < MANY; i++)
		findings[i] = (struct diag_item){DIAG_ERROR, false, "drift-shared",
			"NEXTAUTH_SECRET", ".env:3:1",
			"web holds another value than ws, which started nine minutes ago", "fix"};
	hear(fixture, connection, &offer);
	say(fixture, connection, &verdict);
}

static void answers(struct fixture *fixture, int connection)
{
	struct exchange_received request = EXCHANGE_NOTHING;
	char body[512];
	struct message answer = {.type = MESSAGE_ANSWER, .answer = {200, body, 0}};

	hear(fixture, connection, &request);
	if (request.message.type == MESSAGE_WITHDRAW) {
		(void)snprintf(body, sizeof(body), "\"%s\"", request.message.withdraw.app);
		answer.answer.status = 404;
	} else {
		(void)snprintf(body, sizeof(body), "\"%s %s %.*s\"", request.message.ask.method,
			request.message.ask.path, (int)request.message.ask.body_length,
			request.message.ask.body);
	}
	answer.answer.body_length = strlen(body);
	say(fixture, connection, &answer);
}

static void hangs(struct fixture *fixture, int connection)
{
	struct exchange_received offer = EXCHANGE_NOTHING;

	hear(fixture, connection, &offer);
	for (;;)
		(void)pause();
}

static void closes(struct fixture *fixture, int connection)
{
	(void)fixture;
	(void)connection;
}

static void dies_mid_handoff(struct fixture *fixture, int connection)
{
	struct exchange_received offer = EXCHANGE_NOTHING;

	hear(fixture, connection, &offer);
	(void)kill(getpid(), SIGKILL);
}

static void talks_nonsense(struct fixture *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0);
}

static void talks_half(struct fixture *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "SK\1\2\0\0\0\0\0\0\0\x20half", 16, 0);
}

static void talks_version_2(struct fixture *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "SK\2\2\0\0\0\0\0\0\0\0", 12, 0);
}

static void gives_an_answer_for_a_verdict(struct fixture *fixture, int connection)
{
	const struct message answer = {.type = MESSAGE_ANSWER, .answer = {200, "{}", 2}};

	say(fixture, connection, &answer);
}

static void admits_nobody(struct fixture *fixture, int connection)
{
	struct exchange_received offer = EXCHANGE_NOTHING;
	const struct message problem = {.type = MESSAGE_PROBLEM,
		.problem = {"not-admitted", "uid 1000 may not offer", "see [admit]"}};

	hear(fixture, connection, &offer);
	say(fixture, connection, &problem);
}

static void is_busy_at_once(struct fixture *fixture, int connection)
{
	const struct message problem = {
		.type = MESSAGE_PROBLEM, .problem = {"busy", "too many connections", ""}};

	say(fixture, connection, &problem);
}

// ---- tests

static int offer(struct fixture *fixture, struct handoff_verdict *verdict, struct err *err)
{
	return handoff_offer(
		&fixture->options, &sample, fixture->arena, fixture->pool, verdict, err);
}

static void a_bundle_is_accepted(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;

	start_verifier(fixture, accepts);
	assert_int_equal(offer(fixture, &verdict, NULL), 0);
	assert_true(verdict.accepted);
	assert_int_equal(verdict.generation, 7);
	assert_string_equal(verdict.key_id, ID);
	assert_string_equal(verdict.socket, fixture->path);
	assert_string_equal(handoff_fingerprint(&verdict, "NEXTAUTH_SECRET"), "5b1f09c2a7d4");
	assert_null(handoff_fingerprint(&verdict, "OTHER"));
	fixture->options.kind = MESSAGE_OFFER_STANDING;
	assert_int_equal(offer(fixture, &verdict, NULL), 0);
	assert_int_equal(verdict.generation, 8);
}

static void a_refusal_keeps_all_findings(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;

	start_verifier(fixture, refuses_at_length);
	assert_int_equal(offer(fixture, &verdict, NULL), 0);
	assert_false(verdict.accepted);
	assert_int_equal(verdict.finding_count, MANY);
	assert_string_equal(verdict.findings[MANY - 1].code, "drift-shared");
	assert_null(handoff_fingerprint(&verdict, "NEXTAUTH_SECRET"));
}

static void questions_are_answered(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_question question = {"GET", "/v1/drift?app=web", NULL};
	struct handoff_answer answer;

	start_verifier(fixture, answers);
	assert_int_equal(handoff_ask(&fixture->options, &question, fixture->arena, fixture->pool,
				 &answer, NULL),
		0);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "\"GET /v1/drift?app=web \"");
	assert_int_equal(answer.body_length, strlen(answer.body));
	question = (struct handoff_question){"POST", "/v1/attest", "{}"};
	assert_int_equal(handoff_ask(&fixture->options, &question, fixture->arena, fixture->pool,
				 &answer, NULL),
		0);
	assert_string_equal(answer.body, "\"POST /v1/attest {}\"");
	assert_int_equal(handoff_withdraw(&fixture->options, "web", fixture->arena, fixture->pool,
				 &answer, NULL),
		0);
	assert_int_equal(answer.status, 404);
	assert_string_equal(answer.body, "\"web\"");
	question.method = "get";
	assert_int_equal(handoff_ask(&fixture->options, &question, fixture->arena, fixture->pool,
				 &answer, NULL),
		-EINVAL);
}

static const struct {
	const char *prose;
	serve_function *serve;
	uint64_t timeout_ms;
	int expected;
	const char *says; // in what or hint
} verifiers[] = {
	{"hangs", hangs, SHORT_MS, HANDOFF_E_TIMEOUT, "in time"},
	{"closes at once", closes, SOON_MS, HANDOFF_E_DIED, "without an answer"},
	{"dies mid-handoff", dies_mid_handoff, SOON_MS, HANDOFF_E_DIED, "without an answer"},
	{"talks nonsense", talks_nonsense, SOON_MS, HANDOFF_E_MALFORMED, "no message"},
	{"talks only half", talks_half, SOON_MS, HANDOFF_E_MALFORMED, "32 bytes and has 4"},
	{"is of another version", talks_version_2, SOON_MS, HANDOFF_E_MALFORMED, "same release"},
	{"answers another question", gives_an_answer_for_a_verdict, SOON_MS, HANDOFF_E_MALFORMED,
		"no place"},
	{"does not admit us", admits_nobody, SOON_MS, -EPERM, "[not-admitted]"},
	{"is busy", is_busy_at_once, SOON_MS, HANDOFF_E_PROBLEM, "too many connections"},
};

static void bad_verifiers_are_told_apart(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(verifiers); i++) {
		struct handoff_verdict verdict = {.generation = 77};
		struct err err = ERR_NONE;
		int code;

		start_verifier(fixture, verifiers[i].serve);
		fixture->options.timeout_ms = verifiers[i].timeout_ms;
		code = offer(fixture, &verdict, &err);
		if (code != verifiers[i].expected)
			fail_msg("a verifier that %s: %d (%s)", verifiers[i].prose, code, err.what);
		if (!strstr(err.what, verifiers[i].says) && !strstr(err.hint, verifiers[i].says))
			fail_msg("a verifier that %s: %s, %s", verifiers[i].prose, err.what,
				err.hint);
		assert_string_equal(err.where, fixture->path);
		assert_int_equal(err.code, code);
		assert_int_equal(verdict.generation, 77);
		stop_verifier(fixture);
	}
}

static void without_a_listener(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	own_fd int listener = -1, waiting = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_int_equal(offer(fixture, &verdict, &err), HANDOFF_E_ABSENT);
	assert_string_equal(err.where, fixture->path);
	assert_true(*err.hint);
	listener = bind_at(fixture->path, SOCK_SEQPACKET);
	assert_int_equal(offer(fixture, &verdict, &err), HANDOFF_E_REFUSED);
	assert_int_equal(listen(listener, 0), 0); // one may wait, and nobody takes it
	waiting = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
	assert_int_equal(connect(waiting, (struct sockaddr *)&address, sizeof(address)), 0);
	fixture->options.timeout_ms = SHORT_MS;
	assert_int_equal(offer(fixture, &verdict, &err), HANDOFF_E_TIMEOUT);
}

static void what_is_no_handoff_socket(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	own_fd int stream = bind_at(fixture->path, SOCK_STREAM), file = -1;

	assert_int_equal(listen(stream, 1), 0);
	assert_int_equal(offer(fixture, &verdict, &err), HANDOFF_E_MALFORMED);
	assert_int_equal(unlink(fixture->path), 0);
	file = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(offer(fixture, &verdict, &err), -ENOTSOCK);
}

static void a_folder_open_to_all_is_not_trusted(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	start_verifier(fixture, accepts);
	assert_int_equal(chmod(fixture->folder, 0777), 0);
	assert_int_equal(offer(fixture, &verdict, &err), -EPERM);
	assert_string_equal(err.where, fixture->folder);
	assert_int_equal(chmod(fixture->folder, 0700), 0);
	assert_int_equal(offer(fixture, &verdict, &err), 0);
}

// Needs root to become somebody else.
static void an_impersonator_gets_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	if (geteuid() != 0)
		skip();
	start_verifier_as(fixture, accepts, 4711);
	assert_int_equal(offer(fixture, &verdict, &err), -EPERM);
	assert_non_null(strstr(err.what, "4711"));
	stop_verifier(fixture); // it was hung up on
	start_verifier_as(fixture, accepts, 4711);
	fixture->options.user = "4711";
	assert_int_equal(offer(fixture, &verdict, &err), 0);
	fixture->options.user = "no-such-user";
	assert_int_equal(offer(fixture, &verdict, &err), -EINVAL);
	assert_non_null(strstr(err.what, "no-such-user"));
	stop_verifier(fixture);
	start_verifier_as(fixture, accepts, 65534);
	fixture->options.user = "65534";
	assert_int_equal(offer(fixture, &verdict, &err), -EPERM);
}

static void the_environment_names_the_socket(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	fixture->options.socket = NULL;
	assert_int_equal(setenv("XDG_RUNTIME_DIR", fixture->folder, 1), 0);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/samekey", fixture->folder);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	(void)snprintf(
		fixture->path, sizeof(fixture->path), "%s/samekey/handoff.sock", fixture->folder);
	start_verifier(fixture, accepts);
	assert_int_equal(offer(fixture, &verdict, &err), 0);
	assert_string_equal(verdict.socket, fixture->path);
	assert_int_equal(setenv("SAMEKEY_SOCKET", "/nowhere/handoff.sock", 1), 0);
	assert_int_equal(offer(fixture, &verdict, &err), HANDOFF_E_ABSENT);
	assert_string_equal(err.where, "/nowhere/handoff.sock");
	assert_int_equal(setenv("SAMEKEY_SOCKET", fixture->path, 1), 0);
	assert_int_equal(offer(fixture, &verdict, &err), 0);
	stop_verifier(fixture);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/samekey", fixture->folder);
	assert_int_equal(rmdir(fixture->path), 0);
}

static void paths_too_long_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	char link[96], path[256];

	start_verifier(fixture, accepts);
	(void)snprintf(link, sizeof(link), "%s/l", fixture->folder);
	assert_int_equal(symlink(".", link), 0);
	(void)snprintf(path, sizeof(path),
		"%s/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/././././././././././././"
		"././././././././././././././././././././s",
		fixture->folder);
	fixture->options.socket = path;
	assert_int_equal(offer(fixture, &verdict, &err), -ENAMETOOLONG);
	assert_true(*err.hint);
	assert_int_equal(unlink(link), 0);
}

static void a_bundle_over_a_cap_is_not_sent(void **state)
{
	struct fixture *fixture = *state;
	static const uint8_t zeros[BUNDLE_VALUE_MAX + 1];
	struct candidate large = secret;
	struct bundle_key key = {"KEY", 0, &large, 1};
	struct bundle bundle = sample;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	large.value = secret_view(zeros, sizeof(zeros));
	bundle.keys = &key;
	start_verifier(fixture, accepts);
	assert_int_equal(handoff_offer(&fixture->options, &bundle, fixture->arena, fixture->pool,
				 &verdict, &err),
		-E2BIG);
	assert_non_null(strstr(err.what, "65537"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bundle_is_accepted),
		TEST(a_refusal_keeps_all_findings),
		TEST(questions_are_answered),
		TEST(bad_verifiers_are_told_apart),
		TEST(without_a_listener),
		TEST(what_is_no_handoff_socket),
		TEST(a_folder_open_to_all_is_not_trusted),
		TEST(an_impersonator_gets_nothing),
		TEST(the_environment_names_the_socket),
		TEST(paths_too_long_are_refused),
		TEST(a_bundle_over_a_cap_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
