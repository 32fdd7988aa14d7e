// Each serves one connection, in a process of its own.
// SPDX-License-Identifier: MIT
#include "tests/unit/verifiers.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "loader/deliver/handoff.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

const struct candidate verifiers_secret = {.origin = {SOURCE_DOTENV, ".env", 3, 1},
	.value = {(const struct secret_byte *)"canary-7d1c", 11}};

const struct bundle_key verifiers_keys[] = {
	{"NEXTAUTH_SECRET", BUNDLE_KEY_SECRET, &verifiers_secret, 1}};

const struct bundle verifiers_sample = {.app = "web",
	.group = "shop",
	.mode = "production",
	.keys = verifiers_keys,
	.key_count = 1};

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

int verifiers_set_up(void **state)
{
	struct verifiers *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(secret_arena_open(NULL, &fixture->arena, NULL), 0);
	fixture->pool = pool_new();
	(void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/samekey-handoff-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/s", fixture->folder);
	fixture->options =
		(struct handoff_options){.socket = fixture->path, .timeout_ms = VERIFIERS_SOON_MS};
	(void)unsetenv("SAMEKEY_SOCKET");
	(void)unsetenv("XDG_RUNTIME_DIR");
	fixture->open_descriptors = count_descriptors();
	*state = fixture;
	return 0;
}

void verifiers_stop(struct verifiers *fixture)
{
	if (fixture->verifier) {
		(void)kill(fixture->verifier, SIGKILL);
		(void)waitpid(fixture->verifier, NULL, 0);
	}
	fixture->verifier = 0;
	(void)unlink(fixture->path);
}

int verifiers_tear_down(void **state)
{
	struct verifiers *fixture = *state;

	verifiers_stop(fixture);
	assert_int_equal(count_descriptors(), fixture->open_descriptors);
	assert_int_equal(rmdir(fixture->folder), 0);
	pool_free(fixture->pool);
	secret_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

int verifiers_bind_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void verifiers_start_as(struct verifiers *fixture, verifiers_serve_function *serve, uid_t uid)
{
	own_fd int listener = verifiers_bind_at(fixture->path, SOCK_SEQPACKET);
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

void verifiers_start(struct verifiers *fixture, verifiers_serve_function *serve)
{
	verifiers_start_as(fixture, serve, geteuid());
}

// ---- verifiers

static void say(struct verifiers *fixture, int connection, const struct message *message)
{
	const struct exchange exchange = {
		connection, fixture->arena, channel_deadline(VERIFIERS_SOON_MS)};

	ignore_result(exchange_send(&exchange, message, -1, NULL)); // the test sees what is missing
}

static void hear(struct verifiers *fixture, int connection, struct exchange_received *received)
{
	const struct exchange exchange = {
		connection, fixture->arena, channel_deadline(VERIFIERS_SOON_MS)};

	if (exchange_receive(&exchange, MESSAGE_AWAIT_REQUEST, fixture->pool, received, NULL))
		_exit(2);
}

void verifiers_accepts(struct verifiers *fixture, int connection)
{
	struct exchange_received verifiers_offer = EXCHANGE_NOTHING;
	struct exchange_bundle bundle = EXCHANGE_NO_BUNDLE;
	struct message_fingerprint fingerprint = {"", "5b1f09c2a7d4"};
	struct message verdict = {.type = MESSAGE_VERDICT,
		.verdict = {true, 7, VERIFIERS_ID, &fingerprint, 1, NULL, 0}};

	hear(fixture, connection, &verifiers_offer);
	if (exchange_open_bundle(&verifiers_offer, fixture->arena, fixture->pool, &bundle, NULL) ||
		bundle.bundle.key_count != 1 ||
		!secret_equal(verifiers_secret.value, bundle.bundle.keys[0].candidates[0].value))
		_exit(3);
	if (verifiers_offer.message.offer.kind == MESSAGE_OFFER_STANDING)
		verdict.verdict.generation = 8;
	fingerprint.key = bundle.bundle.keys[0].name;
	say(fixture, connection, &verdict);
}

void verifiers_refuses_at_length(struct verifiers *fixture, int connection)
{
	static struct diag_item findings[VERIFIERS_MANY];
	const struct message verdict = {.type = MESSAGE_VERDICT,
		.verdict = {false, 9, VERIFIERS_ID, NULL, 0, findings, VERIFIERS_MANY}};
	struct exchange_received verifiers_offer = EXCHANGE_NOTHING;

	for (size_t i = 0; i < VERIFIERS_MANY; i++)
		findings[i] = (struct diag_item){DIAG_ERROR, false, "drift-shared",
			"NEXTAUTH_SECRET", ".env:3:1",
			"web holds another value than ws, which started nine minutes ago", "fix"};
	hear(fixture, connection, &verifiers_offer);
	say(fixture, connection, &verdict);
}

void verifiers_answers(struct verifiers *fixture, int connection)
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

void verifiers_hangs(struct verifiers *fixture, int connection)
{
	struct exchange_received verifiers_offer = EXCHANGE_NOTHING;

	hear(fixture, connection, &verifiers_offer);
	for (;;)
		(void)pause();
}

void verifiers_closes(struct verifiers *fixture, int connection)
{
	(void)fixture;
	(void)connection;
}

void verifiers_dies_mid_handoff(struct verifiers *fixture, int connection)
{
	struct exchange_received verifiers_offer = EXCHANGE_NOTHING;

	hear(fixture, connection, &verifiers_offer);
	(void)kill(getpid(), SIGKILL);
}

void verifiers_talks_nonsense(struct verifiers *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0);
}

void verifiers_talks_half(struct verifiers *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "SK\1\2\0\0\0\0\0\0\0\x20half", 16, 0);
}

void verifiers_talks_version_2(struct verifiers *fixture, int connection)
{
	(void)fixture;
	(void)send(connection, "SK\2\2\0\0\0\0\0\0\0\0", 12, 0);
}

void verifiers_gives_an_answer_for_a_verdict(struct verifiers *fixture, int connection)
{
	const struct message answer = {.type = MESSAGE_ANSWER, .answer = {200, "{}", 2}};

	say(fixture, connection, &answer);
}

void verifiers_admits_nobody(struct verifiers *fixture, int connection)
{
	struct exchange_received verifiers_offer = EXCHANGE_NOTHING;
	const struct message problem = {.type = MESSAGE_PROBLEM,
		.problem = {"not-admitted", "uid 1000 may not offer", "see [admit]"}};

	hear(fixture, connection, &verifiers_offer);
	say(fixture, connection, &problem);
}

void verifiers_is_busy_at_once(struct verifiers *fixture, int connection)
{
	const struct message problem = {
		.type = MESSAGE_PROBLEM, .problem = {"busy", "too many connections", ""}};

	say(fixture, connection, &problem);
}

// ---- tests

int verifiers_offer(struct verifiers *fixture, struct handoff_verdict *verdict, struct err *err)
{
	return handoff_offer(
		&fixture->options, &verifiers_sample, fixture->arena, fixture->pool, verdict, err);
}
