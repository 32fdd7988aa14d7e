// Questions on the handoff socket that are answered later: one at a time, with a deadline, and
// without harm when whoever asked is gone. The route table is one that waits, see the Makefile.
// SPDX-License-Identifier: MIT
#include "verifier/door/intake.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#define SOON_MS 20000
#define KEPT_MAX 4

struct stand {
	char folder[32];
	struct sockaddr_un address;
	struct log log;
	struct secret_arena *arena; // the loader's
	struct vault *vault;
	struct admit *admit;
	struct loop *loop;
	struct throttle *throttle;
	struct answers answers;
	struct intake *intake;
	int listener;
};

static struct later *kept[KEPT_MAX];
static size_t kept_count, calls;

static void say(struct route_reply *reply, const char *text)
{
	reply_begin(reply, 200, "application/json", 0);
	reply_text(reply, text);
	reply_end(reply);
}

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose the name

// Intake's call of route_answer is led here.
void __wrap_route_answer(
	struct answers *answers, struct route_request *request, struct route_reply *ret_reply);

void __wrap_route_answer(
	struct answers *answers, struct route_request *request, struct route_reply *ret_reply)
{
	(void)answers;
	*ret_reply = (struct route_reply){0};
	calls++;
	if (text_equal(request->target, "/now")) {
		say(ret_reply, "\"at once\"");
		return;
	}
	assert_true(kept_count < KEPT_MAX);
	kept[kept_count] = later_begin(request);
	assert_non_null(kept[kept_count++]);
}

// NOLINTEND(bugprone-reserved-identifier)

static void open_stand(struct stand *stand, uint64_t deadline_ms)
{
	kept_count = calls = 0;
	*stand = (struct stand){
		.folder = "/tmp/samekey-ask-XXXXXX", .address = {.sun_family = AF_UNIX}};
	assert_non_null(mkdtemp(stand->folder));
	(void)snprintf(
		stand->address.sun_path, sizeof(stand->address.sun_path), "%s/s", stand->folder);
	stand->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	assert_int_equal(secret_arena_open(NULL, &stand->arena, NULL), 0);
	assert_int_equal(vault_open(4u << 20, &stand->vault, NULL), 0);
	stand->admit = admit_new(NULL, 0, 8);
	stand->throttle = throttle_new(&stand->log);
	if (!stand->admit || !stand->throttle)
		abort();
	assert_int_equal(loop_open(&stand->loop), 0);
	stand->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(stand->listener, (struct sockaddr *)&stand->address, sizeof(stand->address)),
		0);
	assert_int_equal(listen(stand->listener, 8), 0);
	assert_int_equal(intake_open(&(struct intake_parts){.socket = stand->listener,
					     .loop = stand->loop,
					     .admit = stand->admit,
					     .vault = stand->vault,
					     .answers = &stand->answers,
					     .log = &stand->log,
					     .throttle = stand->throttle,
					     .deadline_ms = deadline_ms},
				 &stand->intake),
		0);
}

static void close_stand(struct stand *stand)
{
	stand->intake = intake_close(stand->intake);
	loop_close(stand->loop);
	throttle_free(stand->throttle);
	admit_free(stand->admit);
	vault_close(stand->vault);
	secret_arena_free(stand->arena);
	(void)close(stand->listener);
	(void)unlink(stand->address.sun_path);
	assert_int_equal(rmdir(stand->folder), 0);
	(void)close(stand->log.fd);
}

static void try_again(struct stand *stand, uint64_t end)
{
	assert_true(clock_steady_ms() < end);
	assert_int_equal(loop_turn(stand->loop, 10), 0);
}

// Turns until it is so. A macro, so that the condition is looked at anew.
#define until(stand, condition) \
	for (uint64_t end = clock_steady_ms() + SOON_MS; !(condition);) \
	try_again(stand, end)

static int connect_to(struct stand *stand)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&stand->address, sizeof(stand->address)), 0);
	return fd;
}

static void ask(struct stand *stand, int fd, const char *path)
{
	const struct exchange exchange = {fd, stand->arena, channel_deadline(SOON_MS)};
	const struct message message = {.type = MESSAGE_ASK,
		.ask = {.method = "POST", .path = path, .body = "{}", .body_length = 2}};

	assert_int_equal(exchange_send(&exchange, &message, -1, NULL), 0);
}

static bool has_news(int fd)
{
	struct pollfd news = {.fd = fd, .events = POLLIN};

	return poll(&news, 1, 0) != 0;
}

// Returns: the status; the body must hold `text`.
static unsigned hear(struct stand *stand, int fd, const char *text)
{
	const struct exchange exchange = {fd, stand->arena, channel_deadline(SOON_MS)};
	struct exchange_received received = EXCHANGE_NOTHING;
	own(pool_release) struct pool *pool = pool_new();
	unsigned status;

	if (!pool)
		abort();
	until(stand, has_news(fd));
	assert_int_equal(
		exchange_receive(&exchange, MESSAGE_AWAIT_ANSWER, pool, &received, NULL), 0);
	assert_int_equal(received.message.type, MESSAGE_ANSWER);
	assert_non_null(memmem(received.message.answer.body, received.message.answer.body_length,
		text, strlen(text)));
	status = received.message.answer.status;
	exchange_done(&received, stand->arena);
	return status;
}

static void end_one(size_t at, const char *text)
{
	struct route_reply reply = {.is_private = true};

	say(&reply, text);
	later_end(kept[at], &reply);
	assert_null(reply.body);
}

static void questions_behind_one_that_waits_are_not_read(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, SOON_MS);
	fd = connect_to(&stand);
	ask(&stand, fd, "/later?and=more");
	ask(&stand, fd, "/now");
	until(&stand, kept_count == 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_turn(stand.loop, 1), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(stand.answers.counts.requests[ROUTE_HANDOFF], 0);
	end_one(0, "\"late\"");
	assert_int_equal(hear(&stand, fd, "\"late\""), 200);
	assert_int_equal(hear(&stand, fd, "\"at once\""), 200);
	assert_int_equal(stand.answers.counts.requests[ROUTE_HANDOFF], 2);
	(void)close(fd);
	until(&stand, !intake_count(stand.intake));
	close_stand(&stand);
}

static void a_deadline_answers_and_the_connection_goes_on(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, 200);
	fd = connect_to(&stand);
	ask(&stand, fd, "/later");
	assert_int_equal(hear(&stand, fd, "\"code\":\"timeout\""), 503);
	assert_false(later_is_wanted(kept[0]));
	end_one(0, "\"too late\"");
	ask(&stand, fd, "/now");
	assert_int_equal(hear(&stand, fd, "\"at once\""), 200);
	(void)close(fd);
	close_stand(&stand);
}

static void whoever_leaves_is_noticed(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, SOON_MS);
	fd = connect_to(&stand);
	ask(&stand, fd, "/later");
	ask(&stand, fd, "/now");
	until(&stand, kept_count == 1);
	(void)close(fd);
	until(&stand, !later_is_wanted(kept[0]));
	assert_int_equal(intake_count(stand.intake), 0);
	assert_int_equal(calls, 1);
	end_one(0, "\"to nobody\"");
	fd = connect_to(&stand);
	ask(&stand, fd, "/later");
	until(&stand, kept_count == 2);
	(void)close(fd);
	end_one(1, "\"to nobody\""); // before any turn has seen the close
	until(&stand, !intake_count(stand.intake));
	close_stand(&stand);
}

static void an_end_of_all_drops_what_waits(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, SOON_MS);
	fd = connect_to(&stand);
	ask(&stand, fd, "/later");
	until(&stand, kept_count == 1);
	close_stand(&stand);
	assert_false(later_is_wanted(kept[0]));
	end_one(0, "\"to nobody\"");
	(void)close(fd);
}

static void a_connection_has_so_many_questions_also_late_ones(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, SOON_MS);
	fd = connect_to(&stand);
	for (unsigned i = 1; i < INTAKE_REQUESTS_MAX; i++) {
		ask(&stand, fd, "/now");
		assert_int_equal(hear(&stand, fd, "\"at once\""), 200);
	}
	ask(&stand, fd, "/later");
	until(&stand, kept_count == 1);
	end_one(0, "\"the last\"");
	assert_int_equal(hear(&stand, fd, "\"the last\""), 200);
	until(&stand, !intake_count(stand.intake));
	(void)close(fd);
	close_stand(&stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_behind_one_that_waits_are_not_read),
		cmocka_unit_test(a_deadline_answers_and_the_connection_goes_on),
		cmocka_unit_test(whoever_leaves_is_noticed),
		cmocka_unit_test(an_end_of_all_drops_what_waits),
		cmocka_unit_test(a_connection_has_so_many_questions_also_late_ones),
	};

	return cmocka_run_group_tests_name("questions answered later", tests, NULL, NULL);
}
