// What sessions know of a token: each route refuses what is revoked, and takes a refresh token by
// its own profile alone.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/judge.h"

#include "lib/base/clock.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/tally.h"
#include "verifier/door/session/sessions.h"
#include "verifier/door/session/turn.h"
#include "verifier/record/revocations.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FAMILY "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define JWT "application/jwt"
#define FORM "application/x-www-form-urlencoded"
#define LATER INT64_C(4102444800000)

static struct tokendoor door;
static struct revocations *revocations;

static int set_up(void **state)
{
	(void)state;
	tokendoor_open(&door);
	revocations = revocations_new();
	return revocations ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tokendoor_close(&door);
	revocations = revocations_free(revocations);
	return 0;
}

static void end(const char *name, int64_t until)
{
	assert_int_equal(revocations_add(revocations, name, strlen(name), until), 0);
}

static char *token_of(const char *jti)
{
	char claims[512];

	(void)snprintf(claims, sizeof(claims), ",\"jti\":\"%s\"", jti);
	return tokendoor_token(*jti ? claims : "");
}

// What a route says of a token; the answer's text is the caller's.
static unsigned ask(const char *target, const char *type, const char *before, const char *token,
	const char *after, char **ret_text)
{
	own_free char *text = NULL;
	struct tokendoor_ask question = {.type = type};
	struct route_reply reply;
	unsigned status;

	if (asprintf(&text, "%s%s%s", before, token, after) < 0)
		abort();
	if (type)
		question.body = text;
	else
		question.authorization = text;
	reply = tokendoor_ask(&door, target, &question);
	status = reply.status;
	*ret_text = strndup(reply.body ? reply.body : "", reply.length);
	if (!*ret_text)
		abort();
	route_reply_done(&reply);
	return status;
}

static enum token_code judge(const char *profile, const char *token)
{
	own_free char *target = NULL, *text = NULL;
	const char *at;

	if (asprintf(&target, "/v1/verify?profile=%s", profile) < 0)
		abort();
	if (ask(target, JWT, "", token, "", &text) == 200)
		return TOKEN_OK;
	at = strstr(text, "\"code\":\"");
	for (unsigned code = 0; at && code < TOKEN_CODES; code++) {
		const char *name = token_code_text((enum token_code)code);

		if (strncmp(at + 8, name, strlen(name)) == 0 && at[8 + strlen(name)] == '"')
			return (enum token_code)code;
	}
	fail_msg("%s", text);
	return TOKEN_CODES;
}

static void what_is_revoked_is_refused(void **state)
{
	static const struct {
		const char *name, *jti, *revoked;
		bool refused;
	} cases[] = {
		{"an access token", FAMILY ".3.a", FAMILY ".3.a", true},
		{"one of another generation", FAMILY ".4.a", FAMILY ".3.a", false},
		{"the refresh token of the same one", FAMILY ".3", FAMILY ".3.a", false},
		{"an access token of a session", FAMILY ".3.a", FAMILY, true},
		{"a refresh token of a session", FAMILY ".3", FAMILY, true},
		{"another session", OTHER ".3.a", FAMILY, false},
		{"no session, though it begins so", FAMILY "-3", FAMILY, false},
		{"no session: generation 0", FAMILY ".0.a", FAMILY, false},
		{"a token of somebody else", "order 66", "order 66", true},
		{"the same, escaped", "order\\u00206\\u0036", "order 66", true},
		{"an escaped one that is another", "order\\u002066", "order\\u002066", false},
		{"without a jti", "", "order 66", false},
		{"an empty one is none", "", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token = token_of(cases[i].jti);
		struct revocations *none = revocations;

		judge_watch(door.answers.judge, NULL, NULL);
		assert_int_equal(judge("session", token), TOKEN_OK);
		judge_watch(door.answers.judge, revocations, NULL);
		assert_int_equal(judge("session", token), TOKEN_OK);
		end(cases[i].revoked, LATER);
		if (judge("session", token) != (cases[i].refused ? TOKEN_E_REVOKED : TOKEN_OK))
			fail_msg("%s", cases[i].name);
		revocations = revocations_new();
		if (!revocations)
			abort();
		judge_watch(door.answers.judge, revocations, NULL);
		revocations_free(none);
	}
}

static void a_long_jti_is_judged_whole(void **state)
{
	char jti[300] = "";
	own_free char *at_limit = NULL, *over = NULL;

	(void)state;
	judge_watch(door.answers.judge, revocations, NULL);
	memset(jti, 'x', 256);
	end(jti, LATER); // longer than any that is kept
	over = token_of(jti);
	assert_int_equal(judge("session", over), TOKEN_OK);
	jti[255] = '\0';
	at_limit = token_of(jti);
	assert_int_equal(judge("session", at_limit), TOKEN_OK);
	end(jti, LATER);
	assert_int_equal(judge("session", at_limit), TOKEN_E_REVOKED);
}

// A token that was made when tokens lived longer outlives what was known when its session ended.
static void it_counts_a_day_longer_than_known(void **state)
{
	own_free char *token = token_of(FAMILY ".1.a");

	(void)state;
	judge_watch(door.answers.judge, revocations, NULL);
	end(FAMILY, clock_wall_ms() - REVOCATIONS_LINGER_MS - 1);
	assert_int_equal(judge("session", token), TOKEN_OK);
	end(FAMILY, clock_wall_ms() - 1);
	assert_int_equal(judge("session", token), TOKEN_E_REVOKED);
	end(FAMILY, LATER);
	assert_int_equal(judge("session", token), TOKEN_E_REVOKED);
}

// A bad token stays what it is.
static void only_what_is_good_is_looked_up(void **state)
{
	own_free char *token = token_of(FAMILY ".1.a");

	(void)state;
	judge_watch(door.answers.judge, revocations, NULL);
	end(FAMILY, LATER);
	token[strlen(token) - 3] ^= 1;
	assert_int_equal(judge("session", token), TOKEN_E_SIGNATURE);
}

static void every_route_shows_it(void **state)
{
	static const struct {
		const char *target, *type, *before, *after;
		unsigned status;
		const char *said;
	} routes[] = {
		{"/v1/verify?profile=session", JWT, "", "", 401,
			"\"code\":\"revoked\",\"detail\":\"the session that it belongs to has "
			"ended\","},
		{"/v1/verify", "application/json", "{\"profile\":\"session\",\"token\":\"", "\"}",
			401, "\"stage\":\"claims\""},
		{"/v1/verify-batch", "application/json",
			"{\"profile\":\"session\",\"tokens\":[\"a\",\"", "\"]}", 200,
			",{\"active\":false,\"code\":\"revoked\","},
		{"/v1/introspect", FORM, "profile=session&token=", "", 200, "{\"active\":false}"},
		{"/v1/auth/session", NULL, "Bearer ", "", 401, "\"code\":\"revoked\""},
		{"/v1/diagnose", "application/json", "{\"profile\":\"session\",\"token\":\"", "\"}",
			200,
			"\"verdict\":\"reject\",\"profile\":\"session\",\"code\":\"revoked\","},
		{"/v1/diagnose", "application/json", "{\"profile\":\"session\",\"token\":\"", "\"}",
			200, "{\"severity\":\"error\",\"code\":\"revoked\",\"text\":\"the session"},
		{"/v1/diagnose", "application/json", "{\"profile\":\"session\",\"token\":\"", "\"}",
			200, "\"verified\":true"},
	};
	own_free char *token = token_of(FAMILY ".3.a");
	const struct tally *tally = judge_tally(door.answers.judge);

	(void)state;
	end(FAMILY, LATER);
	judge_watch(door.answers.judge, revocations, "twin");
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		own_free char *text = NULL;
		unsigned status = ask(routes[i].target, routes[i].type, routes[i].before, token,
			routes[i].after, &text);

		if (status != routes[i].status || !strstr(text, routes[i].said))
			fail_msg("%s: %u %s", routes[i].target, status, text);
	}
	for (size_t i = 0; i < tally->count; i++)
		if (strcmp(tally->profiles[i]->name, "session") == 0) {
			assert_int_equal(tally->profiles[i]->codes[TOKEN_E_REVOKED], 5);
			assert_int_equal(tally->profiles[i]->codes[TOKEN_OK], 0);
			assert_int_equal(tally->profiles[i]->key_count, 0);
		}
}

// Until the store has told once what is revoked, a token that may be among it is neither good nor
// bad.
static void what_may_be_revoked_waits_for_the_store(void **state)
{
	static const struct {
		const char *name, *jti;
		bool waits;
	} cases[] = {
		{"an access token of a session", FAMILY ".3.a", true},
		{"a token of somebody else", "order 66", true},
		{"without a jti", "", false},
		{"an empty one is none", "", false},
	};
	static const struct {
		const char *target, *type, *before;
		unsigned status;
		const char *said;
	} routes[] = {
		{"/v1/verify?profile=session", JWT, "", 503, "\"code\":\"store_away\""},
		{"/v1/introspect", FORM, "profile=session&token=", 503, "\"code\":\"store_away\""},
		{"/v1/auth/session", NULL, "Bearer ", 403, "\"code\":\"store_away\""},
	};
	own_free char *token = token_of(FAMILY ".3.a");

	(void)state;
	judge_watch(door.answers.judge, revocations, NULL);
	revocations_await(revocations);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *one = token_of(cases[i].jti);

		if (judge("session", one) != (cases[i].waits ? TOKEN_E_STORE_AWAY : TOKEN_OK))
			fail_msg("%s", cases[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		own_free char *text = NULL;
		unsigned status =
			ask(routes[i].target, routes[i].type, routes[i].before, token, "", &text);

		if (status != routes[i].status || !strstr(text, routes[i].said))
			fail_msg("%s: %u %s", routes[i].target, status, text);
	}
	end(FAMILY, LATER); // known by itself, as a logout while the store was away
	assert_int_equal(judge("session", token), TOKEN_E_REVOKED);
	revocations_told(revocations);
	{
		own_free char *other = token_of(OTHER ".3.a");

		assert_int_equal(judge("session", other), TOKEN_OK);
	}
}

// `session` and `twin` have the same secret.
static void a_refresh_token_is_for_its_own_profile(void **state)
{
	static const struct {
		const char *jti;
		enum token_code session, twin;
	} cases[] = {
		{FAMILY ".3", TOKEN_E_TYP, TOKEN_OK},
		{FAMILY ".3.a", TOKEN_OK, TOKEN_E_TYP},
		{FAMILY ".0", TOKEN_OK, TOKEN_OK},
		{"3", TOKEN_OK, TOKEN_OK},
		{"", TOKEN_OK, TOKEN_OK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token = token_of(cases[i].jti), *text = NULL;

		judge_watch(door.answers.judge, NULL, NULL);
		assert_int_equal(judge("session", token), TOKEN_OK);
		judge_watch(door.answers.judge, i % 2 ? revocations : NULL, "twin");
		assert_int_equal(judge("session", token), cases[i].session);
		assert_int_equal(judge("twin", token), cases[i].twin);
		assert_int_equal(ask("/v1/auth/session", NULL, "Bearer ", token, "", &text),
			cases[i].session == TOKEN_OK ? 204 : 401);
	}
}

// Nothing is begun with keys that could not end it.
static void sessions_need_keys_that_sign(void **state)
{
	static const struct {
		const char *name, *access, *refresh;
		bool can;
	} cases[] = {
		{"secrets", "session", "strict", true},
		{"a pair for access", "pair", "session", true},
		{"a pair that never signs the same", "session", "pair", false},
		{"one that signs before the secret", "session", "twin", false},
		{"no key for access", "broken", "session", false},
		{"no key for refresh", "session", "broken", false},
		{"no profile", "session", "none", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sessionrules rules = {
			.access = cases[i].access, .refresh = cases[i].refresh};
		const struct sessions sessions = {.rules = &rules, .answers = &door.answers};

		if (turn_can_mint(&sessions) != cases[i].can)
			fail_msg("%s", cases[i].name);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_revoked_is_refused),
		TEST(a_long_jti_is_judged_whole),
		TEST(it_counts_a_day_longer_than_known),
		TEST(only_what_is_good_is_looked_up),
		TEST(every_route_shows_it),
		TEST(what_may_be_revoked_waits_for_the_store),
		TEST(a_refresh_token_is_for_its_own_profile),
		TEST(sessions_need_keys_that_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
