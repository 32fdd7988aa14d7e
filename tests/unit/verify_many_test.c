// Questions beside the one about a token: many of them, introspection by the RFC, and issue; and
// what is counted of all.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/verify.h"

#include "lib/base/text.h"
#include "tests/forge.h"
#include "tests/unit/tokenasking.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/tally.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- many

static void a_batch_answers_in_order(void **state)
{
	own_free char *token = tokendoor_token(",\"n\":1"), *other = tokendoor_token(",\"n\":2");
	own_free char *body = tokenasking_format(
		"{\"tokens\":[\"%s\",\"x\",\"\\u%04x%s\"],\"profile\":\"session\"}", token,
		(unsigned)other[0], other + 1);
	struct route_reply reply =
		tokendoor_ask(*state, "/v1/verify-batch", &(struct tokendoor_ask){.body = body});
	json_t *json = tokenasking_json_of(&reply), *results = json_object_get(json, "results");
	json_t *bad = json_array_get(results, 1);

	assert_int_equal(reply.status, 200);
	assert_int_equal(json_array_size(results), 3);
	for (size_t i = 0; i < 3; i += 2) {
		json_t *claims = json_object_get(json_array_get(results, i), "claims");

		assert_int_equal(json_integer_value(json_object_get(claims, "n")), 1 + i / 2);
	}
	assert_true(json_is_false(json_object_get(bad, "active")));
	assert_string_equal(tokenasking_text_at(bad, "code"), "malformed");
	assert_string_equal(tokenasking_text_at(bad, "stage"), "form");
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
		own_free char *body = tokenasking_with_token(forms[i].form, token);
		struct route_reply reply = tokendoor_ask(*state, "/v1/introspect?profile=session",
			&(struct tokendoor_ask){.body = body, .type = TOKENASKING_FORM});

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
	own_free char *body = tokenasking_format("token=%s", token);
	struct route_reply reply = tokendoor_ask(*state, "/v1/introspect?profile=session",
		&(struct tokendoor_ask){.body = body, .type = TOKENASKING_FORM});

	// a client_id that is no text, and claims that are not of the RFC, are left out
	assert_string_equal(reply.body,
		"{\"active\":true,\"token_type\":\"Bearer\",\"scope\":\"a b\","
		"\"username\":\"\\u0022\",\"exp\":4102444800,\"iat\":1,\"sub\":\"u1\","
		"\"aud\":[\"x\", \"y\"],\"samekey_kid\":\"SESSION_SECRET\"}");
	route_reply_done(&reply);
}

static void introspection_without_profile_keys_or_verb(void **state)
{
	static const struct tokendoor_ask form = {.body = "token=x", .type = TOKENASKING_FORM};
	static const struct tokendoor_ask json = {.body = "{}"};
	static const struct tokendoor_ask nobody = {
		.body = "token=x", .type = TOKENASKING_FORM, .no_verbs = true};
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
		own_free char *body = tokenasking_format(
			"{\"profile\":\"%s\",\"claims\":{\"sub\":\"u\",\"n\":1.50},"
			"\"lifetime\":60}",
			profiles[i]);
		struct route_reply reply =
			tokendoor_ask(*state, "/v1/issue", &(struct tokendoor_ask){.body = body});
		json_t *json = tokenasking_json_of(&reply);
		own_free char *target = tokenasking_format("/v1/verify?profile=%s", profiles[i]);
		own_free char *token = strdup(tokenasking_text_at(json, "access_token"));

		assert_int_equal(reply.status, 200);
		assert_true(reply.is_private);
		assert_string_equal(tokenasking_text_at(json, "token_type"), "Bearer");
		assert_int_equal(json_integer_value(json_object_get(json, "expires_in")), 60);
		assert_int_equal(strlen(tokenasking_text_at(json, "jti")), 32);
		json_decref(json);
		route_reply_done(&reply);
		reply = tokendoor_ask(*state, target,
			&(struct tokendoor_ask){.body = token, .type = TOKENASKING_JWT});
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
	const struct tokendoor_ask asks[] = {{.body = token, .type = TOKENASKING_JWT},
		{.body = token, .type = TOKENASKING_JWT}, {.body = bad, .type = TOKENASKING_JWT}};
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, tokenasking_set_up, tokenasking_tear_down)
#define ITEM(text, function) \
	{ \
		.name = (text), .test_func = (function), .setup_func = tokenasking_set_up, \
		.teardown_func = tokenasking_tear_down \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
