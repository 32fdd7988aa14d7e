// Logging in: what goes to the upstream, what comes of each of its answers, and that nothing of
// either shows where it should not.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/login.h"

#include "lib/base/text.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/record/sessions/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LOGIN "/auth/login"
#define JSON "application/json"

static void a_login_sets_every_cookie(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {
		.type = "application/json; charset=utf-8", .body = SESSIONDOOR_LOGIN};
	struct route_reply reply = sessiondoor_ask(door, LOGIN, &ask);
	own_free char *theirs = sessiondoor_cookie(&reply, "accessToken");
	own_free char *ours = sessiondoor_cookie(&reply, "accessTokenEtls");
	unsigned count;

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body,
		"{\"message\":\"Welcome\",\"userData\":"
		"{\"id\":\"canary-user\",\"role\":\"admin\",\"name\":\"Ann\"}}");
	assert_int_equal(sessiondoor_set(&reply), 4);
	assert_string_equal(theirs, "accessToken=theirs.a");
	assert_non_null(ours);
	assert_null(replied_header(&reply, "X-Samekey-Cookie-1"));
	assert_true(reply.is_private);
	assert_string_equal(sessiondoor_asked(door, &count), SESSIONDOOR_LOGIN);
	assert_int_equal(count, 1);
	assert_int_equal(door->sessions.counts[SESSIONRULES_LOGIN][SESSIONS_OK], 1);
	route_reply_done(&reply);
}

static void cookies_live_as_long_as_their_tokens(void **state)
{
	static const char *const lives[] = {
		"Max-Age=604800;", "Max-Age=604800;", "Max-Age=900;", "Max-Age=604800;"};
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};
	struct route_reply reply = sessiondoor_ask(*state, LOGIN, &ask);
	size_t at = 0;

	for (size_t i = 0; i < reply.headers->count; i++) {
		const char *value = reply.headers->list[i].value;
		const char *life = strstr(value, "Max-Age=");

		// A second may have begun meanwhile.
		if (!text_equal(reply.headers->list[i].name, "Set-Cookie"))
			continue;
		if (!life || (!text_starts(life, lives[at]) && !text_starts(life, "Max-Age=899;") &&
				     !text_starts(life, "Max-Age=604799;")))
			fail_msg("%s", life);
		assert_true(text_ends(value, "; Path=/; HttpOnly; Secure; SameSite=Strict"));
		at++;
	}
	assert_int_equal(at, 4);
	route_reply_done(&reply);
}

static const struct {
	const char *name;
	struct sessiondoor_ask ask;
	unsigned status;
	const char *code;
} requests[] = {
	{"nothing", {.type = JSON}, 400, "body_invalid"},
	{"no type", {.body = SESSIONDOOR_LOGIN}, 415, "type_unsupported"},
	{"a form's type", {.type = "text/plain", .body = SESSIONDOOR_LOGIN}, 415,
		"type_unsupported"},
	{"no JSON", {.type = JSON, .body = "email=a"}, 400, "body_invalid"},
	{"no password", {.type = JSON, .body = "{\"email\":\"a\"}"}, 400, "body_invalid"},
	{"an empty email", {.type = JSON, .body = "{\"email\":\"\",\"password\":\"b\"}"}, 400,
		"body_invalid"},
	{"an empty password", {.type = JSON, .body = "{\"email\":\"a\",\"password\":\"\"}"}, 400,
		"body_invalid"},
	{"an object as the password",
		{.type = JSON, .body = "{\"email\":\"a\",\"password\":{\"$ne\":1}}"}, 400,
		"body_invalid"},
	{"one member more",
		{.type = JSON, .body = "{\"email\":\"a\",\"password\":\"b\",\"admin\":true}"}, 400,
		"body_invalid"},
	{"a name twice",
		{.type = JSON, .body = "{\"email\":\"a\",\"password\":\"b\",\"email\":\"c\"}"}, 400,
		"body_invalid"},
	{"another site", {.type = JSON, .body = SESSIONDOOR_LOGIN, .site = "cross-site"}, 403,
		"cross_site"},
	{"another site's origin",
		{.type = JSON, .body = SESSIONDOOR_LOGIN, .origin = "https://evil.example"}, 403,
		"cross_site"},
	{"GET", {.method = "GET"}, 405, "no_such_method"},
};

static void what_is_no_login_never_reaches_the_upstream(void **state)
{
	struct sessiondoor *door = *state;
	unsigned count;

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct route_reply reply = sessiondoor_ask(door, LOGIN, &requests[i].ask);

		if (reply.status != requests[i].status ||
			!text_equal(reply.code, requests[i].code) || sessiondoor_set(&reply))
			fail_msg("%s: %u %s", requests[i].name, reply.status, reply.code);
		assert_non_null(strstr(reply.body, "{\"error\":\""));
		route_reply_done(&reply);
	}
	ignore_result(sessiondoor_asked(door, &count)); // the number says it
	assert_int_equal(count, 0);
}

static void what_is_too_long_is_refused(void **state)
{
	struct sessiondoor *door = *state;
	char body[LOGIN_EMAIL_MAX + LOGIN_PASSWORD_MAX + 64];
	struct route_reply reply;

	for (size_t more = 0; more < 2; more++) {
		char email[LOGIN_EMAIL_MAX + 2] = "", password[LOGIN_PASSWORD_MAX + 1] = "";

		memset(email, 'a', LOGIN_EMAIL_MAX + more);
		memset(password, 'b', LOGIN_PASSWORD_MAX);
		(void)snprintf(body, sizeof(body), "{\"email\":\"%s\",\"password\":\"%s\"}", email,
			password);
		reply = sessiondoor_ask(
			door, LOGIN, &(struct sessiondoor_ask){.type = JSON, .body = body});
		assert_int_equal(reply.status, more ? 400 : 200);
		route_reply_done(&reply);
	}
}

#define CANARY "\"canary-in-the-upstream\""
#define LONG_64 "canarycanarycanarycanarycanarycanarycanarycanarycanarycanarycana"
#define LONG_512 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64
#define LONG LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512 LONG_512

#define LONG_32K LONG LONG LONG LONG LONG LONG LONG LONG

// Three bytes a character in a header.
#define WIDE_10 "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
#define WIDE_100 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10 WIDE_10
#define WIDE WIDE_100 WIDE_100 WIDE_100 WIDE_100 WIDE_100 WIDE_100 WIDE_100

static const struct {
	const char *name;
	struct relay_answer answer;
	unsigned status;
	const char *code, *logged;
} answers[] = {
	{"a wrong password", {.status = 401, .is_json = true, .body = CANARY}, 401,
		"credentials_invalid", "event=session_login result=credentials_invalid"},
	{"a password of a wrong form", {.status = 422, .body = CANARY}, 401, "credentials_invalid",
		""},
	{"too many attempts", {.status = 429, .retry_after_s = 77, .body = CANARY}, 429,
		"login_too_often", ""},
	{"another page", {.status = 302, .body = CANARY}, 502, "upstream_redirect", "status=302"},
	{"no such page", {.status = 404, .body = CANARY}, 502, "upstream_status", "status=404"},
	{"a fault of its own", {.status = 500, .is_json = true, .body = CANARY}, 502,
		"upstream_status", "status=500"},
	{"an early answer", {.status = 103, .is_json = true, .body = "{}"}, 502, "upstream_status",
		""},
	{"HTML", {.status = 200, .body = "<html>" CANARY}, 502, "upstream_not_json", ""},
	{"JSON that is called text", {.status = 200, .body = SESSIONDOOR_GOOD}, 502,
		"upstream_not_json", ""},
	{"HTML that is called JSON", {.status = 200, .is_json = true, .body = "<html>" CANARY}, 502,
		"upstream_not_json", ""},
	{"a list", {.status = 200, .is_json = true, .body = "[" CANARY "]"}, 502,
		"upstream_not_json", ""},
	{"nothing", {.status = 204, .is_json = true, .body = ""}, 502, "upstream_not_json", ""},
	{"without a user", {.status = 200, .is_json = true, .body = "{\"a\":" CANARY "}"}, 502,
		"upstream_unfit", "path=userData.id"},
	{"a role that is a list",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":[" CANARY "]}}"},
		502, "upstream_unfit", "path=userData.role"},
	{"without its tokens",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":" CANARY ",\"role\":1}}"},
		502, "upstream_unfit", "path=accessToken"},
	{"a token that no cookie can hold",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":1},\"accessToken\":\"canary; "
				"Path=/x\",\"refreshToken\":\"b\"}"},
		502, "upstream_unfit", "path=accessToken"},
	{"a token that is longer than a cookie",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":1},\"accessToken\":\"" LONG
				"\",\"refreshToken\":\"b\"}"},
		500, "cookie_too_large", "path=accessToken"},
	{"a token that is a number",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":1},\"accessToken\":\"a\","
				"\"refreshToken\":7}"},
		502, "upstream_unfit", "path=refreshToken"},
	{"a user with a line end",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":\"canary\\n\",\"role\":1},\"accessToken\":"
				"\"a\",\"refreshToken\":\"b\"}"},
		502, "upstream_unfit", "path=userData.id"},
	{"a role that no header can hold",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":\"canary\\r\\nX-A: b\"},"
				"\"accessToken\":\"a\",\"refreshToken\":\"b\"}"},
		500, "not_signed", "claim_unsafe"},
	{"a role over what a proxy takes",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":\"" WIDE "\"},"
				"\"accessToken\":\"a\",\"refreshToken\":\"b\"}"},
		502, "upstream_unfit", "event=session_unfit code=headers_unfit"},
	{"more about a user than is passed on",
		{.status = 200,
			.is_json = true,
			.body = "{\"userData\":{\"id\":1,\"role\":1,\"x\":\"" LONG_32K
				"\"},\"accessToken\":\"a\",\"refreshToken\":\"b\"}"},
		502, "upstream_unfit", "path=userData"},
	{"nobody", {.outcome = RELAY_REFUSED}, 502, "upstream_unreachable", "upstream_failed"},
	{"slow", {.outcome = RELAY_TIMEOUT}, 504, "upstream_timeout", "upstream_failed"},
	{"a bad certificate", {.outcome = RELAY_TLS}, 502, "upstream_tls", ""},
	{"too much", {.outcome = RELAY_TOO_LARGE}, 502, "upstream_too_large", ""},
	{"no HTTP", {.outcome = RELAY_BROKEN}, 502, "upstream_broken", ""},
	{"too many at once", {.outcome = RELAY_BUSY}, 503, "upstream_busy", ""},
	{"the helper is gone", {.outcome = RELAY_DOWN}, 502, "upstream_down", ""},
};

static void each_answer_has_its_status_and_tells_nothing(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct route_reply reply;
		own_free char *log = NULL;

		sessiondoor_tear_down(state);
		sessiondoor_set_up(state);
		sessiondoor_upstream(door, &answers[i].answer);
		reply = sessiondoor_ask(door, LOGIN, &ask);
		log = replied_log(&door->log);
		if (reply.status != answers[i].status || !text_equal(reply.code, answers[i].code) ||
			sessiondoor_set(&reply) || !strstr(log, answers[i].logged) ||
			ledger_state(door->sessions.ledger)->ops[STORE_CREATE])
			fail_msg("%s: %u %s, %s", answers[i].name, reply.status, reply.code, log);
		if (strstr(reply.body, "canary") || strstr(log, "canary"))
			fail_msg("%s: %s, %s", answers[i].name, reply.body, log);
		assert_int_equal(!!replied_header(&reply, "WWW-Authenticate"), reply.status == 401);
		route_reply_done(&reply);
	}
}

static void an_upstream_s_patience_is_passed_on(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};
	struct route_reply reply;

	sessiondoor_upstream(door, &(struct relay_answer){.status = 429, .retry_after_s = 77});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_string_equal(replied_header(&reply, "Retry-After"), "77");
	route_reply_done(&reply);
	sessiondoor_upstream(door, &(struct relay_answer){.status = 429});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_string_equal(replied_header(&reply, "Retry-After"), "30");
	route_reply_done(&reply);
}

static void a_message_and_user_data_are_the_settings_business(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};
	struct route_reply reply;

	door->rules.user_data = NULL;
	door->rules.pass.count = 0;
	sessiondoor_upstream(
		door, &(struct relay_answer){.status = 201,
			      .is_json = true,
			      .body = "{\"message\":5,\"userData\":{\"id\":5,\"role\":false}}"});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "{\"message\":\"Login successful\"}");
	assert_int_equal(sessiondoor_set(&reply), 2);
	route_reply_done(&reply);
}

static void a_cookie_over_what_browsers_keep_is_refused(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};
	own_free char *body = NULL;
	char role[3501] = "";
	struct route_reply reply;

	memset(role, 'r', sizeof(role) - 1);
	if (asprintf(&body,
		    "{\"userData\":{\"id\":1,\"role\":\"%s\"},\"accessToken\":\"a\","
		    "\"refreshToken\":\"b\"}",
		    role) < 0)
		abort();
	sessiondoor_upstream(
		door, &(struct relay_answer){.status = 200, .is_json = true, .body = body});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_int_equal(reply.status, 500);
	assert_string_equal(reply.code, "cookie_too_large");
	assert_int_equal(sessiondoor_set(&reply), 0);
	route_reply_done(&reply);
}

// The session that a login's line names, by the number of the login.
static const char *told(const char *log, size_t number)
{
	static const char line[] = "event=session_login result=ok family=";
	const char *at = strstr(log, line);

	while (at && number--)
		at = strstr(at + 1, line);
	return at ? at + strlen(line) : NULL;
}

// Whoever logs in anew could not end the old session any more: its cookies are overwritten.
static void a_login_ends_the_session_that_the_browser_had(void **state)
{
	static const char wrong[] = "{}";
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies old = sessiondoor_login(door), other = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {
		.type = JSON, .body = SESSIONDOOR_LOGIN, .cookies = old.refresh};
	own_free char *log = NULL;
	struct route_reply reply;

	sessiondoor_upstream(door, &(struct relay_answer){.status = 401, .body = wrong});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_int_equal(reply.status, 401);
	route_reply_done(&reply);
	assert_int_equal(sessiondoor_check(door, old.access), 204); // nobody has logged in
	sessiondoor_upstream(door,
		&(struct relay_answer){.status = 200, .is_json = true, .body = SESSIONDOOR_GOOD});
	reply = sessiondoor_ask(door, LOGIN, &ask);
	assert_int_equal(reply.status, 200);
	{
		own_free char *access = sessiondoor_cookie(&reply, "accessTokenEtls");
		own_free char *refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");

		assert_int_equal(sessiondoor_set(&reply), 4);
		assert_int_equal(sessiondoor_check(door, access), 204);
		assert_int_equal(sessiondoor_check(door, refresh), 204);
	}
	route_reply_done(&reply);
	assert_int_equal(sessiondoor_check(door, old.access), 401);
	assert_int_equal(sessiondoor_check(door, old.refresh), 401);
	assert_int_equal(sessiondoor_check(door, other.refresh), 204);
	log = replied_log(&door->log);
	assert_non_null(told(log, 2));
	assert_memory_not_equal(told(log, 2), told(log, 0), 8); // the one that begins is named
	sessiondoor_cookies_done(&old);
	sessiondoor_cookies_done(&other);
}

static void nothing_is_begun_for_who_has_gone(void **state)
{
	struct sessiondoor *door = *state;
	const struct sessiondoor_ask ask = {.type = JSON, .body = SESSIONDOOR_LOGIN};
	struct sessiondoor_request request;
	struct sessiondoor_cookies cookies;

	sessiondoor_send(door, LOGIN, &ask, &request);
	assert_true(request.kept);
	later_forget(&request.lender);
	door->waiting = 0;
	sessiondoor_wait(door); // the upstream answers, and nobody waits
	cookies = sessiondoor_login(door);
	assert_int_equal(ledger_state(door->sessions.ledger)->ops[STORE_CREATE], 1);
	assert_int_equal(door->sessions.counts[SESSIONRULES_LOGIN][SESSIONS_OK], 1);
	sessiondoor_cookies_done(&cookies);
}

static void a_login_shows_in_no_log(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *log = replied_log(&door->log);

	assert_non_null(strstr(log, "event=session_login result=ok"));
	assert_null(strstr(log, "canary"));
	assert_null(strstr(log, "theirs"));
	assert_null(strstr(log, "eyJ"));
	sessiondoor_cookies_done(&cookies);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_login_sets_every_cookie),
		TEST(cookies_live_as_long_as_their_tokens),
		TEST(what_is_no_login_never_reaches_the_upstream),
		TEST(what_is_too_long_is_refused),
		TEST(each_answer_has_its_status_and_tells_nothing),
		TEST(an_upstream_s_patience_is_passed_on),
		TEST(a_message_and_user_data_are_the_settings_business),
		TEST(a_cookie_over_what_browsers_keep_is_refused),
		TEST(a_login_ends_the_session_that_the_browser_had),
		TEST(nothing_is_begun_for_who_has_gone),
		TEST(a_login_shows_in_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
