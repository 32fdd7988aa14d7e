// An attestation while allocations fail: a right answer or 503, never half an answer, and a nonce
// that was not judged proves nothing later than it should.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attest.h"

#include "tests/unit/attesting.h"
#include "tests/unit/mishap.h"
#include "verifier/door/api/admit.h"
#include "verifier/trust/form/base64url.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define CALLS_MAX 500
#define DIGITS 43
#define QUOTED "'" SECRET "'"

static unsigned ask(
	struct attesting *shop, const char *target, const char *body, size_t at, json_t **ret_json)
{
	struct route_request request = {
		.caller = {ROUTE_API, ADMIT_ALL, false, false, WEB_UID, getpid()},
		.method = *body ? "POST" : "GET",
		.target = target,
		.type = "application/json",
		.body = body,
		.length = strlen(body)};
	struct route_reply reply;
	unsigned status;

	if (at)
		mishap_arm(&(struct mishap){.kinds = MISHAP_MEMORY, .at = at, .reason = ENOMEM});
	route_answer(&shop->answers, &request, &reply);
	if (at && !mishap_disarm())
		reply.failed = true; // no call failed: the last one
	status = reply.failed ? 0 : reply.status;
	*ret_json = json_loadb(
		reply.length ? reply.body : "{}", reply.length ? reply.length : 2, 0, NULL);
	if (!*ret_json)
		fail_msg("call %zu: %.*s", at, (int)reply.length, reply.body);
	if (reply.status != 200 && reply.status != 503)
		fail_msg("call %zu: %u", at, reply.status);
	route_reply_done(&reply);
	return status;
}

// A question with a proof, by a nonce of its own.
static void compose(struct attesting *shop, const char *value, char *out, size_t size)
{
	uint8_t nonce[ATTEST_NONCE_SIZE], mac[ATTEST_PROOF_SIZE];
	char proof[DIGITS + 1] = "";
	const char *digits;
	json_t *json;

	assert_int_equal(
		ask(shop, "/v1/attest", "{\"app\":\"web\",\"key\":\"NEXTAUTH_SECRET\"}", 0, &json),
		200);
	digits = json_string_value(
		json_object_get(json_object_get(json, "nonces"), "NEXTAUTH_SECRET"));
	assert_true(base64url_decode(digits, DIGITS, nonce));
	attesting_prove(nonce, "web", "NEXTAUTH_SECRET", value, mac);
	base64url_encode(mac, sizeof(mac), proof);
	(void)snprintf(out, size,
		"{\"app\":\"web\",\"key\":\"NEXTAUTH_SECRET\",\"nonce\":\"%s\",\"proof\":\"%s\"}",
		digits, proof);
	json_decref(json);
}

static void every_allocation_fails_once(void **state)
{
	static const char *const values[] = {SECRET, OLDER, (QUOTED), "your-secret-key", ""};
	struct attesting shop;
	json_t *json;

	(void)state;
	attesting_open(&shop);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		unsigned status = 1;
		char body[512];

		for (size_t at = 1; status; at++) {
			assert_true(at < CALLS_MAX);
			compose(&shop, values[i], body, sizeof(body));
			status = ask(&shop, "/v1/attest", body, at, &json);
			json_decref(json);
		}
		status = 1;
		for (size_t at = 1; status; at++) {
			assert_true(at < CALLS_MAX);
			status = ask(&shop, "/v1/drift", "", at, &json);
			json_decref(json);
		}
	}
	attesting_close(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
