// The routes for tokens while allocations fail: the answer is the right one or a refusal, whole,
// and the next one is right.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/route.h"

#include "tests/unit/mishap.h"
#include "tests/unit/tokendoor.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLS_MAX 1000
#define SESSION "?profile=session"

static const struct {
	const char *target;
	struct tokendoor_ask ask;
	unsigned status;
	bool bearer; // a good token
} requests[] = {
	{"/v1/verify" SESSION, {.method = "GET"}, 200, true},
	{"/v1/verify" SESSION, {.body = "a.b.c", .type = "application/jwt"}, 401, false},
	{"/v1/verify-batch" SESSION, {.body = "{\"tokens\":[\"a.b.c\",\"d\"]}"}, 200, false},
	{"/v1/verify", {.body = "{}"}, 400, false},
	{"/v1/introspect" SESSION, {.body = "token=a", .type = "application/x-www-form-urlencoded"},
		200, false},
	{"/v1/issue", {.body = "{\"profile\":\"session\"}"}, 200, false},
	{"/.well-known/jwks.json", {.method = "GET"}, 200, false},
	{"/v1/auth/session", {.method = "GET"}, 204, true},
	{"/v1/auth/session", {.method = "GET"}, 401, false},
	{"/v1/auth/none", {.method = "GET"}, 403, false},
	{"/v1/verify", {.method = "DELETE"}, 405, false},
	{"/healthz", {.method = "GET"}, 200, false},
	{"/readyz", {.method = "GET"}, 503, false},
	{"/v1/secrets", {.method = "GET"}, 200, false},
	{"/v1/drift", {.method = "GET"}, 200, false},
	{"/v1/diagnose" SESSION, {.body = "{\"token\":\"a.b.c\"}"}, 200, false},
};

static void judge_reply(size_t i, size_t at, const struct route_reply *reply)
{
	bool forward = route_is_forward(requests[i].target);
	bool refused = forward ? reply->status == 403 || reply->status == 401
			       : reply->status == 503 || reply->status == 500;
	json_t *json;

	if (reply->status != requests[i].status && !refused)
		fail_msg("%s, call %zu: %u", requests[i].target, at, reply->status);
	if (!reply->length)
		return;
	json = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		fail_msg("%s, call %zu: %.*s", requests[i].target, at, (int)reply->length,
			reply->body);
	json_decref(json);
}

// As if nobody had asked for a diagnosis yet.
static void forget_quotas(struct tokendoor *door)
{
	door->answers.diagnoses.count = 0;
}

// Returns: whether a call failed.
static bool ask_failing(struct tokendoor *door, size_t i, size_t at, const char *bearer)
{
	struct tokendoor_ask ask = requests[i].ask;
	struct route_reply reply;
	bool failed;

	forget_quotas(door);
	ask.authorization = requests[i].bearer ? bearer : NULL;
	mishap_arm(&(struct mishap){.kinds = MISHAP_MEMORY, .at = at, .reason = ENOMEM});
	reply = tokendoor_ask(door, requests[i].target, &ask);
	failed = mishap_disarm();
	judge_reply(i, at, &reply);
	route_reply_done(&reply);
	reply = tokendoor_ask(door, requests[i].target, &ask);
	assert_int_equal(reply.status, requests[i].status);
	route_reply_done(&reply);
	return failed;
}

static void an_answer_without_memory_is_right_or_a_refusal(void **state)
{
	struct tokendoor door;
	own_free char *token = tokendoor_token(",\"role\":\"admin\"");
	own_free char *bearer = NULL;

	(void)state;
	if (asprintf(&bearer, "Bearer %s", token) < 0)
		abort();
	tokendoor_open(&door);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		size_t at = 1;

		while (at < CALLS_MAX && ask_failing(&door, i, at, bearer))
			at++;
		assert_true(at < CALLS_MAX);
	}
	tokendoor_close(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_without_memory_is_right_or_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
