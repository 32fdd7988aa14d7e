// Forward-auth: 204, 401 or 403 and nothing else, whatever the request is; one token in one place;
// and headers that say whose it is and can carry nothing else.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/forward.h"
#include "verifier/door/api/identity.h"

#include "lib/base/text.h"
#include "tests/forge.h"
#include "tests/unit/tokendoor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int set_up(void **state)
{
	static struct tokendoor door;

	tokendoor_open(&door);
	*state = &door;
	return 0;
}

static int tear_down(void **state)
{
	tokendoor_close(*state);
	return 0;
}

// Puts the token where a text has %s; the caller frees it.
static char *with_token(const char *text, const char *token)
{
	const char *at = text ? strstr(text, "%s") : NULL;
	char *out;

	if (!at)
		return text ? strdup(text) : NULL;
	if (asprintf(&out, "%.*s%s%s", (int)(at - text), text, token, at + 2) < 0)
		abort();
	return out;
}

#define SESSION "/v1/auth/session"
#define NO_ERROR "Bearer realm=\"samekeyd\""
#define AMBIGUOUS NO_ERROR ", error=\"invalid_request\", error_description=\"one token is needed\""
#define BAD NO_ERROR ", error=\"invalid_token\", error_description="

static const struct {
	const char *name, *target;
	struct tokendoor_ask ask; // %s is a good token
	unsigned status;
	const char *code, *challenge; // of the problem; how WWW-Authenticate begins
} requests[] = {
	{"a bearer", SESSION, {.authorization = "Bearer %s"}, 204, NULL, NULL},
	{"a cookie", SESSION, {.cookies = {"a=1; session=%s; b=2"}}, 204, NULL, NULL},
	{"the other cookie, in the second line", SESSION, {.cookies = {"a=1", "__Host-session=%s"}},
		204, NULL, NULL},
	{"any method", SESSION, {.method = "BREW", .authorization = "Bearer %s"}, 204, NULL, NULL},
	{"HEAD", SESSION, {.method = "HEAD", .authorization = "Bearer %s"}, 204, NULL, NULL},
	{"OPTIONS without a token", SESSION, {.method = "OPTIONS"}, 401, "token_required",
		NO_ERROR},
	{"another scheme beside a cookie", SESSION,
		{.authorization = "Basic YTpi", .cookies = {"session=%s"}}, 204, NULL, NULL},
	{"no token", SESSION, {0}, 401, "token_required", NO_ERROR},
	{"another scheme", SESSION, {.authorization = "Basic YTpi"}, 401,
		"token_required\",\"detail\":\"Authorization holds no Bearer token; ", NO_ERROR},
	{"a cookie that was cleared", SESSION, {.cookies = {"session="}}, 401, "token_required",
		NO_ERROR},
	{"a cookie of another name", SESSION, {.cookies = {"Session=%s"}}, 401,
		"there is no token in the request; looked for Authorization: Bearer and the "
		"cookies session, __Host-session\"",
		NO_ERROR},
	{"a bearer and a cookie", SESSION,
		{.authorization = "Bearer %s", .cookies = {"session=%s"}}, 401, "token_ambiguous",
		AMBIGUOUS},
	{"of both cookies the first name counts", SESSION,
		{.cookies = {"__Host-session=x; session=%s"}}, 204, NULL, NULL},
	{"of both cookies the first name counts, also when it is bad", SESSION,
		{.cookies = {"session=x; __Host-session=%s"}}, 401, "malformed", BAD},
	{"of both cookies the first name counts, also when it is broken", SESSION,
		{.cookies = {"session.1=x; __Host-session=%s"}}, 401, "cookie_broken", AMBIGUOUS},
	{"a cookie twice", SESSION, {.cookies = {"session=%s", "session=x"}}, 401, "cookie_broken",
		AMBIGUOUS},
	{"a cookie without its first chunk", SESSION, {.cookies = {"session.1=%s"}}, 401,
		"cookie_broken", AMBIGUOUS},
	{"a bearer beside a broken cookie", SESSION,
		{.authorization = "Bearer %s", .cookies = {"session.1=x"}}, 401, "token_ambiguous",
		AMBIGUOUS},
	{"a bad bearer", SESSION, {.authorization = "Bearer %sx"}, 401, "signature_invalid", BAD},
	{"a bad cookie", SESSION, {.cookies = {"session=x"}}, 401, "malformed", BAD},
	{"a cookie of a profile that has none", "/v1/auth/strict", {.cookies = {"session=%s"}}, 401,
		"looked for Authorization: Bearer\"", NO_ERROR},
	{"an unknown profile", "/v1/auth/none", {.authorization = "Bearer %s"}, 403,
		"profile_unknown", NULL},
	{"a profile without keys", "/v1/auth/broken", {.authorization = "Bearer %s"}, 403,
		"key_unusable", NULL},
	{"no profile", "/v1/auth/", {.authorization = "Bearer %s"}, 403, "forward_refused", NULL},
	{"no profile and no slash", "/v1/auth", {.authorization = "Bearer %s"}, 403,
		"forward_refused", NULL},
	{"two segments", "/v1/auth/session/x", {.authorization = "Bearer %s"}, 403,
		"forward_refused", NULL},
	{"an encoded name", "/v1/auth/%%73ession", {.authorization = "Bearer %s"}, 403,
		"forward_refused", NULL},
	{"a step up", "/v1/auth/../auth/session", {.authorization = "Bearer %s"}, 403,
		"forward_refused", NULL},
	{"a query", "/v1/auth/session?x=1", {.authorization = "Bearer %s"}, 403, "forward_refused",
		NULL},
	{"somebody who may not", SESSION, {.authorization = "Bearer %s", .no_verbs = true}, 403,
		"not_admitted", NULL},
	{"TCP without our token", SESSION, {.authorization = "Bearer %s", .door = ROUTE_TCP}, 403,
		"not_admitted", NULL},
	{"TCP, not opened", SESSION,
		{.authorization = "Bearer %s",
			.door = ROUTE_TCP,
			.has_token = true,
			.no_verbs = true},
		403, "not_over_tcp", NULL},
	{"TCP, opened", SESSION,
		{.authorization = "Bearer %s", .door = ROUTE_TCP, .has_token = true}, 204, NULL,
		NULL},
};

static bool is_answered(size_t i, const struct route_reply *reply)
{
	const char *challenge = replied_header(reply, "WWW-Authenticate");

	if (reply->status != requests[i].status)
		return false;
	if (requests[i].code && !(reply->length && strstr(reply->body, requests[i].code)))
		return false;
	if (!requests[i].challenge)
		return !challenge;
	if (text_equal(requests[i].challenge, NO_ERROR))
		return text_equal(challenge, NO_ERROR);
	return challenge && text_starts(challenge, requests[i].challenge);
}

static void only_204_401_and_403_leave_here(void **state)
{
	own_free char *token = tokendoor_token("");

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct tokendoor_ask *row = &requests[i].ask;
		own_free char *bearer = with_token(row->authorization, token);
		own_free char *first = with_token(row->cookies[0], token);
		own_free char *second = with_token(row->cookies[1], token);
		const struct tokendoor_ask ask = {.method = row->method ? row->method : "GET",
			.authorization = bearer,
			.cookies = {first, second},
			.door = row->door,
			.no_verbs = row->no_verbs,
			.has_token = row->has_token};
		struct route_reply reply;

		reply = tokendoor_ask(*state, requests[i].target, &ask);
		if (!is_answered(i, &reply))
			fail_msg("%s: %u %s", requests[i].name, reply.status,
				reply.body ? reply.body : "");
		assert_int_equal(reply.status == 204, !reply.length);
		route_reply_done(&reply);
	}
}

static void a_cookie_in_chunks_is_joined(void **state)
{
	own_free char *token = tokendoor_token("");
	char lines[2][512];
	const struct tokendoor_ask ask = {.method = "GET", .cookies = {lines[1], lines[0]}};
	struct route_reply reply;

	(void)snprintf(lines[0], sizeof(lines[0]), "session.0=%.20s", token);
	(void)snprintf(lines[1], sizeof(lines[1]), "session.1=%s", token + 20);
	reply = tokendoor_ask(*state, SESSION, &ask);
	assert_int_equal(reply.status, 204);
	route_reply_done(&reply);
}

static struct route_reply ask_with(struct tokendoor *door, const char *payload)
{
	own_free char *token = forge_signed(TOKENDOOR_HS256, payload, TOKENDOOR_SECRET);
	own_free char *bearer = with_token("Bearer %s", token);

	return tokendoor_ask(
		door, SESSION, &(struct tokendoor_ask){.method = "GET", .authorization = bearer});
}

static void the_headers_say_whose_it_is(void **state)
{
	static const char *const expected[][2] = {{"X-Auth-Subject", "u 1"},
		{"X-Auth-Scope", "read write"}, {"X-Auth-Kid", "SESSION_SECRET"},
		{"X-Auth-Expires", "4102444800"}, {"X-Auth-Claim-role", "admin"},
		{"X-Auth-Claim-https---x-y", "7.50"}};
	struct route_reply reply = ask_with(*state,
		"{\"sub\":\"u 1\",\"exp\":4102444800.9,\"scope\":\"read write\",\"role\":\"admin\","
		"\"https://x/y\":7.50,\"email\":\"not forwarded\",\"user_id\":null}");

	assert_int_equal(reply.status, 204);
	assert_true(reply.is_private);
	assert_int_equal(reply.headers->count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(replied_header(&reply, expected[i][0]), expected[i][1]);
	route_reply_done(&reply);
}

static const struct {
	const char *name, *claim, *value;
} values[] = {
	{"what is visible", "!\\\"#$&'()*+,-./:;<=>?@[\\\\]^_`{|}~",
		"!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"},
	{"percent, so that decoding is always right", "100%", "100%25"},
	{"an umlaut", "J\xc3\xb6rg", "J%C3%B6rg"},
	{"an umlaut by its escape", "J\\u00f6rg", "J%C3%B6rg"},
	{"blanks inside and at the ends", " a b ", "%20a b%20"},
	{"a code point past 16 bits", "\\ud83d\\ude00", "%F0%9F%98%80"},
	{"a line separator", "a\\u2028b", "a%E2%80%A8b"},
};

static void values_are_percent_encoded(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		own_free char *payload = NULL;
		struct route_reply reply;

		if (asprintf(&payload, "{\"sub\":\"%s\"}", values[i].claim) < 0)
			abort();
		reply = ask_with(*state, payload);
		if (!text_equal(replied_header(&reply, "X-Auth-Subject"), values[i].value))
			fail_msg("%s: %u", values[i].name, reply.status);
		route_reply_done(&reply);
	}
}

static const struct {
	const char *name, *payload;
	unsigned status;
	const char *code;
} unfit[] = {
	{"a line end in the subject", "{\"sub\":\"a\\r\\nX-Auth-Kid: b\"}", 401, "claim_unsafe"},
	{"a NUL in the subject", "{\"sub\":\"a\\u0000b\"}", 401, "claim_unsafe"},
	{"DEL in the scope", "{\"scope\":\"a\\u007f\"}", 401, "claim_unsafe"},
	{"a line end in a forwarded claim", "{\"role\":\"a\\n\"}", 401, "claim_unsafe"},
	{"a list", "{\"role\":[\"a\"]}", 401, "claim_invalid"},
	{"two claims of one header", "{\"user_id\":\"a\",\"user-id\":\"b\"}", 403, "headers_unfit"},
};

static void what_headers_cannot_carry_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++) {
		struct route_reply reply = ask_with(*state, unfit[i].payload);

		if (reply.status != unfit[i].status || !strstr(reply.body, unfit[i].code))
			fail_msg("%s: %u %s", unfit[i].name, reply.status,
				reply.body ? reply.body : "");
		assert_null(replied_header(&reply, "X-Auth-Kid"));
		route_reply_done(&reply);
	}
}

static void the_whole_head_fits_into_four_kibibytes(void **state)
{
	const size_t rest = strlen("X-Auth-Subject: \r\nX-Auth-Kid: SESSION_SECRET\r\n");

	for (size_t more = 0; more < 2; more++) {
		char payload[8192] = "{\"sub\":\"";
		size_t used = strlen(payload), length = IDENTITY_HEADERS_MAX - rest + more;
		struct route_reply reply;

		memset(payload + used, 'a', length);
		memcpy(payload + used + length, "\"}", 3);
		reply = ask_with(*state, payload);
		assert_int_equal(reply.status, more ? 403 : 204);
		route_reply_done(&reply);
	}
}

// What a proxy may pass on to whoever asked it.
static void a_refusal_tells_nothing_of_the_profile(void **state)
{
	struct tokendoor *door = *state;
	own_free char *token = forge_signed("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
		"{\"iss\":\"x\",\"exp\":4102444800}", TOKENDOOR_SECRET);
	own_free char *bearer = with_token("Bearer %s", token);
	const struct tokendoor_ask ask = {.method = "GET", .authorization = bearer};
	struct route_reply reply = tokendoor_ask(door, "/v1/auth/strict", &ask);

	assert_int_equal(reply.status, 401);
	assert_null(strstr(reply.body, "detail"));
	assert_null(strstr(reply.body, "shop.example"));
	assert_null(strstr(reply.body, "kid"));
	route_reply_done(&reply);
	reply = tokendoor_ask(door, "/v1/auth/broken", &ask);
	assert_null(strstr(reply.body, "gone"));
	assert_null(strstr(reply.body, door->folder));
	route_reply_done(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define ITEM(text, function) \
	{ \
		.name = (text), .test_func = (function), .setup_func = set_up, \
		.teardown_func = tear_down \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ITEM("4.4 items 27 and 28: one token in one place, else a challenge",
			only_204_401_and_403_leave_here),
		TEST(a_cookie_in_chunks_is_joined),
		TEST(the_headers_say_whose_it_is),
		TEST(values_are_percent_encoded),
		TEST(what_headers_cannot_carry_is_refused),
		TEST(the_whole_head_fits_into_four_kibibytes),
		TEST(a_refusal_tells_nothing_of_the_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
