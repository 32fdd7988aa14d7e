// Goal: the two questions of attestation as a client asks them: what is refused and why, what time
// does to a nonce and to guesses, and what readiness, drift and metrics say then.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attest.h"

#include "lib/base/text.h"
#include "tests/unit/attesting.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/guesses.h"
#include "verifier/door/api/nonces.h"
#include "verifier/trust/form/base64url.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DIGITS 43

static int set_up(void **state)
{
	static struct attesting shop;

	attesting_open(&shop);
	*state = &shop;
	return 0;
}

static int tear_down(void **state)
{
	attesting_close(*state);
	return 0;
}

static unsigned ask(struct attesting *shop, const char *method, const char *target,
	const char *body, json_t **ret_json)
{
	struct route_request request = {
		.caller = {ROUTE_API, ADMIT_ALL, false, false, WEB_UID, getpid()},
		.method = method,
		.target = target,
		.type = "application/json",
		.body = body,
		.length = strlen(body)};
	struct route_reply reply;
	unsigned status;

	route_answer(&shop->answers, &request, &reply);
	status = reply.status;
	if (memmem(reply.body, reply.length, "canary-", 7))
		fail_msg("%s tells a value: %.*s", target, (int)reply.length, reply.body);
	*ret_json = json_loadb(reply.body, reply.length, JSON_REJECT_DUPLICATES, NULL);
	route_reply_done(&reply);
	return status;
}

static unsigned post(struct attesting *shop, const char *body, json_t **ret_json)
{
	return ask(shop, "POST", "/v1/attest", body, ret_json);
}

static void get_nonce(struct attesting *shop, char out[DIGITS + 1])
{
	json_t *json;

	assert_int_equal(post(shop, "{\"key\":\"NEXTAUTH_SECRET\"}", &json), 200);
	assert_string_equal(json_string_value(json_object_get(json, "app")), "web");
	(void)snprintf(out, DIGITS + 1, "%s",
		json_string_value(
			json_object_get(json_object_get(json, "nonces"), "NEXTAUTH_SECRET")));
	json_decref(json);
}

static unsigned prove(
	struct attesting *shop, const char *digits, const char *value, json_t **ret_json)
{
	uint8_t nonce[ATTEST_NONCE_SIZE], mac[ATTEST_PROOF_SIZE];
	char proof[DIGITS + 1] = "", body[512];

	assert_true(base64url_decode(digits, DIGITS, nonce));
	attesting_prove(nonce, "web", "NEXTAUTH_SECRET", value, mac);
	base64url_encode(mac, sizeof(mac), proof);
	(void)snprintf(body, sizeof(body),
		"{\"proof\":\"%s\",\"nonce\":\"%s\",\"key\":\"NEXTAUTH_SECRET\",\"app\":\"web\"}",
		proof, digits);
	return post(shop, body, ret_json);
}

static const char *text_at(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static const json_t *of_secret(const json_t *json)
{
	return json_object_get(json_object_get(json, "keys"), "NEXTAUTH_SECRET");
}

static void attest_once(struct attesting *shop, const char *value, const char *state)
{
	char nonce[DIGITS + 1];
	json_t *json;

	get_nonce(shop, nonce);
	assert_int_equal(prove(shop, nonce, value, &json), 200);
	assert_string_equal(text_at(of_secret(json), "state"), state);
	json_decref(json);
}

static void a_nonce_of_long_ago(void **state)
{
	char nonce[DIGITS + 1];
	json_t *json;

	get_nonce(*state, nonce);
	attesting_now_ms += NONCES_LIFE_MS;
	assert_int_equal(prove(*state, nonce, SECRET, &json), 409);
	assert_string_equal(text_at(json, "code"), "nonce_expired");
	assert_non_null(strstr(text_at(json, "detail"),
		"nonce too old: the route that asks may have been prerendered"));
	json_decref(json);
}

static void guesses_are_limited_for_a_minute(void **state)
{
	char nonce[DIGITS + 1];
	json_t *json;

	for (size_t i = 0; i < GUESSES_WRONG_MAX; i++)
		attest_once(*state, "a-guess-0123456789", "unknown");
	get_nonce(*state, nonce);
	assert_int_equal(prove(*state, nonce, SECRET, &json), 429);
	assert_string_equal(text_at(json, "code"), "attests_too_often");
	json_decref(json);
	attesting_now_ms += NONCES_LIFE_MS - 1; // the nonce was not used up
	assert_int_equal(prove(*state, nonce, SECRET, &json), 429);
	json_decref(json);
	attesting_now_ms++;
	attest_once(*state, SECRET, "same");
}

static const struct {
	const char *name, *body;
	unsigned status;
	const char *code;
} refusals[] = {
	{"no object", "[]", 400, "body_invalid"},
	{"no key", "{\"app\":\"web\"}", 400, "body_invalid"},
	{"another member", "{\"app\":\"web\",\"key\":\"A\",\"value\":\"x\"}", 400, "body_invalid"},
	{"a key that is none", "{\"app\":\"web\",\"key\":\"A B\"}", 400, "body_invalid"},
	{"a name with a NUL", "{\"app\":\"web\",\"key\":\"A\\u0000\"}", 400, "body_invalid"},
	{"a key twice, once escaped", "{\"app\":\"web\",\"keys\":[\"A\",\"\\u0041\"]}", 400,
		"body_invalid"},
	{"a key in a list", "{\"app\":\"web\",\"keys\":[[\"A\"]]}", 400, "body_invalid"},
	{"two forms", "{\"app\":\"web\",\"keys\":[\"A\"],\"attestations\":[]}", 400,
		"body_invalid"},
	{"a nonce without a proof",
		"{\"app\":\"web\",\"key\":\"A\",\"nonce\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		400, "body_invalid"},
	{"a nonce with a spare bit",
		"{\"app\":\"web\",\"key\":\"A\",\"nonce\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\",\"proof\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		400, "body_invalid"},
	{"a proof in base64",
		"{\"app\":\"web\",\"key\":\"A\",\"nonce\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"proof\":"
		"\"++++AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		400, "body_invalid"},
	{"an escape in a nonce",
		"{\"app\":\"web\",\"key\":\"A\",\"nonce\":"
		"\"\\u0041AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"proof\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		400, "body_invalid"},
	{"a nonce of nobody",
		"{\"app\":\"web\",\"key\":\"NEXTAUTH_SECRET\",\"nonce\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"proof\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		409, "nonce_unknown"},
	{"an app of nobody", "{\"app\":\"ws\",\"key\":\"A\"}", 403, "no_live_bundle"},
	{"a key that there is not", "{\"app\":\"web\",\"keys\":[\"NEXTAUTH_SECRET\",\"A\"]}", 404,
		"no_such_key"},
};

static void what_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		json_t *json;
		unsigned status = post(*state, refusals[i].body, &json);

		if (status != refusals[i].status ||
			!text_equal(text_at(json, "code"), refusals[i].code))
			fail_msg("%s: %u %s", refusals[i].name, status, text_at(json, "code"));
		json_decref(json);
	}
}

static bool is_ready(struct attesting *shop)
{
	json_t *json;
	bool ready;

	(void)ask(shop, "GET", "/readyz", "", &json);
	ready = json_is_true(json_object_get(json, "ready"));
	json_decref(json);
	return ready;
}

static void a_list_is_one_question(void **state)
{
	char body[1024], nonce[DIGITS + 1];
	json_t *json;

	get_nonce(*state, nonce);
	(void)snprintf(body, sizeof(body),
		"{\"app\":\"web\",\"attestations\":[{\"key\":\"NEXTAUTH_SECRET\",\"nonce\":\"%s\","
		"\"proof\":\"%s\"},{\"key\":\"ETLS_REFRESH\",\"nonce\":\"%s\",\"proof\":\"%s\"}]}",
		nonce, nonce, nonce, nonce);
	assert_int_equal(post(*state, body, &json), 409); // the nonce is not for the second one
	json_decref(json);
	assert_int_equal(prove(*state, nonce, SECRET, &json), 200); // and the first was not used
	json_decref(json);
}

static void what_differs_is_drift_and_no_more_than_that(void **state)
{
	json_t *json;

	assert_true(is_ready(*state));
	attest_once(*state, OLDER, "shadowed");
	assert_false(is_ready(*state)); // the rules name attested:NEXTAUTH_SECRET
	assert_int_equal(ask(*state, "GET", "/v1/drift?app=web", "", &json), 200);
	assert_int_equal(json_array_size(json_object_get(json, "drift")), 2); // and the build's
	assert_string_equal(
		text_at(json_array_get(json_object_get(json, "drift"), 0), "kind"), "attestation");
	json_decref(json);
	assert_int_equal(ask(*state, "GET", "/v1/drift?app=ws", "", &json), 200);
	assert_int_equal(json_array_size(json_object_get(json, "drift")), 0);
	json_decref(json);
	attest_once(*state, SECRET, "same");
	assert_true(is_ready(*state));
	attest_once(*state, OLDER, "shadowed");
	attesting_now_ms += UINT64_C(24) * 60 * 60 * 1000 + 1;
	assert_true(is_ready(*state)); // said too long ago
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_nonce_of_long_ago),
		TEST(guesses_are_limited_for_a_minute),
		TEST(what_is_refused),
		TEST(a_list_is_one_question),
		TEST(what_differs_is_drift_and_no_more_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
