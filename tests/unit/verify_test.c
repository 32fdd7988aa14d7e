// Questions about tokens: one, many, introspection and issue: who gets which status and code, that
// claims come back as they were signed, and that neither token nor key is in the log.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/verify.h"

#include "lib/base/text.h"
#include "tests/forge.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/metrics.h"
#include "verifier/door/api/tally.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define JWT "application/jwt"
#define FORM "application/x-www-form-urlencoded"

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

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *text, ...)
{
	va_list list;
	char *out;

	va_start(list, text);
	if (vasprintf(&out, text, list) < 0)
		abort();
	va_end(list);
	return out;
}

static json_t *json_of(const struct route_reply *reply)
{
	json_t *json = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	return json;
}

static const char *text_at(json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

// ---- one token

static void a_good_token_answers_its_claims_as_they_were_signed(void **state)
{
	// odd white space, a number with an exponent, an escape: a re-encoding would change each
	static const char signed_as[] = "{ \"sub\":\"\\u0075\\u00e4\" ,\"exp\":4102444800, "
					"\"n\":1.0e2,\"z\":{},\"a\":[ 1 ] }";
	struct tokendoor *door = *state;
	own_free char *token = forge_signed(TOKENDOOR_HS256, signed_as, TOKENDOOR_SECRET);
	own_free char *body = format("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	own_free char *expected = format("{\"active\":true,\"claims\":%s,\"kid\":", signed_as);
	struct route_reply reply =
		tokendoor_ask(door, "/v1/verify", &(struct tokendoor_ask){.body = body});
	json_t *json = json_of(&reply);

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.content_type, "application/json");
	assert_true(reply.is_private);
	assert_true(text_starts(reply.body, expected));
	assert_string_equal(text_at(json, "kid"), "SESSION_SECRET");
	assert_string_equal(text_at(json, "alg"), "HS256");
	assert_string_equal(text_at(json, "key_state"), "active");
	assert_string_equal(text_at(json, "profile"), "session");
	assert_true(json_integer_value(json_object_get(json, "expires_in")) > 1000000000);
	json_decref(json);
	route_reply_done(&reply);
}

static void a_token_of_the_key_before_tells_its_state(void **state)
{
	struct tokendoor *door = *state;
	own_free char *token = forge_signed(
		"{\"alg\":\"HS256\",\"kid\":\"old\"}", "{\"sub\":\"u\"}", TOKENDOOR_OLD_SECRET);
	own_free char *body = format("{\"token\":\"%s\",\"profile\":\"session\"}", token);
	struct route_reply reply =
		tokendoor_ask(door, "/v1/verify", &(struct tokendoor_ask){.body = body});
	json_t *json = json_of(&reply);

	assert_string_equal(text_at(json, "kid"), "old");
	assert_string_equal(text_at(json, "key_state"), "retiring");
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
	{"the token itself", "/v1/verify?profile=session", {.body = "%s", .type = JWT}, 200, ""},
	{"the token from a file with a line end", "/v1/verify?profile=session",
		{.body = "%s\n", .type = JWT}, 401, "white space at the end"},
	{"the token itself, to be diagnosed", "/v1/diagnose?profile=session",
		{.body = "%s", .type = JWT}, 200, "\"verdict\":\"accept\""},
	{"the same with a line end", "/v1/diagnose?profile=session", {.body = "%s\n", .type = JWT},
		200, "without it the token is good"},
	{"no token, to be diagnosed", "/v1/diagnose", {.body = "", .type = JWT}, 400,
		"token_required"},
	{"another type, to be diagnosed", "/v1/diagnose", {.body = "%s", .type = "text/plain"}, 415,
		"application/json"},
	{"the token with a blank before it", "/v1/verify?profile=session",
		{.body = " %s", .type = JWT}, 401, "\"form\""},
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
	{"no raw token", "/v1/verify?profile=session", {.type = JWT, .body = ""}, 400,
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
	{"another type", "/v1/verify", {.body = "token=%s", .type = FORM}, 415,
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

// Puts the token where a text has %s; the caller frees it.
static char *with_token(const char *text, const char *token)
{
	const char *at = text ? strstr(text, "%s") : NULL;

	if (!at)
		return text ? strdup(text) : NULL;
	return format("%.*s%s%s", (int)(at - text), text, token, at + 2);
}

static void tokens_come_in_several_ways(void **state)
{
	own_free char *token = tokendoor_token("");

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		own_free char *body = with_token(ways[i].ask.body, token);
		own_free char *bearer = with_token(ways[i].ask.authorization, token);
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
	const struct tokendoor_ask ask = {.body = "a.b.c", .type = JWT};
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
	own_free char *body = format(
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
	reply = tokendoor_ask(
		*state, "/v1/verify", &(struct tokendoor_ask){.body = token, .type = JWT});
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
		own_free char *target = format("/v1/verify?profile=%s", refused[i].profile);
		own_free char *type = format("urn:samekey:error:%s", refused[i].code);
		own_free char *challenge =
			format("Bearer error=\"invalid_token\", error_description=\"%s\"",
				refused[i].code);
		struct route_reply reply;
		json_t *json;

		reply = tokendoor_ask(
			*state, target, &(struct tokendoor_ask){.body = token, .type = JWT});
		json = json_of(&reply);
		if (reply.status != 401 || !text_equal(text_at(json, "code"), refused[i].code) ||
			!text_equal(text_at(json, "type"), type) ||
			!text_equal(text_at(json, "stage"), refused[i].stage) ||
			!*text_at(json, "detail") || !*text_at(json, "title") ||
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
		&(struct tokendoor_ask){.body = token, .type = JWT});
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(reply.body, "\"too_large\""));
	route_reply_done(&reply);
}

static void a_kid_that_nobody_vouches_for_stays_json(void **state)
{
	own_free char *token = forge_signed(
		"{\"alg\":\"HS256\",\"kid\":\"\\u0022,\\n\\u0000\xc3\xa4\"}", "{}", "other-secret");
	struct route_reply reply = tokendoor_ask(*state, "/v1/verify?profile=session",
		&(struct tokendoor_ask){.body = token, .type = JWT});
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

// ---- many

static void a_batch_answers_in_order(void **state)
{
	own_free char *token = tokendoor_token(",\"n\":1"), *other = tokendoor_token(",\"n\":2");
	own_free char *body =
		format("{\"tokens\":[\"%s\",\"x\",\"\\u%04x%s\"],\"profile\":\"session\"}", token,
			(unsigned)other[0], other + 1);
	struct route_reply reply =
		tokendoor_ask(*state, "/v1/verify-batch", &(struct tokendoor_ask){.body = body});
	json_t *json = json_of(&reply), *results = json_object_get(json, "results");
	json_t *bad = json_array_get(results, 1);

	assert_int_equal(reply.status, 200);
	assert_int_equal(json_array_size(results), 3);
	for (size_t i = 0; i < 3; i += 2) {
		json_t *claims = json_object_get(json_array_get(results, i), "claims");

		assert_int_equal(json_integer_value(json_object_get(claims, "n")), 1 + i / 2);
	}
	assert_true(json_is_false(json_object_get(bad, "active")));
	assert_string_equal(text_at(bad, "code"), "malformed");
	assert_string_equal(text_at(bad, "stage"), "form");
	json_decref(json);
	route_reply_done(&reply);
}

static const struct {
	const char *name, *body;
	unsigned status;
	const char *holds;
} batches[] = {
	{"none", "{\"tokens\":[],\"profile\":\"session\"}", 200, "{\"results\":[]}"},
	{"no list", "{\"profile\":\"session\"}", 400, "token_required"},
	{"a text", "{\"tokens\":\"x\",\"profile\":\"session\"}", 400, "body_invalid"},
	{"a number in it", "{\"tokens\":[\"x\",1],\"profile\":\"session\"}", 400, "body_invalid"},
	{"no profile", "{\"tokens\":[\"x\"]}", 400, "profile_required"},
	{"no keys", "{\"tokens\":[\"x\"],\"profile\":\"broken\"}", 503, "key_unusable"},
	{"a cookie, which many cannot have come in",
		"{\"tokens\":[\"x\"],\"profile\":\"session\",\"cookie\":\"a\"}", 400,
		"body_invalid"},
};

static void odd_batches(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(batches); i++) {
		struct route_reply reply = tokendoor_ask(*state, "/v1/verify-batch",
			&(struct tokendoor_ask){.body = batches[i].body});

		if (reply.status != batches[i].status || !strstr(reply.body, batches[i].holds))
			fail_msg("%s: %u %s", batches[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
}

static void a_batch_has_at_most_64_tokens(void **state)
{
	for (size_t count = VERIFY_BATCH_MAX; count <= VERIFY_BATCH_MAX + 1; count++) {
		char body[1024] = "{\"profile\":\"session\",\"tokens\":[\"x\"";
		size_t used = strlen(body);
		struct route_reply reply;

		for (size_t i = 1; i < count; i++)
			used += (size_t)snprintf(body + used, sizeof(body) - used, ",\"x\"");
		(void)snprintf(body + used, sizeof(body) - used, "]}");
		reply = tokendoor_ask(
			*state, "/v1/verify-batch", &(struct tokendoor_ask){.body = body});
		assert_int_equal(reply.status, count <= VERIFY_BATCH_MAX ? 200 : 400);
		route_reply_done(&reply);
	}
}

// ---- introspection

static const struct {
	const char *name, *form;
	unsigned status;
	const char *body; // the whole of it, or NULL: a problem that holds `holds`
	const char *holds;
} forms[] = {
	{"a token", "token=%s", 200, NULL, "{\"active\":true,\"token_type\":\"Bearer\","},
	{"a hint changes nothing", "token_type_hint=refresh_token&token=%s", 200, NULL,
		"\"active\":true"},
	{"a name with an escape", "t%6fken=%s", 200, NULL, "\"active\":true"},
	{"what else there is", "a&b=&=c&token=%s&", 200, NULL, "\"active\":true"},
	{"a bad token", "token=x", 200, "{\"active\":false}", ""},
	{"an empty token", "token=", 200, "{\"active\":false}", ""},
	{"two tokens", "token=%s&token=x", 400, NULL, "form_invalid"},
	{"no token", "tokens=x", 400, NULL, "token_required"},
	{"nothing", "", 400, NULL, "token_required"},
	{"a broken escape", "token=a%2", 400, NULL, "form_invalid"},
	{"a broken escape in a name", "t%zzken=a", 400, NULL, "form_invalid"},
};

static void introspection_is_of_one_token(void **state)
{
	own_free char *token = tokendoor_token("");

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		own_free char *body = with_token(forms[i].form, token);
		struct route_reply reply = tokendoor_ask(*state, "/v1/introspect?profile=session",
			&(struct tokendoor_ask){.body = body, .type = FORM});

		if (reply.status != forms[i].status ||
			(forms[i].body ? !text_equal(reply.body, forms[i].body)
				       : !strstr(reply.body, forms[i].holds)))
			fail_msg("%s: %u %s", forms[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
}

static void introspection_passes_on_what_the_rfc_names(void **state)
{
	own_free char *token = tokendoor_token(
		",\"scope\":\"a b\",\"client_id\":7,\"username\":\"\\u0022\",\"aud\":[\"x\", "
		"\"y\"],"
		"\"iat\":1,\"nonce\":7,\"email\":\"e\"");
	own_free char *body = format("token=%s", token);
	struct route_reply reply = tokendoor_ask(*state, "/v1/introspect?profile=session",
		&(struct tokendoor_ask){.body = body, .type = FORM});

	// a client_id that is no text, and claims that are not of the RFC, are left out
	assert_string_equal(reply.body,
		"{\"active\":true,\"token_type\":\"Bearer\",\"scope\":\"a b\","
		"\"username\":\"\\u0022\",\"exp\":4102444800,\"iat\":1,\"sub\":\"u1\","
		"\"aud\":[\"x\", \"y\"],\"samekey_kid\":\"SESSION_SECRET\"}");
	route_reply_done(&reply);
}

static void introspection_without_profile_keys_or_verb(void **state)
{
	static const struct tokendoor_ask form = {.body = "token=x", .type = FORM};
	static const struct tokendoor_ask json = {.body = "{}"};
	static const struct tokendoor_ask nobody = {
		.body = "token=x", .type = FORM, .no_verbs = true};
	static const struct {
		const char *target;
		const struct tokendoor_ask *ask;
		unsigned status;
	} cases[] = {{"/v1/introspect", &form, 400}, {"/v1/introspect?profile=none", &form, 400},
		{"/v1/introspect?profile=broken", &form, 503},
		{"/v1/introspect?profile=session", &json, 415},
		{"/v1/introspect?profile=session", &nobody, 403}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct route_reply reply = tokendoor_ask(*state, cases[i].target, cases[i].ask);

		assert_int_equal(reply.status, cases[i].status);
		route_reply_done(&reply);
	}
}

// ---- issue

static void what_is_issued_verifies(void **state)
{
	static const char *const profiles[] = {"session", "pair"};

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		own_free char *body =
			format("{\"profile\":\"%s\",\"claims\":{\"sub\":\"u\",\"n\":1.50},"
			       "\"lifetime\":60}",
				profiles[i]);
		struct route_reply reply =
			tokendoor_ask(*state, "/v1/issue", &(struct tokendoor_ask){.body = body});
		json_t *json = json_of(&reply);
		own_free char *target = format("/v1/verify?profile=%s", profiles[i]);
		own_free char *token = strdup(text_at(json, "access_token"));

		assert_int_equal(reply.status, 200);
		assert_true(reply.is_private);
		assert_string_equal(text_at(json, "token_type"), "Bearer");
		assert_int_equal(json_integer_value(json_object_get(json, "expires_in")), 60);
		assert_int_equal(strlen(text_at(json, "jti")), 32);
		json_decref(json);
		route_reply_done(&reply);
		reply = tokendoor_ask(
			*state, target, &(struct tokendoor_ask){.body = token, .type = JWT});
		assert_int_equal(reply.status, 200);
		assert_non_null(strstr(reply.body, "\"sub\":\"u\",\"n\":1.50"));
		route_reply_done(&reply);
	}
}

static const struct {
	const char *name, *body;
	unsigned status;
	const char *code;
} wishes[] = {
	{"nothing but a profile", "{\"profile\":\"session\"}", 200, "access_token"},
	{"a claim that is ours", "{\"profile\":\"session\",\"claims\":{\"exp\":1}}", 400,
		"claim_invalid"},
	{"claims that are a list", "{\"profile\":\"session\",\"claims\":[]}", 400, "body_invalid"},
	{"a life that is too long", "{\"profile\":\"session\",\"lifetime\":86400}", 400,
		"lifetime_invalid"},
	{"no life", "{\"profile\":\"session\",\"lifetime\":0}", 400, "lifetime_invalid"},
	{"half a second", "{\"profile\":\"session\",\"lifetime\":1.5}", 400, "lifetime_invalid"},
	{"a life past all numbers", "{\"profile\":\"session\",\"lifetime\":1e400}", 400,
		"lifetime_invalid"},
	{"a text", "{\"profile\":\"session\",\"lifetime\":\"60\"}", 400, "lifetime_invalid"},
	{"no profile", "{}", 400, "profile_required"},
	{"no body", NULL, 400, "profile_required"},
	{"no keys", "{\"profile\":\"broken\"}", 503, "key_unusable"},
	{"a member that there is not", "{\"profile\":\"session\",\"exp\":1}", 400, "body_invalid"},
};

static void odd_wishes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct route_reply reply = tokendoor_ask(
			*state, "/v1/issue", &(struct tokendoor_ask){.body = wishes[i].body});

		if (reply.status != wishes[i].status || !strstr(reply.body, wishes[i].code))
			fail_msg("%s: %u %s", wishes[i].name, reply.status, reply.body);
		route_reply_done(&reply);
	}
}

// ---- what is counted and noted

static void tokens_are_counted_and_never_noted(void **state)
{
	struct tokendoor *door = *state;
	own_free char *token = tokendoor_token(",\"secret\":\"canary-claim\"");
	own_free char *bad =
		forge_signed(TOKENDOOR_HS256, "{\"a\":\"canary-claim\"}", "canary-other");
	const struct tokendoor_ask asks[] = {{.body = token, .type = JWT},
		{.body = token, .type = JWT}, {.body = bad, .type = JWT}};
	static const struct tokendoor_ask metrics = {.method = "GET"};
	static const struct tokendoor_ask stranger = {.method = "GET", .door = ROUTE_TCP};
	own_free char *log = NULL;
	struct route_reply reply;

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		reply = tokendoor_ask(door, "/v1/verify?profile=session", &asks[i]);
		route_reply_done(&reply);
	}
	reply = tokendoor_ask(door, "/metrics", &metrics);
	assert_non_null(strstr(reply.body, "samekey_verify_requests_total{result=\"accepted\","
					   "code=\"ok\",profile=\"session\"} 2\n"));
	assert_non_null(strstr(reply.body, "{result=\"refused\",code=\"signature_invalid\","
					   "profile=\"session\"} 1\n"));
	assert_non_null(strstr(reply.body, "samekey_tokens_by_key_total{kid=\"SESSION_SECRET\","
					   "state=\"active\",profile=\"session\"} 2\n"));
	assert_non_null(
		strstr(reply.body, "samekey_verify_duration_seconds_bucket{le=\"0.01\"} 3\n"));
	assert_non_null(strstr(reply.body, "samekey_verify_duration_seconds_count 3\n"));
	assert_null(strstr(reply.body, "canary"));
	route_reply_done(&reply);
	reply = tokendoor_ask(door, "/metrics", &stranger);
	assert_null(strstr(reply.body, "SESSION_SECRET"));
	route_reply_done(&reply);
	log = replied_log(&door->log);
	assert_non_null(strstr(log, "event=token_refused profile=session code=signature_invalid "
				    "stage=signature alg=HS256 token_sha256="));
	assert_null(strstr(log, "canary"));
	assert_null(strstr(log, strrchr(token, '.')));
	assert_null(strstr(log, strrchr(bad, '.')));
}

static void labels_are_bounded(void **state)
{
	static struct tally tally;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "p%u", i);
		tally_token(&tally, name, TOKEN_OK, NULL, KEY_ACTIVE, 0);
		tally_token(&tally, "p0", TOKEN_OK, name, KEY_ACTIVE, UINT64_MAX);
		tally_issued(&tally, name);
	}
	assert_int_equal(tally.count, TALLY_PROFILES_MAX);
	assert_int_equal(tally.profiles[0]->key_count, TALLY_KEYS_MAX);
	assert_int_equal(tally.profiles[0]->codes[TOKEN_OK], 1001);
	assert_int_equal(tally.times[0], 1000);
	assert_int_equal(tally.times[TALLY_TIMES], 1000);
	tally_done(&tally);
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
		TEST(a_batch_answers_in_order),
		TEST(odd_batches),
		TEST(a_batch_has_at_most_64_tokens),
		ITEM("4.4 item 29: whatever is not good is inactive, and nothing else",
			introspection_is_of_one_token),
		TEST(introspection_passes_on_what_the_rfc_names),
		ITEM("4.4 item 29: introspection is for who is admitted to it",
			introspection_without_profile_keys_or_verb),
		TEST(what_is_issued_verifies),
		TEST(odd_wishes),
		ITEM("4.4 item 34: tokens are counted, and never in the log",
			tokens_are_counted_and_never_noted),
		TEST(labels_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
