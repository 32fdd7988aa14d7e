// While the store is away: closed, unless the settings give a route some grace; and a logout counts
// at once and is made up for.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/door/session/farewells.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CHECK "/auth/check/access"
#define PAGE "/auth/check/page"
#define JSON "application/json"
#define DEADLINE_MS 10000

static const struct {
	const char *name, *target;
	struct sessiondoor_ask ask;
	bool refresh; // with its cookie
} closed[] = {
	{"login", "/auth/login", {.type = JSON, .body = SESSIONDOOR_LOGIN}, false},
	{"check", CHECK, {.method = "GET"}, true},
	{"check that redirects", PAGE, {.method = "GET"}, true},
	{"refresh", "/auth/refresh", {0}, true},
	{"logout", "/auth/logout", {0}, true},
	{"logout everywhere", "/auth/logout", {.type = JSON, .body = "{\"everywhere\":true}"},
		true},
};

static void without_grace_routes_are_closed_and_cookies_stay(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);

	door->away = true;
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
		struct sessiondoor_ask ask = closed[i].ask;
		struct route_reply reply;

		ask.cookies = closed[i].refresh ? cookies.refresh : NULL;
		reply = sessiondoor_ask(door, closed[i].target, &ask);
		if (reply.status != 503 || !text_equal(reply.code, "store_away") ||
			sessiondoor_set(&reply) ||
			!text_equal(replied_header(&reply, "Retry-After"), "5"))
			fail_msg("%s: %u %s", closed[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
	for (size_t i = 0; i < SESSIONRULES_ROUTES; i++)
		assert_true(door->sessions.counts[i][SESSIONS_AWAY] > 0);
	sessiondoor_cookies_done(&cookies);
}

static void a_good_access_token_needs_no_store(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply;

	door->away = true;
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = cookies.access});
	assert_int_equal(reply.status, 204);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// After a start without the store: nobody is let in, and nobody is logged out by it.
static void what_was_ended_is_not_known_before_the_store_was_there(void **state)
{
	static const char *const targets[] = {CHECK, PAGE, "/auth/session"};
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *bearer = NULL;

	if (asprintf(&bearer, "Bearer %s", strchr(cookies.access, '=') + 1) < 0)
		abort();
	door->away = true;
	revocations_await(door->answers.revocations);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(targets); i++) {
		struct sessiondoor_ask ask = {.method = "GET"};
		struct route_reply reply;

		if (i % 2)
			ask.authorization = bearer;
		else
			ask.cookies = cookies.access;
		reply = sessiondoor_ask(door, targets[i / 2], &ask);
		if (reply.status != 503 || !text_equal(reply.code, "store_away") ||
			sessiondoor_set(&reply))
			fail_msg("%s: %u %s", targets[i / 2], reply.status, reply.body);
		route_reply_done(&reply);
	}
	for (size_t i = 0; i < 2; i++) { // by its access token: not done unless it is
		struct route_reply reply = sessiondoor_ask(
			door, "/auth/logout", &(struct sessiondoor_ask){.cookies = cookies.access});

		assert_int_equal(reply.status, i ? 200 : 503);
		route_reply_done(&reply);
		door->away = false;
	}
	revocations_told(door->answers.revocations);
	assert_int_equal(sessiondoor_check(door, cookies.access), 401);
	sessiondoor_cookies_done(&cookies);
}

static void with_grace_there_is_an_access_token_and_no_other(void **state)
{
	static const struct sessiondoor_ask asks[] = {{.method = "GET"}, {0}};
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);

	door->rules.away_ms[SESSIONRULES_CHECK] = 60000;
	door->rules.away_ms[SESSIONRULES_REFRESH] = 60000;
	door->away = true;
	for (size_t i = 0; i < 2; i++) {
		struct sessiondoor_ask ask = asks[i];
		struct route_reply reply;
		own_free char *access = NULL;

		ask.cookies = cookies.refresh;
		reply = sessiondoor_ask(door, i ? "/auth/refresh" : CHECK, &ask);
		access = sessiondoor_cookie(&reply, "accessTokenEtls");
		assert_int_equal(reply.status, i ? 200 : 204);
		assert_non_null(access);
		assert_int_equal(sessiondoor_set(&reply), 1);
		assert_int_equal(sessiondoor_cleared(&reply), 0);
		route_reply_done(&reply);
		reply = sessiondoor_ask(
			door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = access});
		assert_int_equal(reply.status, 204);
		route_reply_done(&reply);
	}
	door->forgetful = true; // nothing is known of the session: nothing is given
	{
		struct route_reply reply = sessiondoor_ask(door, CHECK,
			&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.refresh});

		assert_int_equal(reply.status, 503);
		assert_int_equal(sessiondoor_set(&reply), 0);
		route_reply_done(&reply);
	}
	sessiondoor_cookies_done(&cookies);
}

// Whether it is a thief's or a slow browser's only the store can say.
static void an_old_refresh_token_waits_for_the_store(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask old = {.method = "GET", .cookies = cookies.refresh};
	struct route_reply reply = sessiondoor_ask(door, CHECK, &old);

	assert_int_equal(reply.status, 204);
	route_reply_done(&reply);
	door->rules.away_ms[SESSIONRULES_CHECK] = 60000;
	door->away = true;
	reply = sessiondoor_ask(door, CHECK, &old);
	assert_int_equal(reply.status, 503);
	assert_int_equal(sessiondoor_set(&reply), 0);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void grace_ends(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {.method = "GET", .cookies = cookies.refresh};
	uint64_t end_ms = clock_steady_ms() + DEADLINE_MS;
	unsigned status = 0;

	door->rules.away_ms[SESSIONRULES_CHECK] = 1;
	door->away = true;
	do {
		struct route_reply reply = sessiondoor_ask(door, CHECK, &ask);

		status = reply.status;
		route_reply_done(&reply);
	} while (status == 204 && clock_steady_ms() < end_ms);
	assert_int_equal(status, 503);
	sessiondoor_cookies_done(&cookies);
}

static void a_login_in_the_grace_has_no_refresh_token(void **state)
{
	struct sessiondoor *door = *state;
	struct route_reply reply;

	door->rules.away_ms[SESSIONRULES_LOGIN] = 60000;
	door->away = true;
	reply = sessiondoor_ask(door, "/auth/login",
		&(struct sessiondoor_ask){.type = JSON, .body = SESSIONDOOR_LOGIN});
	{
		own_free char *access = sessiondoor_cookie(&reply, "accessTokenEtls");
		own_free char *refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");

		assert_int_equal(reply.status, 200);
		assert_non_null(access);
		assert_non_null(refresh);
		assert_string_equal(refresh, "refreshTokenEtls=");
		route_reply_done(&reply);
		reply = sessiondoor_ask(
			door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = access});
		assert_int_equal(reply.status, 204);
		route_reply_done(&reply);
	}
}

// Else the browser of two people would go on as the first once the second's access token is over.
static void a_login_in_the_grace_leaves_no_refresh_token_of_another(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *refresh = NULL, *old = NULL;
	struct route_reply reply;

	door->rules.away_ms[SESSIONRULES_LOGIN] = 60000;
	door->away = true;
	reply = sessiondoor_ask(door, "/auth/login",
		&(struct sessiondoor_ask){
			.type = JSON, .body = SESSIONDOOR_LOGIN, .cookies = cookies.refresh});
	assert_int_equal(reply.status, 200);
	refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");
	old = sessiondoor_cookie(&reply, "oldRefreshToken");
	assert_non_null(refresh);
	assert_non_null(old);
	assert_string_equal(refresh, "refreshTokenEtls=");
	assert_string_equal(old, "oldRefreshToken=");
	assert_int_equal(sessiondoor_cleared(&reply), 2);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// Keeps the n-th of many logouts, each of another family.
static bool keep(struct sessiondoor *door, size_t n)
{
	struct farewell farewell = {.everywhere = false};

	memcpy(farewell.family, &n, sizeof(n));
	return farewells_add(door->sessions.farewells, &farewell);
}

// Settles until nothing is left to tell.
static void settle(struct sessiondoor *door)
{
	uint64_t end_ms = clock_steady_ms() + DEADLINE_MS;

	while (sessions_pending(&door->sessions) && clock_steady_ms() < end_ms) {
		struct pollfd event = {ledger_fd(door->sessions.ledger), POLLIN, 0};

		sessions_settle(&door->sessions);
		if (poll(&event, 1, 100) > 0)
			ledger_collect(door->sessions.ledger);
	}
	assert_int_equal(sessions_pending(&door->sessions), 0);
}

static void a_logout_in_the_grace_counts_at_once_and_is_made_up_for(void **state)
{
	struct sessiondoor *door = *state;

	for (size_t everywhere = 0; everywhere < 2; everywhere++) {
		struct sessiondoor_cookies one = sessiondoor_login(door);
		struct sessiondoor_cookies other = sessiondoor_login(door);
		struct route_reply reply;

		door->rules.away_ms[SESSIONRULES_LOGOUT] = 60000;
		door->away = true;
		reply = sessiondoor_ask(door, "/auth/logout",
			&(struct sessiondoor_ask){.cookies = one.refresh,
				.type = JSON,
				.body = everywhere ? "{\"everywhere\":true}" : "{}"});
		assert_int_equal(reply.status, 200);
		assert_int_equal(sessiondoor_cleared(&reply), 4);
		route_reply_done(&reply);
		assert_int_equal(sessions_pending(&door->sessions), 1);
		assert_int_not_equal(sessiondoor_check(door, one.access), 204);
		sessions_settle(&door->sessions); // still away
		assert_int_equal(sessions_pending(&door->sessions), 1);
		door->away = false;
		settle(door);
		assert_int_equal(sessiondoor_check(door, one.refresh), 401);
		assert_int_equal(sessiondoor_check(door, other.refresh), everywhere ? 401 : 204);
		assert_int_equal(sessiondoor_check(door, other.access), everywhere ? 401 : 204);
		sessiondoor_cookies_done(&one);
		sessiondoor_cookies_done(&other);
	}
}

// Neither one tab after the other nor a cookie that is shown again and again takes others' places,
// and what was told of all sessions holds.
static void one_session_s_logouts_are_one(void **state)
{
	static const char *const bodies[] = {"{}", "{\"everywhere\":true}", "{}"};
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies one = sessiondoor_login(door);
	struct sessiondoor_cookies other = sessiondoor_login(door);

	door->rules.away_ms[SESSIONRULES_LOGOUT] = 60000;
	door->away = true;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct route_reply reply = sessiondoor_ask(door, "/auth/logout",
			&(struct sessiondoor_ask){
				.cookies = one.refresh, .type = JSON, .body = bodies[i]});

		assert_int_equal(reply.status, 200);
		route_reply_done(&reply);
	}
	assert_int_equal(sessions_pending(&door->sessions), 1);
	door->away = false;
	settle(door);
	assert_int_equal(sessiondoor_check(door, one.refresh), 401);
	assert_int_equal(sessiondoor_check(door, other.refresh), 401);
	sessiondoor_cookies_done(&one);
	sessiondoor_cookies_done(&other);
}

// Neither the grace nor what is under way gives a token to who was told that they are logged out.
static void who_was_logged_out_gets_no_other_token(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {.cookies = cookies.refresh};
	struct sessiondoor_request out, renewed, late[2];

	for (size_t i = 0; i < SESSIONRULES_ROUTES; i++)
		door->rules.away_ms[i] = 60000;
	door->away = true;
	sessiondoor_send(door, "/auth/logout", &ask, &out);
	sessiondoor_send(door, "/auth/refresh", &ask, &renewed);
	sessiondoor_wait(door);
	assert_int_equal(out.reply.status, 200);
	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		door->away = i == 0; // back, and not yet told
		sessiondoor_send(door, i ? "/auth/refresh" : CHECK, &ask, &late[i]);
		sessiondoor_wait(door);
		assert_string_equal(late[i].reply.code, "session_ended");
		assert_int_equal(sessiondoor_cleared(&late[i].reply), 4);
		route_reply_done(&late[i].reply);
	}
	assert_string_equal(renewed.reply.code, "session_ended");
	assert_int_equal(sessiondoor_set(&renewed.reply), 4);
	assert_int_equal(sessiondoor_cleared(&renewed.reply), 4);
	route_reply_done(&renewed.reply);
	route_reply_done(&out.reply);
	settle(door);
	sessiondoor_cookies_done(&cookies);
}

static void so_many_logouts_are_kept_and_the_next_is_not_called_done(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply;

	door->rules.away_ms[SESSIONRULES_LOGOUT] = 60000;
	door->away = true;
	door->sessions.farewells = farewells_new(door->sessions.ledger);
	for (size_t i = 0; i < FAREWELLS_MAX; i++)
		assert_true(keep(door, i));
	reply = sessiondoor_ask(
		door, "/auth/logout", &(struct sessiondoor_ask){.cookies = cookies.refresh});
	assert_int_equal(reply.status, 503);
	assert_int_equal(sessiondoor_set(&reply), 0);
	assert_int_equal(door->sessions.pending_lost, 1);
	route_reply_done(&reply);
	door->away = false;
	settle(door);
	sessiondoor_cookies_done(&cookies);
}

// The store may still be away when they come, and they come back.
static void logouts_on_their_way_keep_their_places(void **state)
{
	struct sessiondoor *door = *state;

	door->away = true;
	door->sessions.farewells = farewells_new(door->sessions.ledger);
	for (size_t i = 0; i < FAREWELLS_MAX; i++)
		assert_true(keep(door, i));
	sessions_settle(&door->sessions); // nobody has noticed yet that it is away
	assert_false(keep(door, FAREWELLS_MAX));
	assert_int_equal(sessions_pending(&door->sessions), FAREWELLS_MAX);
	door->away = false;
	settle(door);
}

// What waits at the end is answered, and its memory comes back.
static void requests_that_wait_at_the_end_are_answered(void **state)
{
	static struct sessiondoor_request requests[50];
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		sessiondoor_send(door, i % 2 ? CHECK : "/auth/logout",
			&(struct sessiondoor_ask){.cookies = cookies.refresh}, &requests[i]);
	door->sessions.ledger = ledger_close(door->sessions.ledger);
	assert_int_equal(door->waiting, 0);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		route_reply_done(&requests[i].reply);
	sessiondoor_cookies_done(&cookies);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_grace_routes_are_closed_and_cookies_stay),
		TEST(a_good_access_token_needs_no_store),
		TEST(what_was_ended_is_not_known_before_the_store_was_there),
		TEST(with_grace_there_is_an_access_token_and_no_other),
		TEST(an_old_refresh_token_waits_for_the_store),
		TEST(grace_ends),
		TEST(a_login_in_the_grace_has_no_refresh_token),
		TEST(a_login_in_the_grace_leaves_no_refresh_token_of_another),
		TEST(a_logout_in_the_grace_counts_at_once_and_is_made_up_for),
		TEST(one_session_s_logouts_are_one),
		TEST(who_was_logged_out_gets_no_other_token),
		TEST(so_many_logouts_are_kept_and_the_next_is_not_called_done),
		TEST(logouts_on_their_way_keep_their_places),
		TEST(requests_that_wait_at_the_end_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
