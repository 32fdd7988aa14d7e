// Logging out: one session or all of a subject, by whatever token the browser still has.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/logout.h"

#include "lib/base/text.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/record/sessions/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LOGOUT "/auth/logout"
#define EVERYWHERE "{\"everywhere\":true}"
#define JSON "application/json"

static void log_out(struct sessiondoor *door, const char *cookies, const char *body)
{
	struct route_reply reply = sessiondoor_ask(door, LOGOUT,
		&(struct sessiondoor_ask){
			.cookies = cookies, .body = body, .type = body ? JSON : NULL});

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "{\"message\":\"Logged out\"}");
	assert_int_equal(sessiondoor_cleared(&reply), 4);
	assert_int_equal(sessiondoor_set(&reply), 4);
	route_reply_done(&reply);
}

static void a_session_ends_with_both_its_tokens(void **state)
{
	struct sessiondoor *door = *state;

	for (size_t by_access = 0; by_access < 2; by_access++) {
		struct sessiondoor_cookies one = sessiondoor_login(door);
		struct sessiondoor_cookies other = sessiondoor_login(door);

		assert_int_equal(sessiondoor_check(door, one.access), 204);
		log_out(door, by_access ? one.access : one.refresh, NULL);
		assert_int_equal(sessiondoor_check(door, one.access), 401);
		assert_int_equal(sessiondoor_check(door, one.refresh), 401);
		assert_int_equal(sessiondoor_check(door, other.access), 204);
		assert_int_equal(sessiondoor_check(door, other.refresh), 204);
		sessiondoor_cookies_done(&one);
		sessiondoor_cookies_done(&other);
	}
}

static void everywhere_is_every_session_of_the_subject(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies one = sessiondoor_login(door);
	struct sessiondoor_cookies other = sessiondoor_login(door), stranger;

	sessiondoor_upstream(door, &(struct relay_answer){.status = 200,
					   .is_json = true,
					   .body = "{\"userData\":{\"id\":\"u2\",\"role\":\"x\"},"
						   "\"accessToken\":\"a\","
						   "\"refreshToken\":\"b\"}"});
	stranger = sessiondoor_login(door);
	log_out(door, one.refresh, EVERYWHERE);
	assert_int_equal(sessiondoor_check(door, one.access), 401);
	assert_int_equal(sessiondoor_check(door, one.refresh), 401);
	assert_int_equal(sessiondoor_check(door, other.access), 401);
	assert_int_equal(sessiondoor_check(door, other.refresh), 401);
	assert_int_equal(sessiondoor_check(door, stranger.access), 204);
	assert_int_equal(sessiondoor_check(door, stranger.refresh), 204);
	sessiondoor_cookies_done(&one);
	sessiondoor_cookies_done(&other);
	sessiondoor_cookies_done(&stranger);
}

static void not_everywhere_is_one_session(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies one = sessiondoor_login(door);
	struct sessiondoor_cookies other = sessiondoor_login(door);

	log_out(door, one.refresh, "{\"everywhere\":false}");
	assert_int_equal(sessiondoor_check(door, one.refresh), 401);
	assert_int_equal(sessiondoor_check(door, other.refresh), 204);
	sessiondoor_cookies_done(&one);
	sessiondoor_cookies_done(&other);
}

static void an_access_token_says_whose_session_it_is_as_a_bearer_s_too(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *bearer = NULL;
	struct route_reply reply;

	assert_true(asprintf(&bearer, "Bearer %s", strchr(cookies.access, '=') + 1) > 0);
	reply = sessiondoor_ask(door, LOGOUT, &(struct sessiondoor_ask){.authorization = bearer});
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
	assert_int_equal(sessiondoor_check(door, cookies.refresh), 401);
	sessiondoor_cookies_done(&cookies);
}

// Who finds an old cookie cannot end the sessions that its owner began since.
static void a_session_that_is_over_has_no_say(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies old = sessiondoor_login(door);
	struct sessiondoor_cookies other = sessiondoor_login(door);

	log_out(door, old.refresh, NULL);
	log_out(door, old.refresh, EVERYWHERE);
	assert_int_equal(sessiondoor_check(door, other.access), 204);
	assert_int_equal(sessiondoor_check(door, other.refresh), 204);
	sessiondoor_cookies_done(&old);
	sessiondoor_cookies_done(&other);
}

static void cookies_go_also_without_a_session(void **state)
{
	struct sessiondoor *door = *state;

	log_out(door, NULL, NULL);
	log_out(door, "refreshTokenEtls=x", "{}");
	log_out(door, "accessTokenEtls=x", "{\"everywhere\":false}");
	log_out(door, "a=1", EVERYWHERE);
	assert_int_equal(ledger_state(door->sessions.ledger)->ops[STORE_END_FAMILY], 0);
	assert_int_equal(door->sessions.counts[SESSIONRULES_LOGOUT][SESSIONS_OK], 4);
}

// One of two cookies of a name may be a session's: nobody is told that it has ended.
static void two_cookies_of_one_name_end_nothing_and_that_is_said(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *twice = NULL, *by_access = NULL;
	struct route_reply reply;

	assert_true(asprintf(&twice, "refreshTokenEtls=x; %s", cookies.refresh) > 0);
	assert_true(asprintf(&by_access, "%s; %s", twice, cookies.access) > 0);
	reply = sessiondoor_ask(door, LOGOUT, &(struct sessiondoor_ask){.cookies = twice});
	assert_int_equal(reply.status, 401);
	assert_string_equal(reply.code, "refresh_invalid");
	assert_int_equal(sessiondoor_cleared(&reply), 4);
	route_reply_done(&reply);
	assert_int_equal(sessiondoor_check(door, cookies.access), 204);
	log_out(door, by_access, NULL);
	assert_int_equal(sessiondoor_check(door, cookies.access), 401);
	sessiondoor_cookies_done(&cookies);
}

// The cookie of who comes back the next morning still says which session it was.
static void a_token_that_has_expired_says_for_a_day_whose_it_was(void **state)
{
	static const struct {
		int64_t left_s;
		uint64_t ended;
	} cases[] = {{-3600, 1}, {-82800, 1}, {-90000, 0}};
	struct sessiondoor *door = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ledger_state *store = ledger_state(door->sessions.ledger);
		uint64_t before = store->ops[STORE_END_FAMILY];
		own_free char *late = sessiondoor_forged_refresh(604800, cases[i].left_s);

		log_out(door, late, NULL);
		assert_int_equal(store->ops[STORE_END_FAMILY] - before, cases[i].ended);
	}
}

static void without_a_key_nobody_is_told_that_it_is_done(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply;

	door->rules.refresh = "broken";
	reply = sessiondoor_ask(
		door, LOGOUT, &(struct sessiondoor_ask){.cookies = cookies.refresh});
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.code, "key_unusable");
	assert_int_equal(sessiondoor_set(&reply), 0);
	route_reply_done(&reply);
	door->rules.refresh = "refresh";
	assert_int_equal(sessiondoor_check(door, cookies.refresh), 204);
	sessiondoor_cookies_done(&cookies);
}

static const struct {
	const char *name;
	struct sessiondoor_ask ask;
	unsigned status;
	const char *code;
} refused[] = {
	{"another site", {.site = "cross-site"}, 403, "cross_site"},
	{"another site's origin", {.origin = "https://evil.example"}, 403, "cross_site"},
	{"GET", {.method = "GET"}, 405, "no_such_method"},
	{"a form", {.type = "application/x-www-form-urlencoded", .body = "everywhere=true"}, 415,
		"type_unsupported"},
	{"no JSON", {.type = JSON, .body = "everywhere"}, 400, "body_invalid"},
	{"a text", {.type = JSON, .body = "{\"everywhere\":\"true\"}"}, 400, "body_invalid"},
	{"one member more", {.type = JSON, .body = "{\"everywhere\":true,\"x\":1}"}, 400,
		"body_invalid"},
};

static void what_is_no_logout_ends_nothing(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct sessiondoor_ask ask = refused[i].ask;
		struct route_reply reply;

		ask.cookies = cookies.refresh;
		reply = sessiondoor_ask(door, LOGOUT, &ask);
		if (reply.status != refused[i].status || !text_equal(reply.code, refused[i].code) ||
			sessiondoor_set(&reply))
			fail_msg("%s: %u %s", refused[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
	assert_int_equal(sessiondoor_check(door, cookies.refresh), 204);
	sessiondoor_cookies_done(&cookies);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_ends_with_both_its_tokens),
		TEST(everywhere_is_every_session_of_the_subject),
		TEST(not_everywhere_is_one_session),
		TEST(an_access_token_says_whose_session_it_is_as_a_bearer_s_too),
		TEST(a_session_that_is_over_has_no_say),
		TEST(cookies_go_also_without_a_session),
		TEST(two_cookies_of_one_name_end_nothing_and_that_is_said),
		TEST(a_token_that_has_expired_says_for_a_day_whose_it_was),
		TEST(without_a_key_nobody_is_told_that_it_is_done),
		TEST(what_is_no_logout_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
