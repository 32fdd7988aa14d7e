// The API without its doors: which path answers whom, what strangers see, and that the answers are
// well-formed and hold no value.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/route.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/outcome.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CANARY "canary-value-that-nobody-may-see"

struct scene {
	struct secret_arena *arena;
	struct fingerprint_key *key;
	struct registry *registry;
	struct keyring *keyring;
	struct pool *pool;
	struct answers answers;
};

static const struct registry_app apps[] = {{.name = "web", .expected = true}};
static const struct registry_fail fails[] = {
	{FINDING_DRIFT_APP, NULL}, {FINDING_ROTATION_LATE, NULL}};
static const struct registry_rules rules = {apps, 1, fails, 2, 100, 10};

#define SHARED (BUNDLE_KEY_SECRET | BUNDLE_KEY_SHARED)

// What an offer may have beside an app and a value; zero is an app that runs, from a file of its
// own.
struct more {
	const char *allow, *place;
	uint32_t flags;
	bool standing, refused;
};

static void offer_more(
	struct scene *scene, const char *app, const char *value, const struct more *more)
{
	const char *allow = more->allow;
	const struct candidate winner = {CANDIDATE_WINNER,
		{SOURCE_DOTENV, more->place ? more->place : app, 1, 1}, "",
		secret_view(value, strlen(value))};
	const struct bundle_key keys[] = {
		{"AUTH_SECRET", more->flags ? more->flags : BUNDLE_KEY_SECRET, &winner, 1},
		{"NEEDED", BUNDLE_KEY_SECRET | BUNDLE_KEY_REQUIRED, NULL, 0}};
	const struct bundle_allowed allowed = {allow, ""};
	const struct bundle bundle = {.app = app,
		.group = "shop",
		.mode = "production",
		.program = "node \"server\".js",
		.root = "/srv",
		.keys = keys,
		.key_count = 2,
		.allowed = &allowed,
		.allowed_count = allow != NULL};
	struct registry_key *records;
	struct diag *diag = diag_new();
	uint64_t id;

	assert_int_equal(outcome_of(&bundle, scene->key, scene->pool, &records), 0);
	assert_int_equal(
		registry_offer(scene->registry,
			&(struct registry_offer){.bundle = &bundle,
				.keys = records,
				.pid = 7,
				.uid = 1000,
				.hold = more->standing ? REGISTRY_STANDING : REGISTRY_PROCESS},
			clock_steady_ms(), diag, &id),
		more->refused ? REGISTRY_E_REFUSED : REGISTRY_ACCEPTED);
	diag_free(diag);
}

static void offer(struct scene *scene, const char *app, const char *value, const char *allow)
{
	offer_more(scene, app, value, &(struct more){.allow = allow});
}

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){.pool = pool_new(), .registry = registry_new(&rules)};
	assert_int_equal(secret_arena_open(NULL, &scene.arena, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, scene.arena, &scene.key, NULL), 0);
	scene.keyring = keyring_new(scene.arena, NULL);
	assert_non_null(scene.keyring);
	scene.answers = (struct answers){
		.registry = scene.registry, .key = scene.key, .keyring = scene.keyring};
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	registry_free(scene->registry);
	keyring_free(scene->keyring);
	fingerprint_key_free(scene->key);
	secret_arena_free(scene->arena);
	pool_free(scene->pool);
	return 0;
}

static const struct route_caller local = {ROUTE_API, ADMIT_ALL, false, false, 1000, 7};
static const struct route_caller local_stranger = {ROUTE_API, 0, false, false, 1000, 7};
static const struct route_caller tcp_stranger = {ROUTE_TCP, 0, false, false, 1000, 7};
static const struct route_caller tokenless = {ROUTE_TCP, 0, false, true, 1000, 7};
static const struct route_caller bearer = {ROUTE_TCP, 0, true, false, 1000, 7};
static const struct route_caller opened = {ROUTE_TCP, ADMIT_STATUS, true, false, 1000, 7};

static void answer(struct scene *scene, const char *method, const char *target,
	const struct route_caller *caller, struct route_reply *reply)
{
	struct route_request request = {
		.caller = *caller, .method = method, .target = target, .body = ""};

	route_answer(&scene->answers, &request, reply);
}

static const struct {
	const char *name, *method, *target;
	const struct route_caller *caller;
	unsigned status;
	const char *holds; // of the body
} requests[] = {
	{"alive, for everybody", "GET", "/healthz", &tcp_stranger, 200, "\"ok\""},
	{"HEAD is GET without a body", "HEAD", "/healthz", &local, 200, ""},
	{"not ready: the expected app is missing", "GET", "/readyz", &local, 503, "app-missing"},
	{"an unknown path", "GET", "/v2/secrets", &local, 404, "urn:samekey:error:no_such_path"},
	{"an unknown path is told the known ones", "GET", "/v1", &local, 404,
		"/v1/auth/PROFILE, /.well-known/jwks.json\""},
	{"an unknown method", "POST", "/healthz", &local, 405, "urn:samekey:error:no_such_method"},
	{"no path at all", "GET", "http://x/healthz", &local, 400, "bad_target"},
	{"a query that nobody knows", "GET", "/readyz?apps=web", &local, 400, "bad_target"},
	{"a query twice", "GET", "/readyz?app=web&app=ws", &local, 400, "bad_target"},
	{"an empty app", "GET", "/readyz?app=", &local, 400, "bad_target"},
	{"an encoded NUL", "GET", "/readyz?app=web%00", &local, 400, "bad_target"},
	{"half an escape", "GET", "/readyz?app=web%4", &local, 400, "bad_target"},
	{"an app by its encoded name", "GET", "/readyz?app=shop%2Fweb", &local, 503, "shop/web"},
	{"secrets, for who may", "GET", "/v1/secrets", &local, 200, "\"apps\":[]"},
	{"secrets, without the verb", "GET", "/v1/secrets", &local_stranger, 403, "not_admitted"},
	{"secrets over TCP, without the token", "GET", "/v1/secrets", &tcp_stranger, 401,
		"tcp_token_required"},
	{"secrets over TCP, where there is no token", "GET", "/v1/secrets", &tokenless, 401,
		"samekeyd.ini names none: token_file under [listen]"},
	{"a verdict over TCP, where there is no token", "POST", "/v1/verify", &tokenless, 403,
		"samekeyd.ini names none: token_file under [listen]"},
	{"a diagnosis over TCP, which nothing opens", "POST", "/v1/diagnose", &bearer, 403,
		"\"detail\":\"ask on the Unix socket\""},
	{"secrets over TCP, not opened", "GET", "/v1/drift", &bearer, 403, "not_over_tcp"},
	{"secrets over TCP, opened by name", "GET", "/v1/drift", &opened, 200, "\"drift\":[]"},
	{"metrics", "GET", "/metrics", &tcp_stranger, 200, "samekey_up 1\n"},
};

static void every_path_answers_whom_it_should(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct route_reply reply;

		answer(scene, requests[i].method, requests[i].target, requests[i].caller, &reply);
		if (reply.status != requests[i].status || !reply.body ||
			!strstr(reply.body, requests[i].holds))
			fail_msg("%s: %u %s", requests[i].name, reply.status,
				reply.body ? reply.body : "");
		route_reply_done(&reply);
	}
}

static json_t *ask(
	struct scene *scene, const char *target, const struct route_caller *caller, unsigned status)
{
	struct route_reply reply;
	json_t *json;

	answer(scene, "GET", target, caller, &reply);
	assert_int_equal(reply.status, status);
	assert_null(strstr(reply.body, CANARY));
	json = json_loads(reply.body, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "v")), 1);
	route_reply_done(&reply);
	return json;
}

static void readiness_gives_reasons_to_who_may_see_them(void **state)
{
	struct scene *scene = *state;
	const char *code, *app, *key;
	json_t *json;

	offer(scene, "web", CANARY, NULL);
	json = ask(scene, "/readyz?app=web", &local, 503);
	assert_int_equal(json_array_size(json_object_get(json, "reasons")), 1);
	assert_int_equal(json_unpack(json, "{s:[{s:s, s:s, s:s}]}", "reasons", "code", &code, "app",
				 &app, "key", &key),
		0);
	assert_string_equal(code, "missing");
	assert_string_equal(key, "NEEDED");
	json_decref(json);
	json = ask(scene, "/readyz", &tcp_stranger, 503);
	assert_int_equal(json_object_size(json), 2); // "v" and "ready" alone
	json_decref(json);
}

static void what_is_allowed_is_ready_and_shown(void **state)
{
	struct scene *scene = *state;
	json_t *json;

	offer(scene, "web", CANARY, "missing");
	json = ask(scene, "/readyz", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "allowed")), 1);
	json_decref(json);
}

static void drift_is_one_record_with_all_its_sides(void **state)
{
	struct scene *scene = *state;
	json_t *json, *record;

	offer(scene, "web", CANARY, "missing");
	offer(scene, "ws", CANARY "2", "missing");
	offer(scene, "api", CANARY "3", "missing");
	json = ask(scene, "/v1/drift", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "drift")), 1);
	record = json_array_get(json_object_get(json, "drift"), 0);
	assert_string_equal(json_string_value(json_object_get(record, "code")), "drift-app");
	assert_int_equal(json_array_size(json_object_get(record, "sides")), 3);
	json_decref(json);
	json = ask(scene, "/readyz", &local, 503); // this ini says fail = drift-app
	json_decref(json);
}

// A person must be able to read off whom to restart, and a probe of one app why it is red.
static void a_late_rotation_names_every_app_to_restart(void **state)
{
	static const struct more one_file = {
		.allow = "missing", .place = "/s/.env", .flags = SHARED};
	struct scene *scene = *state;
	json_t *json, *reasons;

	offer_more(scene, "ws", CANARY, &one_file);
	offer_more(scene, "api", CANARY, &one_file);
	offer_more(scene, "api", CANARY, &(struct more){"missing", "/s/.env", SHARED, true, false});
	offer_more(scene, "web", CANARY "2", &one_file);
	for (uint64_t now = clock_steady_ms(); clock_steady_ms() <= now;)
		; // rotation = 0: late from the next millisecond on
	json = ask(scene, "/v1/drift", &local, 200);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(json, "drift"), 0), "fix")),
		"restart ws and api, samekey offer --name api again");
	json_decref(json);
	json = ask(scene, "/readyz", &local, 503);
	reasons = json_object_get(json, "reasons");
	assert_int_equal(json_array_size(reasons), 2);
	for (size_t i = 0; i < 2; i++) {
		json_t *reason = json_array_get(reasons, i);

		assert_string_equal(
			json_string_value(json_object_get(reason, "code")), "rotation-late");
		assert_string_equal(
			json_string_value(json_object_get(reason, "app")), i ? "api" : "ws");
		assert_non_null(strstr(json_string_value(json_object_get(reason, "text")),
			i ? "restart api" : "restart ws"));
	}
	json_decref(json);
}

static void a_refusal_is_shown_until_the_app_is_accepted(void **state)
{
	static const struct more refused = {.flags = SHARED, .refused = true};
	struct scene *scene = *state;
	const char *app, *program, *code, *key;
	json_int_t uid, pid;
	json_t *json;

	offer_more(scene, "api", CANARY, &(struct more){.flags = SHARED, .allow = "missing"});
	offer_more(scene, "ws", CANARY "2", &refused);
	json = ask(scene, "/v1/drift", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "drift")), 0);
	assert_int_equal(json_unpack(json, "{s:[{s:s, s:I, s:I, s:s, s:[{s:s, s:s}]}]}", "refused",
				 "app", &app, "uid", &uid, "pid", &pid, "program", &program,
				 "findings", "code", &code, "key", &key),
		0);
	assert_string_equal(app, "ws");
	assert_int_equal(uid, 1000);
	assert_int_equal(pid, 7);
	assert_string_equal(program, "node \"server\".js");
	assert_string_equal(code, "drift-shared");
	assert_string_equal(key, "AUTH_SECRET");
	json_decref(json);
	json = ask(scene, "/v1/drift?app=api", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "refused")), 0);
	json_decref(json);
	offer_more(scene, "ws", CANARY, &(struct more){.flags = SHARED});
	json = ask(scene, "/v1/drift", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "refused")), 0);
	json_decref(json);
}

static const char *only_reason(json_t *json)
{
	json_t *reasons = json_object_get(json, "reasons");

	assert_int_equal(json_array_size(reasons), 1);
	return json_string_value(json_object_get(json_array_get(reasons, 0), "code"));
}

static void only_an_expected_app_that_does_not_live_is_missed_for_its_refusal(void **state)
{
	struct scene *scene = *state;
	json_t *json;

	offer_more(scene, "ws", CANARY, &(struct more){.flags = SHARED, .allow = "missing"});
	offer_more(scene, "web", CANARY "2", &(struct more){.flags = SHARED, .refused = true});
	json = ask(scene, "/readyz", &local, 503);
	assert_string_equal(only_reason(json), "app-refused");
	json_decref(json);
	offer_more(scene, "web", CANARY, &(struct more){.flags = SHARED, .allow = "missing"});
	offer_more(scene, "api", CANARY "2", &(struct more){.flags = SHARED, .refused = true});
	json = ask(scene, "/readyz", &local, 200);
	json_decref(json);
}

static void a_standing_offer_has_no_pid(void **state)
{
	struct scene *scene = *state;
	json_t *json, *sides, *app;

	offer_more(scene, "web", CANARY, &(struct more){.standing = true});
	offer(scene, "ws", CANARY "2", NULL);
	json = ask(scene, "/v1/secrets?app=web", &local, 200);
	app = json_array_get(json_object_get(json, "apps"), 0);
	assert_true(json_is_true(json_object_get(app, "standing")));
	assert_true(json_is_null(json_object_get(app, "pid")));
	json_decref(json);
	json = ask(scene, "/v1/drift", &local, 200);
	sides = json_object_get(json_array_get(json_object_get(json, "drift"), 0), "sides");
	for (size_t i = 0; i < 2; i++) {
		json_t *side = json_array_get(sides, i), *pid = json_object_get(side, "pid");
		bool standing = json_is_true(json_object_get(side, "standing"));

		assert_true(standing ? json_is_null(pid) : json_integer_value(pid) == 7);
	}
	json_decref(json);
}

static void secrets_tell_origins_and_fingerprints(void **state)
{
	struct scene *scene = *state;
	char expected[FINGERPRINT_TEXT_SIZE];
	const char *app, *origin, *fingerprint;
	json_int_t length;
	json_t *json;

	offer(scene, "web", CANARY, NULL);
	json = ask(scene, "/v1/secrets", &local, 200);
	assert_int_equal(json_unpack(json, "{s:[{s:s, s:[{s:s, s:I, s:s}, o]}]}", "apps", "app",
				 &app, "keys", "origin", &origin, "length", &length, "fingerprint",
				 &fingerprint, &(json_t *){0}),
		0);
	fingerprint_text(scene->key, secret_view(CANARY, strlen(CANARY)), expected);
	assert_string_equal(app, "web");
	assert_string_equal(origin, "/srv/web:1:1");
	assert_string_equal(fingerprint, expected);
	assert_int_equal(length, strlen(CANARY));
	json_decref(json);
	json = ask(scene, "/v1/secrets?app=other", &local, 200);
	assert_int_equal(json_array_size(json_object_get(json, "apps")), 0);
	json_decref(json);
}

static void metrics_name_keys_only_for_who_may_see_them(void **state)
{
	struct scene *scene = *state;
	struct route_reply reply;

	offer(scene, "web", CANARY, NULL);
	offer(scene, "web", CANARY, NULL); // a second instance makes no second sample
	answer(scene, "GET", "/metrics", &tcp_stranger, &reply);
	assert_null(strstr(reply.body, "AUTH_SECRET"));
	assert_non_null(strstr(reply.body, "samekey_bundles{"));
	route_reply_done(&reply);
	answer(scene, "GET", "/metrics", &bearer, &reply);
	assert_null(strstr(reply.body, CANARY));
	assert_non_null(strstr(reply.body, "samekey_secret_info{group=\"shop\",app=\"web\""));
	assert_non_null(strstr(reply.body, "samekey_secret_fingerprint{"));
	assert_null(strstr(strstr(reply.body, "samekey_secret_info{") + 1, "samekey_secret_info{"));
	route_reply_done(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_path_answers_whom_it_should, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			readiness_gives_reasons_to_who_may_see_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_allowed_is_ready_and_shown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			drift_is_one_record_with_all_its_sides, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_late_rotation_names_every_app_to_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_refusal_is_shown_until_the_app_is_accepted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			only_an_expected_app_that_does_not_live_is_missed_for_its_refusal, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_standing_offer_has_no_pid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			secrets_tell_origins_and_fingerprints, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			metrics_name_keys_only_for_who_may_see_them, set_up, tear_down),
	};

	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0); // leaves no key behind
	return cmocka_run_group_tests(tests, NULL, NULL);
}
