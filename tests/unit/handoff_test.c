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
#include "tests/unit/verifiers.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#define SHORT_MS 60 // for what must not

static void a_bundle_is_accepted(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;

	verifiers_start(fixture, verifiers_accepts);
	assert_int_equal(verifiers_offer(fixture, &verdict, NULL), 0);
	assert_true(verdict.accepted);
	assert_int_equal(verdict.generation, 7);
	assert_string_equal(verdict.key_id, VERIFIERS_ID);
	assert_string_equal(verdict.socket, fixture->path);
	assert_string_equal(handoff_fingerprint(&verdict, "NEXTAUTH_SECRET"), "5b1f09c2a7d4");
	assert_null(handoff_fingerprint(&verdict, "OTHER"));
	fixture->options.kind = MESSAGE_OFFER_STANDING;
	assert_int_equal(verifiers_offer(fixture, &verdict, NULL), 0);
	assert_int_equal(verdict.generation, 8);
}

static void a_refusal_keeps_all_findings(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;

	verifiers_start(fixture, verifiers_refuses_at_length);
	assert_int_equal(verifiers_offer(fixture, &verdict, NULL), 0);
	assert_false(verdict.accepted);
	assert_int_equal(verdict.finding_count, VERIFIERS_MANY);
	assert_string_equal(verdict.findings[VERIFIERS_MANY - 1].code, "drift-shared");
	assert_null(handoff_fingerprint(&verdict, "NEXTAUTH_SECRET"));
}

static void questions_are_answered(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_question question = {"GET", "/v1/drift?app=web", NULL};
	struct handoff_answer answer;

	verifiers_start(fixture, verifiers_answers);
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
	verifiers_serve_function *serve;
	uint64_t timeout_ms;
	int expected;
	const char *says; // in what or hint
} verifiers[] = {
	{"hangs", verifiers_hangs, SHORT_MS, HANDOFF_E_TIMEOUT, "in time"},
	{"closes at once", verifiers_closes, VERIFIERS_SOON_MS, HANDOFF_E_DIED,
		"without an answer"},
	{"dies mid-handoff", verifiers_dies_mid_handoff, VERIFIERS_SOON_MS, HANDOFF_E_DIED,
		"without an answer"},
	{"talks nonsense", verifiers_talks_nonsense, VERIFIERS_SOON_MS, HANDOFF_E_MALFORMED,
		"no message"},
	{"talks only half", verifiers_talks_half, VERIFIERS_SOON_MS, HANDOFF_E_MALFORMED,
		"32 bytes and has 4"},
	{"is of another version", verifiers_talks_version_2, VERIFIERS_SOON_MS, HANDOFF_E_MALFORMED,
		"same release"},
	{"answers another question", verifiers_gives_an_answer_for_a_verdict, VERIFIERS_SOON_MS,
		HANDOFF_E_MALFORMED, "no place"},
	{"does not admit us", verifiers_admits_nobody, VERIFIERS_SOON_MS, -EPERM, "[not-admitted]"},
	{"is busy", verifiers_is_busy_at_once, VERIFIERS_SOON_MS, HANDOFF_E_PROBLEM,
		"too many connections"},
};

static void bad_verifiers_are_told_apart(void **state)
{
	struct verifiers *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(verifiers); i++) {
		struct handoff_verdict verdict = {.generation = 77};
		struct err err = ERR_NONE;
		int code;

		verifiers_start(fixture, verifiers[i].serve);
		fixture->options.timeout_ms = verifiers[i].timeout_ms;
		code = verifiers_offer(fixture, &verdict, &err);
		if (code != verifiers[i].expected)
			fail_msg("a verifier that %s: %d (%s)", verifiers[i].prose, code, err.what);
		if (!strstr(err.what, verifiers[i].says) && !strstr(err.hint, verifiers[i].says))
			fail_msg("a verifier that %s: %s, %s", verifiers[i].prose, err.what,
				err.hint);
		assert_string_equal(err.where, fixture->path);
		assert_int_equal(err.code, code);
		assert_int_equal(verdict.generation, 77);
		verifiers_stop(fixture);
	}
}

static void without_a_listener(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	own_fd int listener = -1, waiting = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_int_equal(verifiers_offer(fixture, &verdict, &err), HANDOFF_E_ABSENT);
	assert_string_equal(err.where, fixture->path);
	assert_true(*err.hint);
	listener = verifiers_bind_at(fixture->path, SOCK_SEQPACKET);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), HANDOFF_E_REFUSED);
	assert_int_equal(listen(listener, 0), 0); // one may wait, and nobody takes it
	waiting = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
	assert_int_equal(connect(waiting, (struct sockaddr *)&address, sizeof(address)), 0);
	fixture->options.timeout_ms = SHORT_MS;
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), HANDOFF_E_TIMEOUT);
}

static void what_is_no_handoff_socket(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	own_fd int stream = verifiers_bind_at(fixture->path, SOCK_STREAM), file = -1;

	assert_int_equal(listen(stream, 1), 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), HANDOFF_E_MALFORMED);
	assert_int_equal(unlink(fixture->path), 0);
	file = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -ENOTSOCK);
}

static void a_folder_open_to_all_is_not_trusted(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	verifiers_start(fixture, verifiers_accepts);
	assert_int_equal(chmod(fixture->folder, 0777), 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -EPERM);
	assert_string_equal(err.where, fixture->folder);
	assert_int_equal(chmod(fixture->folder, 0700), 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), 0);
}

// Needs root to become somebody else.
static void an_impersonator_gets_nothing(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	if (geteuid() != 0)
		skip();
	verifiers_start_as(fixture, verifiers_accepts, 4711);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -EPERM);
	assert_non_null(strstr(err.what, "4711"));
	verifiers_stop(fixture); // it was hung up on
	verifiers_start_as(fixture, verifiers_accepts, 4711);
	fixture->options.user = "4711";
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), 0);
	fixture->options.user = "no-such-user";
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -EINVAL);
	assert_non_null(strstr(err.what, "no-such-user"));
	verifiers_stop(fixture);
	verifiers_start_as(fixture, verifiers_accepts, 65534);
	fixture->options.user = "65534";
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -EPERM);
}

static void the_environment_names_the_socket(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	fixture->options.socket = NULL;
	assert_int_equal(setenv("XDG_RUNTIME_DIR", fixture->folder, 1), 0);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/samekey", fixture->folder);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	(void)snprintf(
		fixture->path, sizeof(fixture->path), "%s/samekey/handoff.sock", fixture->folder);
	verifiers_start(fixture, verifiers_accepts);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), 0);
	assert_string_equal(verdict.socket, fixture->path);
	assert_int_equal(setenv("SAMEKEY_SOCKET", "/nowhere/handoff.sock", 1), 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), HANDOFF_E_ABSENT);
	assert_string_equal(err.where, "/nowhere/handoff.sock");
	assert_int_equal(setenv("SAMEKEY_SOCKET", fixture->path, 1), 0);
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), 0);
	verifiers_stop(fixture);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/samekey", fixture->folder);
	assert_int_equal(rmdir(fixture->path), 0);
}

static void paths_too_long_are_refused(void **state)
{
	struct verifiers *fixture = *state;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	char link[96], path[256];

	verifiers_start(fixture, verifiers_accepts);
	(void)snprintf(link, sizeof(link), "%s/l", fixture->folder);
	assert_int_equal(symlink(".", link), 0);
	(void)snprintf(path, sizeof(path),
		"%s/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/././././././././././././"
		"././././././././././././././././././././s",
		fixture->folder);
	fixture->options.socket = path;
	assert_int_equal(verifiers_offer(fixture, &verdict, &err), -ENAMETOOLONG);
	assert_true(*err.hint);
	assert_int_equal(unlink(link), 0);
}

static void a_bundle_over_a_cap_is_not_sent(void **state)
{
	struct verifiers *fixture = *state;
	static const uint8_t zeros[BUNDLE_VALUE_MAX + 1];
	struct candidate large = verifiers_secret;
	struct bundle_key key = {"KEY", 0, &large, 1};
	struct bundle bundle = verifiers_sample;
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;

	large.value = secret_view(zeros, sizeof(zeros));
	bundle.keys = &key;
	verifiers_start(fixture, verifiers_accepts);
	assert_int_equal(handoff_offer(&fixture->options, &bundle, fixture->arena, fixture->pool,
				 &verdict, &err),
		-E2BIG);
	assert_non_null(strstr(err.what, "65537"));
}

// What comes late on a connection that stays open belongs to no later question.
static void a_late_answer_is_nobodys(void **state)
{
	struct verifiers *fixture = *state;
	const struct handoff_question question = {"GET", "/v1/drift", NULL};
	const struct message late = {
		.type = MESSAGE_ANSWER, .answer = {.status = 200, .body = "{}", .body_length = 2}};
	struct handoff_answer answer;
	struct exchange theirs = {.arena = fixture->arena};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	fixture->options.connection = &ends[0];
	fixture->options.timeout_ms = SHORT_MS;
	theirs.socket = ends[1];
	assert_int_equal(handoff_ask(&fixture->options, &question, fixture->arena, fixture->pool,
				 &answer, NULL),
		HANDOFF_E_TIMEOUT);
	ignore_result(exchange_send(&theirs, &late, -1, NULL));
	assert_int_equal(handoff_ask(&fixture->options, &question, fixture->arena, fixture->pool,
				 &answer, NULL),
		HANDOFF_E_DIED);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

// A verifier that is too busy says so before it hears anything, and goes.
static void who_has_gone_already_may_have_said_why(void **state)
{
	static const int expected[] = {HANDOFF_E_DIED, HANDOFF_E_PROBLEM};
	const struct message busy = {
		.type = MESSAGE_PROBLEM, .problem = {"busy", "too many connections", ""}};
	struct verifiers *fixture = *state;
	uint8_t *first = secret_arena_take(fixture->arena, 1);

	secret_arena_give(fixture->arena, first, 1);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct exchange theirs = {
			.arena = fixture->arena, .deadline = channel_deadline(VERIFIERS_SOON_MS)};
		struct handoff_verdict verdict;
		struct err err = ERR_NONE;
		uint8_t *next;
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		theirs.socket = ends[1];
		if (expected[i] == HANDOFF_E_PROBLEM)
			assert_int_equal(exchange_send(&theirs, &busy, -1, NULL), 0);
		(void)close(ends[1]);
		fixture->options.connection = &ends[0];
		assert_int_equal(verifiers_offer(fixture, &verdict, &err), expected[i]);
		(void)close(ends[0]);
		next = secret_arena_take(fixture->arena, 1); // nothing of the bundle is left
		assert_ptr_equal(next, first);
		secret_arena_give(fixture->arena, next, 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, verifiers_set_up, verifiers_tear_down)

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
		TEST(a_late_answer_is_nobodys),
		TEST(who_has_gone_already_may_have_said_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
