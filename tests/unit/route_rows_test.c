// The rows of the API: which verb each one needs, over which door, and what its target may hold. No
// handler is called: all that is asked for here is refused before.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/route.h"

#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct route_reply ask(
	const char *method, const char *target, const struct route_caller *caller)
{
	struct answers answers = {0};
	struct route_request request = {
		.caller = *caller, .method = method, .target = target, .body = ""};
	struct route_reply reply;

	route_answer(&answers, &request, &reply);
	return reply;
}

// Whether it is refused with that code, and that verb as the one that is lacking.
static bool lacks(const char *method, const char *target, const struct route_caller *caller,
	const char *code, const char *verb)
{
	struct route_reply reply = ask(method, target, caller);
	bool forward = route_is_forward(target); // says less
	bool is = reply.status == 403 && strcmp(reply.code, code) == 0 &&
		  (forward || strcmp(reply.verb, verb) == 0);

	route_reply_done(&reply);
	return is;
}

static const struct {
	const char *method, *target, *verb;
	bool never_over_tcp, judges_bearer;
} rows[] = {
	{"GET", "/v1/secrets", "status", false, false},
	{"HEAD", "/v1/secrets", "status", false, false},
	{"GET", "/v1/drift", "status", false, false},
	{"GET", "/v1/guards", "status", false, false},
	{"POST", "/v1/verify", "verify", false, false},
	{"GET", "/v1/verify", "verify", false, true},
	{"POST", "/v1/verify-batch", "verify", false, false},
	{"POST", "/v1/introspect", "introspect", false, false},
	{"POST", "/v1/issue", "issue", false, false},
	{"POST", "/v1/revoke", "revoke", false, false},
	{"POST", "/v1/diagnose", "diagnose", true, false},
	{"POST", "/v1/attest", "attest", true, false},
	{"GET", "/v1/auth/session", "verify", false, true},
	{"DELETE", "/v1/auth/session", "verify", false, true},
};

static void a_row_needs_its_verb_and_no_other_will_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned others = ADMIT_ALL & ~admit_verb(rows[i].verb);
		const struct route_caller local = {.door = ROUTE_API, .verbs = others};
		const struct route_caller asking = {.door = ROUTE_HANDOFF, .verbs = others};
		const struct route_caller bearer = {
			.door = ROUTE_TCP, .verbs = others, .has_token = true};

		if (!lacks(rows[i].method, rows[i].target, &local, "not_admitted", rows[i].verb) ||
			!lacks(rows[i].method, rows[i].target, &asking, "not_admitted",
				rows[i].verb) ||
			!lacks(rows[i].method, rows[i].target, &bearer, "not_over_tcp",
				rows[i].verb))
			fail_msg("%s %s is not kept by %s", rows[i].method, rows[i].target,
				rows[i].verb);
	}
}

static void no_token_opens_over_tcp_what_never_is(void **state)
{
	const struct route_caller all = {.door = ROUTE_TCP, .verbs = ADMIT_ALL, .has_token = true};
	const struct route_caller tokenless = {.door = ROUTE_TCP, .verbs = ADMIT_ALL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct route_reply reply = ask(rows[i].method, rows[i].target, &tokenless);

		if (reply.status != 401 && reply.status != 403)
			fail_msg("%s %s, without a token", rows[i].method, rows[i].target);
		route_reply_done(&reply);
		if (rows[i].never_over_tcp &&
			!lacks(rows[i].method, rows[i].target, &all, "not_over_tcp", rows[i].verb))
			fail_msg("%s %s, over TCP", rows[i].method, rows[i].target);
	}
}

static void a_bearer_is_the_token_to_be_judged_or_the_caller_s(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct route *route = route_find(rows[i].method, rows[i].target);

		assert_non_null(route);
		if (!(route->flags & ROUTE_JUDGES_BEARER) == rows[i].judges_bearer)
			fail_msg("%s %s", rows[i].method, rows[i].target);
	}
}

static void who_has_only_verbs_sees_no_names_over_tcp(void **state)
{
	static const struct {
		struct route_caller caller;
		bool sees;
	} callers[] = {{{.door = ROUTE_TCP, .verbs = ADMIT_ALL}, false},
		{{.door = ROUTE_TCP, .has_token = true}, true},
		{{.door = ROUTE_API, .verbs = ADMIT_STATUS}, true},
		{{.door = ROUTE_API, .verbs = ADMIT_ALL & ~(unsigned)ADMIT_STATUS}, false},
		{{.door = ROUTE_HANDOFF, .has_token = true}, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++)
		assert_int_equal(route_sees_names(&callers[i].caller), callers[i].sees);
}

// A target of a path and so many letters.
static void target_of(char out[static ROUTE_TARGET_MAX], const char *path, size_t letters)
{
	(void)snprintf(out, ROUTE_TARGET_MAX, "%s", path);
	memset(out + strlen(path), 'a', letters);
	out[strlen(path) + letters] = '\0';
}

static void a_name_in_a_target_has_255_bytes(void **state)
{
	const struct route_caller nobody = {.door = ROUTE_API};
	char target[ROUTE_TARGET_MAX];
	struct route_reply reply;

	(void)state;
	for (size_t letters = ROUTE_NAME_MAX; letters <= ROUTE_NAME_MAX + 2; letters++) {
		bool fits = letters <= ROUTE_NAME_MAX;

		target_of(target, "/v1/auth/", letters);
		assert_int_equal(route_find("GET", target) != NULL, fits);
		target_of(target, "/v1/secrets?app=", letters);
		reply = ask("GET", target, &nobody);
		assert_int_equal(reply.status, fits ? 403 : 400);
		route_reply_done(&reply);
	}
}

static void paths_for_proxies_are_those_below_one(void **state)
{
	static const char *const forward[] = {"/v1/auth", "/v1/auth/", "/v1/auth?x", "/v1/auth/a",
		"/v1/auth/a/b", "/v1/auth/%2e%2e"};
	static const char *const not_forward[] = {"/v1/authority", "/v1/aut", "/v1/", "/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forward); i++)
		if (!route_is_forward(forward[i]))
			fail_msg("%s", forward[i]);
	for (size_t i = 0; i < ARRAY_SIZE(not_forward); i++)
		if (route_is_forward(not_forward[i]))
			fail_msg("%s", not_forward[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_needs_its_verb_and_no_other_will_do),
		cmocka_unit_test(no_token_opens_over_tcp_what_never_is),
		cmocka_unit_test(a_bearer_is_the_token_to_be_judged_or_the_caller_s),
		cmocka_unit_test(who_has_only_verbs_sees_no_names_over_tcp),
		cmocka_unit_test(a_name_in_a_target_has_255_bytes),
		cmocka_unit_test(paths_for_proxies_are_those_below_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
