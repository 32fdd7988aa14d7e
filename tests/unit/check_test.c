// The check before a page: a good access token is enough, else a refresh token brings the next one;
// and who has neither leaves nothing behind in the browser.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/check.h"

#include "lib/base/text.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/record/sessions/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CHECK "/auth/check/access"

static uint64_t uses(const struct sessiondoor *door)
{
	return ledger_state(door->sessions.ledger)->ops[STORE_USE];
}

static void judge_identity(const struct route_reply *reply)
{
	assert_int_equal(reply->status, 204);
	assert_int_equal(reply->length, 0);
	assert_string_equal(replied_header(reply, "X-Auth-Claim-userId"), "canary-user");
	assert_string_equal(replied_header(reply, "X-Auth-Claim-role"), "admin");
	assert_non_null(replied_header(reply, "X-Auth-Expires"));
}

static void a_good_access_token_never_asks_the_store(void **state)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "BREW"};
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		reply = sessiondoor_ask(door, CHECK,
			&(struct sessiondoor_ask){.method = methods[i],
				.cookies = cookies.access,
				.site = "cross-site"});
		judge_identity(&reply);
		assert_int_equal(sessiondoor_set(&reply), 0);
		assert_null(replied_header(&reply, "X-Samekey-Refresh"));
		route_reply_done(&reply);
	}
	assert_int_equal(uses(door), 0);
	sessiondoor_cookies_done(&cookies);
}

static void a_refresh_token_brings_both_cookies_and_the_identity(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *access = NULL, *refresh = NULL;
	struct route_reply reply;

	reply = sessiondoor_ask(door, CHECK,
		&(struct sessiondoor_ask){
			.method = "GET", .cookies = cookies.refresh, .numbered = true});
	judge_identity(&reply);
	assert_int_equal(sessiondoor_set(&reply), 2);
	access = sessiondoor_cookie(&reply, "accessTokenEtls");
	refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");
	assert_non_null(access);
	assert_non_null(refresh);
	assert_string_not_equal(access, cookies.access);
	assert_string_not_equal(refresh, cookies.refresh);
	assert_true(text_starts(replied_header(&reply, "X-Samekey-Cookie-1"), access));
	assert_true(text_starts(replied_header(&reply, "X-Samekey-Cookie-2"), refresh));
	assert_true(reply.is_private);
	route_reply_done(&reply);
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = access});
	judge_identity(&reply);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// A script that asks for itself must not read what HttpOnly keeps from it.
static void no_token_stands_where_a_script_could_read_it(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply = sessiondoor_ask(door, CHECK,
		&(struct sessiondoor_ask){
			.method = "GET", .cookies = cookies.refresh, .site = "same-origin"});

	judge_identity(&reply);
	assert_int_equal(sessiondoor_set(&reply), 2);
	for (size_t i = 0; i < reply.headers->count; i++)
		if (!text_equal(reply.headers->list[i].name, "Set-Cookie"))
			assert_null(strstr(reply.headers->list[i].value, "eyJ"));
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// Both come at once, and whoever is second gets what the first got.
static void parallel_requests_get_the_same_pair(void **state)
{
	enum { AT_ONCE = 200 };
	static struct sessiondoor_request requests[AT_ONCE];
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask ask = {.method = "GET", .cookies = cookies.refresh};
	own_free char *first = NULL;

	for (size_t i = 0; i < AT_ONCE; i++)
		sessiondoor_send(door, CHECK, &ask, &requests[i]);
	sessiondoor_wait(door);
	first = sessiondoor_cookie(&requests[0].reply, "refreshTokenEtls");
	assert_non_null(first);
	for (size_t i = 0; i < AT_ONCE; i++) {
		own_free char *refresh = sessiondoor_cookie(&requests[i].reply, "refreshTokenEtls");

		judge_identity(&requests[i].reply);
		assert_string_equal(refresh, first);
		assert_int_equal(sessiondoor_cleared(&requests[i].reply), 0);
		route_reply_done(&requests[i].reply);
	}
	assert_int_equal(ledger_state(door->sessions.ledger)->outcomes[FAMILY_ROTATED], 1);
	sessiondoor_cookies_done(&cookies);
}

static const struct {
	const char *name, *cookies;
	unsigned status;
	size_t cleared;
	const char *code;
} strangers[] = {
	{"nothing", NULL, 401, 0, "not_logged_in"},
	{"somebody else's cookie", "a=1; b=2", 401, 0, "not_logged_in"},
	{"a bad access token", "accessTokenEtls=x", 401, 4, "not_logged_in"},
	{"only a token of the upstream", "refreshToken=x", 401, 4, "not_logged_in"},
	{"a bad refresh token", "refreshTokenEtls=x.y.z", 401, 4, "refresh_invalid"},
	{"a refresh token twice", "refreshTokenEtls=x; refreshTokenEtls=y", 401, 4,
		"refresh_invalid"},
	{"both bad", "accessTokenEtls=x; refreshTokenEtls=y", 401, 4, "refresh_invalid"},
};

static void who_is_not_logged_in_keeps_no_cookie(void **state)
{
	struct sessiondoor *door = *state;

	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		const struct sessiondoor_ask ask = {
			.method = "GET", .cookies = strangers[i].cookies};
		struct route_reply reply = sessiondoor_ask(door, CHECK, &ask);

		if (reply.status != strangers[i].status ||
			!text_equal(reply.code, strangers[i].code) ||
			sessiondoor_cleared(&reply) != strangers[i].cleared)
			fail_msg("%s: %u %s", strangers[i].name, reply.status, reply.code);
		assert_true(text_starts(replied_header(&reply, "WWW-Authenticate"), "Bearer"));
		assert_int_equal(sessiondoor_set(&reply), strangers[i].cleared);
		if (strangers[i].cleared)
			assert_non_null(replied_header(&reply, "X-Samekey-Cookie-4"));
		route_reply_done(&reply);
	}
	assert_int_equal(uses(door), 0);
}

static void a_redirect_is_for_profiles_that_say_so(void **state)
{
	struct sessiondoor *door = *state;

	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		const struct sessiondoor_ask ask = {
			.method = "GET", .cookies = strangers[i].cookies};
		struct route_reply reply = sessiondoor_ask(door, "/auth/check/page", &ask);

		assert_int_equal(reply.status, 302);
		assert_string_equal(replied_header(&reply, "Location"), "/login");
		assert_int_equal(sessiondoor_cleared(&reply), strangers[i].cleared);
		assert_int_equal(reply.length, 0);
		route_reply_done(&reply);
	}
}

static void a_refresh_token_is_no_access_token(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *line = NULL, *bearer = NULL;
	const char *token = strchr(cookies.refresh, '=') + 1;
	struct route_reply reply;

	if (asprintf(&line, "accessTokenEtls=%s", token) < 0 ||
		asprintf(&bearer, "Bearer %s", token) < 0)
		abort();
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = line});
	assert_int_equal(reply.status, 401);
	route_reply_done(&reply);
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .authorization = bearer});
	assert_int_equal(reply.status, 401);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void an_access_token_is_no_refresh_token(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *line = NULL;
	struct route_reply reply;

	if (asprintf(&line, "refreshTokenEtls=%s", strchr(cookies.access, '=') + 1) < 0)
		abort();
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = line});
	assert_string_equal(reply.code, "refresh_invalid");
	assert_int_equal(uses(door), 0);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// The profile of refresh tokens stands in no proxy's settings: its tokens live for days, and only
// the store knows which of them still count.
static void nobody_checks_by_the_refresh_profile(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply = sessiondoor_ask(door, "/auth/check/refresh",
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.refresh});

	assert_int_equal(reply.status, 403);
	assert_string_equal(reply.code, "profile_unknown");
	assert_int_equal(uses(door), 0);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void a_bearer_stands_alone(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *bearer = NULL;
	struct route_reply reply;

	reply = sessiondoor_ask(door, CHECK,
		&(struct sessiondoor_ask){.method = "GET",
			.authorization = "Bearer x.y.z",
			.cookies = cookies.refresh});
	assert_int_equal(reply.status, 401);
	assert_int_equal(sessiondoor_set(&reply), 0);
	assert_non_null(strstr(replied_header(&reply, "WWW-Authenticate"), "invalid_token"));
	route_reply_done(&reply);
	if (asprintf(&bearer, "Bearer %s", strchr(cookies.access, '=') + 1) < 0)
		abort();
	reply = sessiondoor_ask(door, CHECK,
		&(struct sessiondoor_ask){
			.method = "GET", .authorization = bearer, .cookies = cookies.access});
	assert_string_equal(reply.code, "token_ambiguous");
	assert_int_equal(sessiondoor_set(&reply), 0);
	route_reply_done(&reply);
	reply = sessiondoor_ask(door, CHECK,
		&(struct sessiondoor_ask){
			.method = "GET", .authorization = bearer, .cookies = cookies.refresh});
	judge_identity(&reply);
	route_reply_done(&reply);
	assert_int_equal(uses(door), 0);
	sessiondoor_cookies_done(&cookies);
}

static void a_profile_s_rules_refuse_and_the_new_cookies_stay(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply;

	reply = sessiondoor_ask(door, "/auth/check/owner",
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.access});
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply.code, "claim_missing");
	assert_int_equal(uses(door), 0); // the next one would lack it too
	route_reply_done(&reply);
	reply = sessiondoor_ask(door, "/auth/check/owner",
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.refresh});
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply.code, "claim_missing");
	assert_int_equal(sessiondoor_set(&reply), 2);
	assert_int_equal(sessiondoor_cleared(&reply), 0);
	assert_null(replied_header(&reply, "X-Auth-Claim-userId"));
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

static void a_profile_without_its_key_is_nobodys_lack_of_rights(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct route_reply reply = sessiondoor_ask(door, "/auth/check/broken",
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies.access});

	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.code, "key_unusable");
	assert_int_equal(sessiondoor_set(&reply), 0);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

#define A16 "aaaaaaaaaaaaaaaa"

static const char *const no_profiles[] = {"/auth/check/none", "/auth/check/",
	"/auth/check/access/x", "/auth/check/%61ccess", CHECK A16 A16 A16 A16};

static void an_unknown_profile_is_forbidden(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);

	for (size_t i = 0; i < ARRAY_SIZE(no_profiles); i++) {
		const struct sessiondoor_ask ask = {.method = "GET", .cookies = cookies.access};
		struct route_reply reply = sessiondoor_ask(door, no_profiles[i], &ask);

		if (reply.status != 403 || !text_equal(reply.code, "profile_unknown"))
			fail_msg("%s: %u", no_profiles[i], reply.status);
		assert_int_equal(sessiondoor_set(&reply), 0);
		route_reply_done(&reply);
	}
	sessiondoor_cookies_done(&cookies);
}

static void an_old_token_says_that_it_is_time(void **state)
{
	static const struct {
		int64_t left_s;
		bool is_old;
	} ages[] = {{900, false}, {190, false}, {175, true}, {30, true}};
	struct sessiondoor *door = *state;

	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		own_free char *cookie = sessiondoor_forged(
			SESSIONDOOR_ACCESS_KEY, ",\"userId\":\"u\"", 900, ages[i].left_s);
		struct route_reply reply = sessiondoor_ask(
			door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = cookie});
		const char *advice = replied_header(&reply, "X-Samekey-Refresh");

		if (reply.status != 204 || (advice != NULL) != ages[i].is_old)
			fail_msg("%d: %u %s", (int)ages[i].left_s, reply.status, advice);
		if (advice)
			assert_string_equal(advice, "recommended");
		route_reply_done(&reply);
	}
}

static void an_expired_token_is_refreshed(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	own_free char *expired = sessiondoor_forged(SESSIONDOOR_ACCESS_KEY, "", 900, -1);
	own_free char *line = NULL;
	struct route_reply reply;

	if (asprintf(&line, "%s; %s", expired, cookies.refresh) < 0)
		abort();
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = line});
	judge_identity(&reply);
	assert_int_equal(sessiondoor_set(&reply), 2);
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

// With no grace at all, the second use of a token is a thief's or its victim's.
static void an_old_refresh_token_ends_the_session(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct sessiondoor_ask old = {.method = "GET", .cookies = cookies.refresh};
	own_free char *log = NULL, *access = NULL, *refresh = NULL;
	struct route_reply reply;
	unsigned status;

	door->rules.grace_ms = 0;
	reply = sessiondoor_ask(door, CHECK, &old);
	judge_identity(&reply);
	access = sessiondoor_cookie(&reply, "accessTokenEtls");
	refresh = sessiondoor_cookie(&reply, "refreshTokenEtls");
	do { // in the same millisecond it is a race
		route_reply_done(&reply);
		reply = sessiondoor_ask(door, CHECK, &old);
		status = reply.status;
	} while (status == 204);
	assert_int_equal(status, 401);
	assert_string_equal(reply.code, "reuse_detected");
	assert_int_equal(sessiondoor_cleared(&reply), 4);
	route_reply_done(&reply);
	log = replied_log(&door->log);
	assert_non_null(strstr(log, "level=warning event=session_reuse family="));
	assert_int_equal(strcspn(strstr(log, "family=") + 7, " \n"), 8);
	assert_null(strstr(log, "canary"));
	assert_null(strstr(log, "eyJ"));
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = refresh});
	assert_string_equal(reply.code, "session_ended");
	assert_int_equal(sessiondoor_cleared(&reply), 4);
	route_reply_done(&reply);
	reply = sessiondoor_ask(
		door, CHECK, &(struct sessiondoor_ask){.method = "GET", .cookies = access});
	assert_int_equal(reply.status, 401); // revoked with its family
	route_reply_done(&reply);
	sessiondoor_cookies_done(&cookies);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_access_token_never_asks_the_store),
		TEST(a_refresh_token_brings_both_cookies_and_the_identity),
		TEST(no_token_stands_where_a_script_could_read_it),
		TEST(parallel_requests_get_the_same_pair),
		TEST(who_is_not_logged_in_keeps_no_cookie),
		TEST(a_redirect_is_for_profiles_that_say_so),
		TEST(a_refresh_token_is_no_access_token),
		TEST(an_access_token_is_no_refresh_token),
		TEST(nobody_checks_by_the_refresh_profile),
		TEST(a_bearer_stands_alone),
		TEST(a_profile_s_rules_refuse_and_the_new_cookies_stay),
		TEST(a_profile_without_its_key_is_nobodys_lack_of_rights),
		TEST(an_unknown_profile_is_forbidden),
		TEST(an_old_token_says_that_it_is_time),
		TEST(an_expired_token_is_refreshed),
		TEST(an_old_refresh_token_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
