// POST /v1/revoke: which token, session or user ends, what is asked of the store, and what is
// answered when it is away.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/revoke.h"

#include "lib/base/text.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/later.h"
#include "verifier/record/sessions/ledger.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FAMILY "00112233445566778899aabbccddeeff"
#define FORM "application/x-www-form-urlencoded"
#define DEADLINE_MS 20000

// ---- a store that notes what it is asked

static struct {
	struct store store;
	struct store_op asked; // the last one
	size_t count;
	bool is_away;
	uint64_t ended;
} fake;

static int fake_apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	(void)store;
	(void)now;
	for (size_t i = 0; i < count; i++) {
		ops[i]->code = fake.is_away ? -EAGAIN : 0;
		ops[i]->ended = fake.ended;
		fake.asked = *ops[i];
		fake.count++;
	}
	return fake.is_away ? -EAGAIN : 0;
}

static int fake_news(struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	(void)store;
	(void)now_wall_ms;
	(void)revoked;
	(void)owner;
	return 0;
}

static int fake_sweep(struct store *store, int64_t now_wall_ms)
{
	(void)store;
	(void)now_wall_ms;
	return 0;
}

static bool fake_is_shared(const struct store *store)
{
	(void)store;
	return false;
}

static int64_t fake_steady_ms(struct store *store)
{
	(void)store;
	return 1000;
}

static void fake_close(struct store *store)
{
	(void)store;
}

static const struct store_kind fake_kind = {.scheme = "fake:",
	.apply = fake_apply,
	.news = fake_news,
	.sweep = fake_sweep,
	.is_shared = fake_is_shared,
	.steady_ms = fake_steady_ms,
	.close = fake_close};

static void on_revoked(void *owner, const struct store_revocation *revocation)
{
	(void)owner;
	(void)revocation;
}

// ---- a door that waits

static struct tokendoor door;
static struct route_reply late;

static void on_answer(void *owner, struct route_reply *reply)
{
	(void)owner;
	late = *reply;
	*reply = (struct route_reply){0};
}

static int set_up(void **state)
{
	(void)state;
	tokendoor_open(&door);
	memset(&fake, 0, sizeof(fake));
	fake.store.kind = &fake_kind;
	fake.ended = 1;
	return ledger_open(&fake.store, on_revoked, NULL, &door.answers.ledger);
}

static int tear_down(void **state)
{
	(void)state;
	door.answers.ledger = ledger_close(door.answers.ledger);
	tokendoor_close(&door);
	return 0;
}

struct said {
	unsigned status;
	char text[1024];
};

// Asks, and waits for the answer.
static struct said ask(const char *target, const char *type, const char *body)
{
	struct later_lender lender = {.answer = on_answer};
	struct route_request request = {.caller = {.door = ROUTE_API, .verbs = ADMIT_ALL},
		.method = "POST",
		.target = target,
		.type = type,
		.body = body,
		.length = strlen(body),
		.lender = &lender};
	struct route_reply reply;
	struct said said;

	route_answer(&door.answers, &request, &reply);
	for (int waited = 0; later_waits(&lender, &reply); waited += 10) {
		struct pollfd ready = {.fd = ledger_fd(door.answers.ledger), .events = POLLIN};

		assert_true(waited < DEADLINE_MS);
		if (poll(&ready, 1, 10) > 0)
			ledger_collect(door.answers.ledger);
		if (late.status)
			reply = late;
	}
	said.status = reply.status;
	(void)snprintf(said.text, sizeof(said.text), "%.*s", (int)reply.length,
		reply.body ? reply.body : "");
	route_reply_done(&reply);
	late = (struct route_reply){0};
	return said;
}

static struct said ask_json(const char *format, ...) printf_like(1, 2);
static struct said ask_json(const char *format, ...)
{
	char body[4096];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(body, sizeof(body), format, arguments);
	va_end(arguments);
	return ask("/v1/revoke", "application/json; charset=utf-8", body);
}

static void says(const struct said *said, unsigned status, const char *text)
{
	if (said->status != status || !strstr(said->text, text))
		fail_msg("%u %s", said->status, said->text);
}

// ---- tokens

static void an_access_token_ends_alone(void **state)
{
	// also one of a clock that runs ahead
	own_free char *token = tokendoor_token(",\"jti\":\"" FAMILY ".3.a\",\"iat\":4000000000");
	struct said said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	const int64_t exp = INT64_C(4102444800000);

	(void)state;
	says(&said, 200, "{\"v\":1,\"revoked\":1}");
	assert_int_equal(fake.asked.verb, STORE_END_TOKEN);
	assert_string_equal(fake.asked.token, FAMILY ".3.a");
	assert_int_equal(fake.asked.end, FAMILY_ENDED_BY_REVOKE);
	assert_int_equal(fake.asked.until_wall_ms, exp + 5000); // the longest leeway of all
	assert_true(fake.asked.rules.access_ms > 0);
}

static void with_family_its_session_ends(void **state)
{
	own_free char *token = tokendoor_token(",\"jti\":\"" FAMILY ".3.a\"");
	own_free char *other = tokendoor_token(",\"jti\":\"some-other-jti\"");
	struct said said = ask_json("{\"token\":\"%s\",\"family\":true}", token);
	char id[FAMILY_ID_TEXT];

	(void)state;
	says(&said, 200, "\"revoked\":1");
	assert_int_equal(fake.asked.verb, STORE_END_FAMILY);
	assert_string_equal(family_id_text(fake.asked.family.id, id), FAMILY);
	said = ask_json("{\"token\":\"%s\",\"family\":true}", other);
	says(&said, 400, "\"code\":\"not_revocable\"");
	assert_int_equal(fake.count, 1);
}

static void a_refresh_token_ends_its_session(void **state)
{
	own_free char *token = tokendoor_token(",\"jti\":\"" FAMILY ".7\",\"iat\":1790000000");
	own_free char *access = tokendoor_token(",\"jti\":\"" FAMILY ".7.a\",\"iat\":1790000000");
	char id[FAMILY_ID_TEXT];
	struct said said;

	(void)state;
	door.answers.refresh = "session";
	said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	says(&said, 200, "\"revoked\":1");
	assert_int_equal(fake.asked.verb, STORE_END_FAMILY);
	assert_string_equal(family_id_text(fake.asked.family.id, id), FAMILY);
	// `twin` has the same secret, but another profile's refresh token is none of its own
	said = ask_json("{\"token\":\"%s\",\"profile\":\"twin\"}", token);
	says(&said, 200, "\"revoked\":0");
	assert_int_equal(fake.count, 1);
	// and an access token is no refresh token, but of `twin`
	said = ask_json("{\"token\":\"%s\",\"profile\":\"twin\"}", access);
	says(&said, 200, "\"revoked\":1");
	assert_int_equal(fake.asked.verb, STORE_END_TOKEN);
	said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", access);
	says(&said, 200, "\"revoked\":0");
	assert_int_equal(fake.count, 2);
}

static void what_is_no_token_of_ours_changes_nothing(void **state)
{
	own_free char *token = tokendoor_token(",\"jti\":\"a\"");
	const char *const bad[] = {"", "a.b.c", "skr1.x", "eyJhbGciOiJub25lIn0.e30."};
	struct said said;

	(void)state;
	tokendoor_only_session(&door);
	token[strlen(token) - 5] ^= 1;
	said = ask_json("{\"token\":\"%s\"}", token);
	says(&said, 200, "{\"v\":1,\"revoked\":0}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		said = ask_json("{\"token\":\"%s\"}", bad[i]);
		says(&said, 200, "{\"v\":1,\"revoked\":0}");
	}
	assert_int_equal(fake.count, 0);
}

static void a_token_that_nobody_can_judge_now_is_said(void **state)
{
	own_free char *good = tokendoor_token(",\"jti\":\"a\"");
	struct said said = ask_json("{\"token\":\"a.b.c\"}");

	(void)state;
	says(&said, 503, "\"code\":\"key_unusable\""); // the profile `broken`
	said = ask_json("{\"token\":\"%s\",\"profile\":\"broken\"}", good);
	says(&said, 503, "\"code\":\"key_unusable\"");
	said = ask_json("{\"token\":\"a.b.c\",\"profile\":\"session\"}");
	says(&said, 200, "\"revoked\":0");
	said = ask_json("{\"token\":\"%s\"}", good); // found before it matters
	says(&said, 200, "\"revoked\":1");
}

static void what_cannot_be_remembered_is_refused(void **state)
{
	own_free char *nameless = tokendoor_token("");
	own_free char *number = tokendoor_token(",\"jti\":7");
	char long_jti[STORE_TOKEN_MAX + 32];
	own_free char *longest = NULL;
	struct said said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", nameless);

	(void)state;
	says(&said, 400, "no jti");
	said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", number);
	assert_int_not_equal(said.status, 503);
	(void)snprintf(long_jti, sizeof(long_jti), ",\"jti\":\"%0*d\"", STORE_TOKEN_MAX + 1, 1);
	longest = tokendoor_token(long_jti);
	said = ask_json("{\"token\":\"%s\",\"profile\":\"session\"}", longest);
	says(&said, 400, "\"code\":\"not_revocable\"");
	assert_int_equal(fake.count, 0);
}

static void the_form_of_the_rfc_is_taken(void **state)
{
	own_free char *token = tokendoor_token(",\"jti\":\"a\"");
	char body[2048];
	struct said said;

	(void)state;
	(void)snprintf(body, sizeof(body), "token=%s&token_type_hint=access_token", token);
	said = ask("/v1/revoke?profile=session", FORM, body);
	says(&said, 200, "\"revoked\":1");
	assert_string_equal(fake.asked.token, "a");
	said = ask("/v1/revoke", FORM, "token_type_hint=refresh_token");
	says(&said, 400, "\"code\":\"token_required\"");
	said = ask("/v1/revoke", FORM, "token=%4");
	says(&said, 400, "\"code\":\"form_invalid\"");
	said = ask("/v1/revoke", FORM, "token=a&profile=none");
	says(&said, 400, "\"code\":\"profile_unknown\"");
}

// ---- sessions and users

static void a_session_ends_by_its_id(void **state)
{
	static const char *const bad[] = {"\"\"", "\"0011\"", "true", "7",
		"\"00112233445566778899aabbccddeefg\"", "\"00112233445566778899aabbccddeeff0\""};
	char id[FAMILY_ID_TEXT];
	struct said said = ask_json("{\"family\":\"" FAMILY "\"}");

	(void)state;
	says(&said, 200, "\"revoked\":1");
	assert_int_equal(fake.asked.verb, STORE_END_FAMILY);
	assert_string_equal(family_id_text(fake.asked.family.id, id), FAMILY);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		said = ask_json("{\"family\":%s}", bad[i]);
		says(&said, 400, "\"code\":\"body_invalid\"");
	}
	assert_int_equal(fake.count, 1);
}

static void every_session_of_a_user_ends(void **state)
{
	struct said said;

	(void)state;
	fake.ended = 12;
	said = ask_json("{\"subject\":\"al\\u0069ce\"}");
	says(&said, 200, "\"revoked\":12");
	assert_int_equal(fake.asked.verb, STORE_END_SUBJECT);
	assert_string_equal(fake.asked.family.subject, "alice");
	said = ask_json("{\"subject\":\"\"}");
	says(&said, 400, "\"subject\\\" is empty");
	said = ask_json("{\"subject\":\"%0*d\"}", FAMILY_SUBJECT_MAX + 1, 1);
	says(&said, 400, "at most 255 bytes");
}

static void one_thing_at_a_time(void **state)
{
	static const char *const bad[] = {"{}", "{\"profile\":\"session\"}", "[]",
		"{\"token\":\"a\",\"subject\":\"b\"}",
		"{\"family\":\"" FAMILY "\",\"subject\":\"b\"}",
		"{\"family\":\"" FAMILY "\",\"profile\":\"session\"}", "{\"token\":7}",
		"{\"token\":\"a\",\"family\":\"" FAMILY "\"}", "{\"tokens\":[\"a\"]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct said said = ask("/v1/revoke", "application/json", bad[i]);

		says(&said, 400, "\"code\":\"body_invalid\"");
	}
	assert_int_equal(fake.count, 0);
}

// ---- the store

static void a_store_that_is_away_is_said(void **state)
{
	struct said said;

	(void)state;
	fake.is_away = true;
	said = ask_json("{\"family\":\"" FAMILY "\"}");
	says(&said, 503, "\"code\":\"store_away\"");
	fake.is_away = false;
	said = ask_json("{\"family\":\"" FAMILY "\"}");
	says(&said, 200, "\"revoked\":1");
}

static void without_a_store_nothing_can_be_revoked(void **state)
{
	struct ledger *ledger = door.answers.ledger;
	struct said said;

	(void)state;
	door.answers.ledger = NULL;
	said = ask_json("{\"family\":\"" FAMILY "\"}");
	says(&said, 503, "\"code\":\"store_missing\"");
	said = ask_json("{\"token\":\"a\"}");
	says(&said, 503, "\"hint\":\"[store]");
	said = ask("/v1/revoke", FORM, "token=a");
	says(&said, 503, "\"code\":\"store_missing\"");
	door.answers.ledger = ledger;
}

static void a_door_that_cannot_wait_says_so(void **state)
{
	struct route_reply reply = tokendoor_ask(&door, "/v1/revoke",
		&(struct tokendoor_ask){.body = "{\"family\":\"" FAMILY "\"}"});

	(void)state;
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.code, "out_of_memory");
	route_reply_done(&reply);
	assert_int_equal(fake.count, 0);
}

static void who_lacks_the_verb_ends_nothing(void **state)
{
	struct route_reply reply = tokendoor_ask(&door, "/v1/revoke",
		&(struct tokendoor_ask){.verbs = ADMIT_ALL & ~(unsigned)ADMIT_REVOKE,
			.body = "{\"subject\":\"a\"}"});

	(void)state;
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply.verb, "revoke");
	route_reply_done(&reply);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(an_access_token_ends_alone),
		EACH(with_family_its_session_ends),
		EACH(a_refresh_token_ends_its_session),
		EACH(what_is_no_token_of_ours_changes_nothing),
		EACH(a_token_that_nobody_can_judge_now_is_said),
		EACH(what_cannot_be_remembered_is_refused),
		EACH(the_form_of_the_rfc_is_taken),
		EACH(a_session_ends_by_its_id),
		EACH(every_session_of_a_user_ends),
		EACH(one_thing_at_a_time),
		EACH(a_store_that_is_away_is_said),
		EACH(without_a_store_nothing_can_be_revoked),
		EACH(a_door_that_cannot_wait_says_so),
		EACH(who_lacks_the_verb_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
