// Questions about a token: who gets which status and code, that claims come back as they were
// signed, and that neither token nor key is in the log.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/verify.h"

#include "lib/base/text.h"
#include "tests/forge.h"
#include "tests/unit/tokenasking.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/judge.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- one token

static void a_good_token_answers_its_claims_as_they_were_signed(void **state)
{
	// odd white space, a number with an exponent, an escape: a re-encoding would change each
	static const char signed_as[] = "{ \"sub\":\"\\u0075\\u00e4\" ,\"exp\":4102444800, "
					"\"n\":1.0e2,\"z\":{},\"a\":[ 1 ] }";
	struct tokendoor *door = *state;
	own_free char *token = forge_signed(TOKENDOOR_HS256, signed_as, TOKENDOOR_SECRET);
	own_free char *body =
		tokenasking_format("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	own_free char *expected =
		tokenasking_format("{\"active\":true,\"claims\":%s,\"kid\":", signed_as);
	struct route_reply reply =
		tokendoor_ask(door, "/v1/verify", &(struct tokendoor_ask){.body = body});
	json_t *json = tokenasking_json_of(&reply);

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.content_type, "application/json");
	assert_true(reply.is_private);
	assert_true(text_starts(reply.body, expected));
	assert_string_equal(tokenasking_text_at(json, "kid"), "SESSION_SECRET");
	assert_string_equal(tokenasking_text_at(json, "alg"), "HS256");
	assert_string_equal(tokenasking_text_at(json, "key_state"), "active");
	assert_string_equal(tokenasking_text_at(json, "profile"), "session");
	assert_true(json_integer_value(json_object_get(json, "expires_in")) > 1000000000);
	json_decref(json);
	route_reply_done(&reply);
}

static void a_token_of_the_key_before_tells_its_state(void **state)
{
	struct tokendoor *door = *state;
	own_free char *token = forge_signed(
		"{\"alg\":\"HS256\",\"kid\":\"old\"}", "{\"sub\":\"u\"}", TOKENDOOR_OLD_SECRET);
	own_free char *body =
		tokenasking_format("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	struct route_reply reply =
		tokendoor_ask(door, "/v1/verify", &(struct tokendoor_ask){.body = body});
	json_t *json = tokenasking_json_of(&reply);

	assert_string_equal(tokenasking_text_at(json, "kid"), "old");
	assert_string_equal(tokenasking_text_at(json, "key_state"), "retiring");
	assert_null(json_object_get(json, "expires_in")); // it has no exp
	json_decref(json);
	route_reply_done(&reply);
}

// Where a token may come from, and what is said of questions that are none. %s is a good token.
static const struct {
	const char *name, *target;
	struct tokendoor_ask ask;
	unsigned status;
	const char *holds;
} ways[] = {
	{"JSON with the profile in the query", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}"}, 200, "\"active\":true"},
	{"the profile of the body wins", "/v1/verify?profile=strict",
		{.body = "{\"token\":\"%s\",\"profile\":\"session\"}"}, 200, "session"},
	{"a type with parameters", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}", .type = "Application/JSON; charset=utf-8"}, 200, ""},
	{"the token itself", "/v1/verify?profile=session", {.body = "%s", .type = TOKENASKING_JWT},
		200, ""},
	{"the token from a file with a line end", "/v1/verify?profile=session",
		{.body = "%s\n", .type = TOKENASKING_JWT}, 401, "white space at the end"},
	{"the token itself, to be diagnosed", "/v1/diagnose?profile=session",
		{.body = "%s", .type = TOKENASKING_JWT}, 200, "\"verdict\":\"accept\""},
	{"the same with a line end", "/v1/diagnose?profile=session",
		{.body = "%s\n", .type = TOKENASKING_JWT}, 200, "without it the token is good"},
	{"no token, to be diagnosed", "/v1/diagnose", {.body = "", .type = TOKENASKING_JWT}, 400,
		"token_required"},
	{"another type, to be diagnosed", "/v1/diagnose", {.body = "%s", .type = "text/plain"}, 415,
		"application/json"},
	{"the token with a blank before it", "/v1/verify?profile=session",
		{.body = " %s", .type = TOKENASKING_JWT}, 401, "\"form\""},
	{"a bearer", "/v1/verify?profile=session", {.method = "GET", .authorization = "bearer  %s"},
		200, ""},
	{"an audience beside the profile's, which has none", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\",\"aud\":\"x\"}"}, 401, "claim_missing"},
	{"no profile, and there are several", "/v1/verify", {.body = "{\"token\":\"%s\"}"}, 400,
		"\"profile_required\",\"detail\":\"there are several profiles, say which: "
		"session, strict, pair, twin, broken\""},
	{"an unknown profile", "/v1/verify?profile=none", {.body = "{\"token\":\"%s\"}"}, 400,
		"profile_unknown\",\"detail\":\"there is no profile none; there are session, "},
	{"a profile without keys", "/v1/verify?profile=broken", {.body = "{\"token\":\"%s\"}"}, 503,
		"key_unusable"},
	{"no token in the body", "/v1/verify?profile=session", {.body = "{}"}, 400,
		"token_required"},
	{"no body", "/v1/verify?profile=session", {0}, 400, "token_required"},
	{"no bearer", "/v1/verify?profile=session", {.method = "GET"}, 400, "token_required"},
	{"another scheme", "/v1/verify?profile=session",
		{.method = "GET", .authorization = "Basic %s"}, 400, "token_required"},
	{"an empty bearer", "/v1/verify?profile=session",
		{.method = "GET", .authorization = "Bearer  "}, 400, "token_required"},
	{"no raw token", "/v1/verify?profile=session", {.type = TOKENASKING_JWT, .body = ""}, 400,
		"token_required"},
	{"an empty token", "/v1/verify?profile=session", {.body = "{\"token\":\"\"}"}, 401,
		"malformed"},
	{"a token that is a number", "/v1/verify?profile=session", {.body = "{\"token\":1}"}, 400,
		"body_invalid"},
	{"JSON that ends too early", "/v1/verify", {.body = "{\"token\":\"%s\""}, 400,
		"the body is not JSON at byte "},
	{"a name twice", "/v1/verify", {.body = "{\"token\":\"a\",\"t\\u006fken\":\"b\"}"}, 400,
		"the body has a name twice at byte "},
	{"bytes that are not UTF-8", "/v1/verify", {.body = "{\"token\":\"\xff\"}"}, 400,
		"the body is not UTF-8 at byte 10"},
	{"a list", "/v1/verify", {.body = "[]"}, 400, "the body is no JSON object"},
	{"a member that there is not", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\",\"audience\":\"x\"}"}, 400,
		"\\\"token\\\", \\\"profile\\\", \\\"aud\\\", \\\"cookie\\\""},
	{"an audience that is a list", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\",\"aud\":[\"x\"]}"}, 400, "body_invalid"},
	{"an empty audience", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\",\"aud\":\"\"}"}, 400, "body_invalid"},
	{"a profile that is a number", "/v1/verify", {.body = "{\"token\":\"%s\",\"profile\":1}"},
		400, "body_invalid"},
	{"a NUL in the profile", "/v1/verify",
		{.body = "{\"token\":\"%s\",\"profile\":\"session\\u0000\"}"}, 400, "body_invalid"},
	{"another type", "/v1/verify", {.body = "token=%s", .type = TOKENASKING_FORM}, 415,
		"send the body as Content-Type: application/json"},
	{"a type that begins alike", "/v1/verify",
		{.body = "{\"token\":\"%s\"}", .type = "application/jsonp"}, 415, ""},
	{"an ASK has no type", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}", .type = "", .by_ask = true}, 200, ""},
	{"somebody who may not", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}", .no_verbs = true}, 403, "not_admitted"},
	{"TCP without our token", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}", .door = ROUTE_TCP}, 403, "X-Samekey-Token"},
	{"TCP with our token, not opened", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}",
			.door = ROUTE_TCP,
			.has_token = true,
			.no_verbs = true},
		403, "not_over_tcp"},
	{"TCP with our token, opened", "/v1/verify?profile=session",
		{.body = "{\"token\":\"%s\"}", .door = ROUTE_TCP, .has_token = true}, 200, ""},
};

static void tokens_come_in_several_ways(void **state)
{
	own_free char *token = tokendoor_token("");

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		own_free char *body = tokenasking_with_token(ways[i].ask.body, token);
		own_free char *bearer = tokenasking_with_token(ways[i].ask.authorization, token);
		struct tokendoor_ask ask = ways[i].ask;
		struct route_reply reply;

		ask.body = body;
		ask.authorization = bearer;
		reply = tokendoor_ask(*state, ways[i].target, &ask);
		if (reply.status != ways[i].status || !strstr(reply.body, ways[i].holds) ||
			(strstr(reply.body, token)))
			fail_msg("%s: %u %s", ways[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
}

static void too_many_diagnoses_say_when_to_ask_again(void **state)
{
	const struct tokendoor_ask ask = {.body = "a.b.c", .type = TOKENASKING_JWT};
	struct route_reply reply;

	for (int i = 0; i <= DIAGNOSIS_AT_ONCE + 1; i++) { // one more may come while this runs
		reply = tokendoor_ask(*state, "/v1/diagnose", &ask);
		if (reply.status == 429)
			break;
		route_reply_done(&reply);
	}
	assert_int_equal(reply.status, 429);
	assert_non_null(strstr(reply.body, "ask again in 1 s: "));
	assert_string_equal(replied_header(&reply, "Retry-After"), "1");
	route_reply_done(&reply);
}

static void a_token_may_be_written_with_escapes(void **state)
{
	own_free char *token = tokendoor_token("");
	own_free char *body = tokenasking_format(
		"{\"token\":\"\\u%04x%s\",\"profile\":\"session\"}", (unsigned)token[0], token + 1);
	struct route_reply reply =
		tokendoor_ask(*state, "/v1/verify", &(struct tokendoor_ask){.body = body});

	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
}

static void a_token_that_was_only_read_is_forgotten(void **state)
{
	struct tokendoor *door = *state;
	static const char *const targets[] = {"/v1/verify", "/v1/diagnose"};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct route_reply reply = tokendoor_ask(door, targets[i],
			&(struct tokendoor_ask){
				.body = "{\"token\":\"\\u0041bc\",\"profile\":\"none\"}"});
		const char *text = judge_text(door->answers.judge);

		assert_int_equal(reply.status, 400);
		assert_true(text[0] == '\0' && text[1] == '\0' && text[2] == '\0');
		judge_forget(door->answers.judge);
		route_reply_done(&reply);
	}
}

static void the_only_profile_need_not_be_named(void **state)
{
	own_free char *token = tokendoor_token("");
	struct route_reply reply;

	tokendoor_only_session(*state);
	reply = tokendoor_ask(*state, "/v1/verify",
		&(struct tokendoor_ask){.body = token, .type = TOKENASKING_JWT});
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
}

// ---- every code

#define AT_JWT "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"
#define GOOD "\"iss\":\"https://shop.example\",\"aud\":\"api\",\"sub\":\"u\",\"exp\":4102444800"
#define DEEP "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
#define UNDEEP "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

// Tokens of the secret of `session` and `strict`; without a payload the header is all of it.
static const struct {
	const char *code, *stage, *profile, *header, *payload;
} refused[] = {
	{"malformed", "form", "strict", "a.b", NULL},
	{"encoding_invalid", "form", "strict", "eyJhbGciOiJIUzI1NiJ9.e30.a", NULL},
	{"too_deep", "claims", "strict", AT_JWT, "{" GOOD ",\"d\":" DEEP UNDEEP "}"},
	{"json_invalid", "header", "strict", "{alg:1}", "{" GOOD "}"},
	{"json_duplicate", "header", "strict", "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
		"{" GOOD "}"},
	{"utf8_invalid", "header", "strict", "{\"alg\":\"\xff\"}", "{" GOOD "}"},
	{"header_invalid", "header", "strict", "{\"alg\":1}", "{" GOOD "}"},
	{"alg_not_allowed", "header", "strict", "{\"alg\":\"none\",\"typ\":\"at+jwt\"}",
		"{" GOOD "}"},
	{"alg_key_mismatch", "key", "twin", "{\"alg\":\"HS256\",\"kid\":\"now\"}", "{" GOOD "}"},
	{"key_unknown", "key", "pair", "{\"alg\":\"ES256\",\"kid\":\"nobody\"}", "{" GOOD "}"},
	{"crit_unsupported", "header", "strict",
		"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", "{" GOOD "}"},
	{"nested_unsupported", "header", "strict",
		"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"cty\":\"JWT\"}", "{" GOOD "}"},
	{"typ_mismatch", "header", "strict", TOKENDOOR_HS256, "{" GOOD "}"},
	{"signature_invalid", "signature", "strict",
		"eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30."
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		NULL},
	{"expired", "claims", "strict", AT_JWT,
		"{\"iss\":\"https://shop.example\",\"aud\":\"api\",\"sub\":\"u\",\"exp\":1}"},
	{"not_yet_valid", "claims", "strict", AT_JWT, "{" GOOD ",\"nbf\":4102444700}"},
	{"issued_in_future", "claims", "strict", AT_JWT, "{" GOOD ",\"iat\":4102444700}"},
	{"iss_mismatch", "claims", "strict", AT_JWT,
		"{\"iss\":\"https://shop.example/"
		"\",\"aud\":\"api\",\"sub\":\"u\",\"exp\":4102444800}"},
	{"aud_mismatch", "claims", "strict", AT_JWT,
		"{\"iss\":\"https://"
		"shop.example\",\"aud\":\"apis\",\"sub\":\"u\",\"exp\":4102444800}"},
	{"claim_missing", "claims", "strict", AT_JWT,
		"{\"iss\":\"https://shop.example\",\"aud\":\"api\",\"exp\":4102444800}"},
	{"claim_invalid", "claims", "strict", AT_JWT,
		"{\"iss\":\"https://"
		"shop.example\",\"aud\":\"api\",\"sub\":\"u\",\"exp\":\"soon\"}"},
	{"claim_unsafe", "claims", "session", TOKENDOOR_HS256,
		"{\"role\":\"a\\r\\nX-Auth-Kid: b\"}"},
};

static char *refused_token(size_t i)
{
	return refused[i].payload
		       ? forge_signed(refused[i].header, refused[i].payload, TOKENDOOR_SECRET)
		       : strdup(refused[i].header);
}

static void every_code_is_told_with_its_stage_and_a_challenge(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		own_free char *token = refused_token(i);
		own_free char *target =
			tokenasking_format("/v1/verify?profile=%s", refused[i].profile);
		own_free char *type = tokenasking_format("urn:samekey:error:%s", refused[i].code);
		own_free char *challenge =
			tokenasking_format("Bearer realm=\"samekeyd\", error=\"invalid_token\", "
					   "error_description=\"%s\"",
				refused[i].code);
		struct route_reply reply;
		json_t *json;

		reply = tokendoor_ask(*state, target,
			&(struct tokendoor_ask){.body = token, .type = TOKENASKING_JWT});
		json = tokenasking_json_of(&reply);
		if (reply.status != 401 ||
			!text_equal(tokenasking_text_at(json, "code"), refused[i].code) ||
			!text_equal(tokenasking_text_at(json, "type"), type) ||
			!text_equal(tokenasking_text_at(json, "stage"), refused[i].stage) ||
			!*tokenasking_text_at(json, "detail") ||
			!*tokenasking_text_at(json, "title") ||
			json_integer_value(json_object_get(json, "status")) != 401 ||
			!text_equal(replied_header(&reply, "WWW-Authenticate"), challenge) ||
			!text_equal(reply.content_type, "application/problem+json"))
			fail_msg("%s: %u %s", refused[i].code, reply.status, reply.body);
		json_decref(json);
		route_reply_done(&reply);
	}
}

static void a_token_over_the_limit_is_too_large(void **state)
{
	own_free char *token = malloc(TOKEN_MAX + 2);
	struct route_reply reply;

	if (!token)
		abort();
	memset(token, 'a', TOKEN_MAX + 1);
	token[TOKEN_MAX + 1] = '\0';
	reply = tokendoor_ask(*state, "/v1/verify?profile=session",
		&(struct tokendoor_ask){.body = token, .type = TOKENASKING_JWT});
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(reply.body, "\"too_large\""));
	route_reply_done(&reply);
}

static void a_kid_that_nobody_vouches_for_stays_json(void **state)
{
	own_free char *token = forge_signed(
		"{\"alg\":\"HS256\",\"kid\":\"\\u0022,\\n\\u0000\xc3\xa4\"}", "{}", "other-secret");
	struct route_reply reply = tokendoor_ask(*state, "/v1/verify?profile=session",
		&(struct tokendoor_ask){.body = token, .type = TOKENASKING_JWT});
	json_t *json = json_loadb(reply.body, reply.length, JSON_ALLOW_NUL, NULL);
	const struct tokendoor *door = *state;
	own_free char *log = replied_log(&door->log);

	assert_non_null(json);
	assert_int_equal(json_string_length(json_object_get(json, "kid")), 6);
	assert_non_null(strstr(log, "event=token_refused profile=session code=signature_invalid"));
	assert_null(strchr(strstr(log, "token_refused"), '\r'));
	json_decref(json);
	route_reply_done(&reply);
}

// ---- what is counted and noted

#define TEST(name) cmocka_unit_test_setup_teardown(name, tokenasking_set_up, tokenasking_tear_down)
#define ITEM(text, function) \
	{ \
		.name = (text), .test_func = (function), .setup_func = tokenasking_set_up, \
		.teardown_func = tokenasking_tear_down \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_token_answers_its_claims_as_they_were_signed),
		TEST(a_token_of_the_key_before_tells_its_state),
		TEST(tokens_come_in_several_ways),
		TEST(too_many_diagnoses_say_when_to_ask_again),
		TEST(a_token_may_be_written_with_escapes),
		TEST(a_token_that_was_only_read_is_forgotten),
		TEST(the_only_profile_need_not_be_named),
		ITEM("4.4 item 27: each code with its stage, and a challenge",
			every_code_is_told_with_its_stage_and_a_challenge),
		TEST(a_token_over_the_limit_is_too_large),
		TEST(a_kid_that_nobody_vouches_for_stays_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
