// POST /auth/refresh, and who am I: for pages that look after their tokens themselves.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/renew.h"

#include "lib/base/text.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REFRESH "/auth/refresh"
#define SESSION "/auth/session"

static void a_refresh_sets_both_cookies(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply = sessiondoor_ask(
		door, REFRESH, &(struct sessiondoor_ask){.cookies = cookies.refresh});
	own_free char *access = sessiondoor_cookie(&reply, "accessTokenEtls");

	assert_int_equal(reply.status, 200);
	assert_true(text_starts(reply.body, "{\"message\":\"Tokens refreshed\",\"expires_in\":"));
	assert_true(strstr(reply.body, ":900}") || strstr(reply.body, ":899}"));
	assert_int_equal(sessiondoor_set(&reply), 2);
	assert_null(replied_header(&reply, "X-Samekey-Cookie-1"));
	route_reply_done(&reply);
	reply = sessiondoor_ask(
		door, SESSION, &(struct sessiondoor_ask){.method = "GET", .cookies = access});
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(reply.body, "\"role\":\"admin\"")); // survives
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void a_cookie_s_former_name_is_known_and_comes_second(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *former = NULL, *both = NULL;
	struct route_reply reply;

	if (asprintf(&former, "oldRefreshToken=%s", strchr(cookies.refresh, '=') + 1) < 0 ||
		asprintf(&both, "oldRefreshToken=x; %s", cookies.refresh) < 0)
		abort();
	reply = sessiondoor_ask(door, REFRESH, &(struct sessiondoor_ask){.cookies = former});
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
	reply = sessiondoor_ask(door, REFRESH, &(struct sessiondoor_ask){.cookies = both});
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static const struct {
	const char *name;
	struct sessiondoor_ask ask;
	unsigned status;
	const char *code;
	size_t cleared;
} refused[] = {
	{"nothing", {0}, 401, "refresh_required", 0},
	{"only an access token", {.cookies = "accessTokenEtls=x"}, 401, "refresh_required", 4},
	{"a bad one", {.cookies = "refreshTokenEtls=x"}, 401, "refresh_invalid", 4},
	{"another site", {.cookies = "refreshTokenEtls=x", .site = "cross-site"}, 403, "cross_site",
		0},
	{"a neighbour", {.cookies = "refreshTokenEtls=x", .site = "same-site"}, 403, "cross_site",
		0},
	{"GET", {.method = "GET", .cookies = "refreshTokenEtls=x"}, 405, "no_such_method", 0},
};

static void what_is_no_refresh_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct route_reply reply = sessiondoor_ask(*state, REFRESH, &refused[i].ask);

		if (reply.status != refused[i].status || !text_equal(reply.code, refused[i].code) ||
			sessiondoor_cleared(&reply) != refused[i].cleared ||
			sessiondoor_set(&reply) != refused[i].cleared)
			fail_msg("%s: %u %s", refused[i].name, reply.status, reply.body);
		if (reply.status == 401) {
			assert_non_null(strstr(reply.body, "{\"error\":\"Invalid refresh token\""));
			assert_string_equal(replied_header(&reply, "WWW-Authenticate"),
				"Bearer realm=\"samekeyd\"");
		}
		route_reply_done(&reply);
	}
}

static void a_session_that_nobody_knows_leaves_no_cookie(void **state)
{
	own_free char *cookie = sessiondoor_forged_refresh(604800, 600000);
	struct route_reply reply =
		sessiondoor_ask(*state, REFRESH, &(struct sessiondoor_ask){.cookies = cookie});

	assert_int_equal(reply.status, 401);
	assert_string_equal(reply.code, "session_unknown");
	assert_int_equal(sessiondoor_cleared(&reply), 4);
	route_reply_done(&reply);
}

// A generation of which nobody gets a token would have the one before it taken for stolen.
static void without_a_key_that_signs_no_token_is_used_up(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {.cookies = cookies.refresh};
	struct route_reply reply;

	door->rules.access = "resting";
	reply = sessiondoor_ask(door, REFRESH, &ask);
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.code, "key_unusable");
	assert_int_equal(sessiondoor_set(&reply), 0);
	assert_int_equal(ledger_state(door->sessions.ledger)->ops[STORE_USE], 0);
	route_reply_done(&reply);
	door->rules.access = "access";
	reply = sessiondoor_ask(door, REFRESH, &ask);
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void only_so_many_are_made_at_once(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	char *refresh = strdup(cookies.refresh);

	for (size_t i = 0; i < FAMILY_RECENT_MAX + 5; i++) {
		struct route_reply reply = sessiondoor_ask(
			door, REFRESH, &(struct sessiondoor_ask){.cookies = refresh});

		assert_int_equal(reply.status, 200);
		free(refresh);
		refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");
		assert_non_null(refresh);
		route_reply_done(&reply);
	}
	assert_int_equal(
		ledger_state(door->sessions.ledger)->outcomes[FAMILY_ROTATED], FAMILY_RECENT_MAX);
	assert_int_equal(ledger_state(door->sessions.ledger)->outcomes[FAMILY_HELD], 5);
	free(refresh);
	sessiondoor_cookies_done(&cookies);
}

static void the_session_says_who_it_is(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *named = sessiondoor_forged(SESSIONDOOR_ACCESS_KEY,
		",\"userId\":\"a\\u0062\",\"sub\":\"c\",\"x\":[1]", 900, 800);
	struct route_reply reply;

	reply = sessiondoor_ask(door, SESSION,
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.access});
	assert_int_equal(reply.status, 200);
	assert_true(text_starts(
		reply.body, "{\"v\":1,\"active\":true,\"subject\":\"canary-user\",\"claims\":{"));
	assert_non_null(strstr(reply.body, "\"userId\":\"canary-user\""));
	assert_true(reply.is_private);
	route_reply_done(&reply);
	reply = sessiondoor_ask(
		door, SESSION, &(struct sessiondoor_ask){.method = "HEAD", .cookies = named});
	assert_true(text_starts(
		reply.body, "{\"v\":1,\"active\":true,\"subject\":\"a\\u0062\",\"claims\":{"));
	assert_non_null(strstr(reply.body, ",\"x\":[1]},\"expires_in\":"));
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void who_is_not_logged_in_hears_whether_a_refresh_may_help(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct {
		const char *cookies, *body;
	} cases[] = {
		{NULL, "{\"error\":\"Not logged in\",\"code\":\"not_logged_in\","
		       "\"refreshable\":false}"},
		{"refreshTokenEtls=x", "{\"error\":\"Not logged in\",\"code\":\"not_logged_in\","
				       "\"refreshable\":false}"},
		{cookies.refresh, "{\"error\":\"Not logged in\",\"code\":\"not_logged_in\","
				  "\"refreshable\":true}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct route_reply reply = sessiondoor_ask(door, SESSION,
			&(struct sessiondoor_ask){.method = "GET", .cookies = cases[i].cookies});

		assert_int_equal(reply.status, 401);
		assert_string_equal(reply.body, cases[i].body);
		assert_int_equal(sessiondoor_set(&reply), 0);
		route_reply_done(&reply);
	}
	assert_int_equal(ledger_state(door->sessions.ledger)->ops[STORE_USE], 0);
	sessiondoor_cookies_done(&cookies);
}

// A reload took it away; what the store has used by then is used, and the browser has to get it.
static void a_profile_that_goes_while_the_store_works_leaves_the_new_cookies(void **state)
{
	static struct profile_rules left[2];
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {.method = "GET", .cookies = cookies.refresh};
	struct sessiondoor_request request;
	own_free char *refresh = NULL;

	left[0] = *keyring_find(door->keyring, "access", strlen("access"))->rules;
	left[1] = *keyring_find(door->keyring, "refresh", strlen("refresh"))->rules;
	sessiondoor_send(door, "/auth/check/page", &ask, &request);
	assert_true(request.kept);
	assert_int_equal(keyring_configure(door->keyring, left, ARRAY_SIZE(left), NULL), 0);
	sessiondoor_wait(door);
	assert_int_equal(request.reply.status, 403);
	assert_string_equal(request.reply.code, "profile_unknown");
	assert_int_equal(sessiondoor_set(&request.reply), 2);
	assert_int_equal(sessiondoor_cleared(&request.reply), 0);
	refresh = sessiondoor_cookie(&request.reply, "refreshTokenEtls");
	assert_string_not_equal(refresh, cookies.refresh);
	route_reply_done(&request.reply);
	sessiondoor_cookies_done(&cookies);
}

static void a_session_that_has_ended_cannot_be_refreshed(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply = sessiondoor_ask(
		door, "/auth/logout", &(struct sessiondoor_ask){.cookies = cookies.refresh});

	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
	reply = sessiondoor_ask(door, SESSION,
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.refresh});
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(reply.body, "\"refreshable\":false"));
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static const struct {
	const char *method, *target;
	unsigned status;
	const char *code, *allow;
} rows[] = {
	{"GET", "/", 404, "no_such_path", NULL},
	{"GET", "/auth", 404, "no_such_path", NULL},
	{"POST", "/auth/login/", 404, "no_such_path", NULL},
	{"POST", "/auth/loginx", 404, "no_such_path", NULL},
	{"GET", "/v1/verify", 404, "no_such_path", NULL},
	{"GET", "/metrics", 404, "no_such_path", NULL},
	{"GET", "/auth/check", 404, "no_such_path", NULL},
	{"GET", "/auth/login?next=/", 405, "no_such_method", "POST"},
	{"POST", "/auth/session", 405, "no_such_method", "GET, HEAD"},
	{"DELETE", "/auth/logout", 405, "no_such_method", "POST"},
	{"POST", "/auth/refresh?x=1", 401, "refresh_required", NULL},
};

static void every_path_has_its_methods(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct route_reply reply = sessiondoor_ask(*state, rows[i].target,
			&(struct sessiondoor_ask){.method = rows[i].method});

		if (reply.status != rows[i].status || !text_equal(reply.code, rows[i].code) ||
			!text_equal(replied_header(&reply, "Allow"), rows[i].allow))
			fail_msg("%s %s: %u %s", rows[i].method, rows[i].target, reply.status,
				reply.code);
		assert_true(text_starts(reply.body, "{\"error\":\""));
		assert_string_equal(reply.content_type, "application/json");
		route_reply_done(&reply);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refresh_sets_both_cookies),
		TEST(a_cookie_s_former_name_is_known_and_comes_second),
		TEST(what_is_no_refresh_is_refused),
		TEST(a_session_that_nobody_knows_leaves_no_cookie),
		TEST(without_a_key_that_signs_no_token_is_used_up),
		TEST(only_so_many_are_made_at_once),
		TEST(the_session_says_who_it_is),
		TEST(who_is_not_logged_in_hears_whether_a_refresh_may_help),
		TEST(a_profile_that_goes_while_the_store_works_leaves_the_new_cookies),
		TEST(a_session_that_has_ended_cannot_be_refreshed),
		TEST(every_path_has_its_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
