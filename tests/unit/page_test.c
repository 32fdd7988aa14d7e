// The status page: who sees how much, what stands in it, that names which anybody may choose stay
// text, that it holds no value, and that it ends however much there is.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/page.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "tests/unit/tokendoor.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/outcome.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CANARY "canary-value-that-nobody-may-see"
#define SHARED (BUNDLE_KEY_SECRET | BUNDLE_KEY_SHARED)

static const struct registry_app apps[] = {{.name = "worker", .expected = true}};
static const struct registry_fail fails[] = {{FINDING_DRIFT_SHARED, NULL}};
static const struct registry_rules rules = {apps, 1, fails, 1, 200, 10};

static struct tokendoor door;

static int set_up(void **state)
{
	(void)state;
	tokendoor_open(&door);
	registry_change(door.registry, &rules);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tokendoor_close(&door);
	return 0;
}

// What is offered; zero is a plain app that lives.
struct offered {
	const char *app, *value, *key, *shadowed;
	uint32_t flags;
	size_t keys; // further ones
	bool refused;
};

static void offer(const struct offered *offered, struct pool *pool)
{
	const char *value = offered->value ? offered->value : CANARY;
	struct candidate candidates[] = {{CANDIDATE_WINNER, {SOURCE_DOTENV, offered->app, 1, 1}, "",
						 secret_view(value, strlen(value))},
		{CANDIDATE_SHADOWED, {SOURCE_ENV, "", 0, 0}, "", secret_view("other", 5)}};
	struct bundle_key *keys = pool_array(pool, offered->keys + 1, sizeof(*keys));
	struct bundle bundle = {.app = offered->app,
		.group = "shop",
		.mode = "production",
		.program = "node <server>.js",
		.root = "/srv",
		.keys = keys,
		.key_count = offered->keys + 1};
	struct registry_key *records;
	struct diag *diag = diag_new();
	static pid_t pid = 100;
	uint64_t id;

	if (!keys || !diag)
		abort();
	for (size_t i = 0; i <= offered->keys; i++)
		keys[i] = (struct bundle_key){i              ? pool_format(pool, "KEY_%05zu", i)
					      : offered->key ? offered->key
							     : "AUTH_SECRET",
			offered->flags ? offered->flags : BUNDLE_KEY_SECRET, candidates,
			offered->shadowed ? 2 : 1};
	pid++;
	assert_int_equal(outcome_of(&bundle, door.key, pool, &records), 0);
	assert_int_equal(
		registry_offer(door.registry,
			&(struct registry_offer){
				.bundle = &bundle, .keys = records, .pid = pid, .uid = 1000},
			clock_steady_ms(), diag, &id),
		offered->refused ? REGISTRY_E_REFUSED : REGISTRY_ACCEPTED);
	diag_free(diag);
}

static char *page_for(const struct tokendoor_ask *ask, unsigned status)
{
	struct tokendoor_ask asked = *ask;
	struct route_reply reply;
	char *text;

	asked.method = "GET";
	reply = tokendoor_ask(&door, "/", &asked);
	assert_int_equal(reply.status, status);
	assert_string_equal(reply.content_type, "text/html; charset=utf-8");
	assert_non_null(strstr(replied_header(&reply, "Content-Security-Policy"),
		"default-src 'none'; style-src 'sha256-"));
	text = strndup(reply.body, reply.length);
	if (!text)
		abort();
	route_reply_done(&reply);
	return text;
}

static void everything_is_there_and_no_value(void **state)
{
	static const char *const holds[] = {"✗ Not ready", "Why it is not ready", "worker",
		"app-missing", "Refused, and not accepted since", "drift-shared",
		"<h3>CART_TOKEN <span>in group shop</span></h3>", "drift-app", "env differs",
		"Tokens by profile and key"};
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	offer(&(struct offered){.app = "web", .flags = SHARED, .shadowed = "other"}, pool);
	offer(&(struct offered){.app = "cart", .key = "CART_TOKEN"}, pool);
	offer(&(struct offered){.app = "till", .key = "CART_TOKEN", .value = CANARY "2"}, pool);
	offer(
		&(struct offered){
			.app = "api", .value = CANARY "3", .flags = SHARED, .refused = true},
		pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	for (size_t i = 0; i < ARRAY_SIZE(holds); i++)
		if (!strstr(page, holds[i]))
			fail_msg("%s is missing", holds[i]);
	assert_null(strstr(page, "canary"));
	free(page);
}

static size_t times(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

// Asks about the token of the one profile. Returns: the answer, to be freed.
static json_t *answer_to(const char *target, const char *body)
{
	struct route_reply reply = tokendoor_ask(
		&door, target, &(struct tokendoor_ask){.type = "application/json", .body = body});
	json_t *json = json_loadb(reply.body, reply.length, 0, NULL);

	assert_int_equal(reply.status, 200);
	assert_non_null(json);
	route_reply_done(&reply);
	return json;
}

// Its keys are of another kind within.
static void the_key_of_a_session_is_there_and_counts(void **state)
{
	static const char *const cookies[] = {"next-auth.session-token"};
	char file[64], *page;
	const struct profile_source source = {.file = file, .options = {.label = "NEXT_SECRET"}};
	const struct profile_rules next = {.name = "next",
		.kind = PROFILE_NEXTAUTH_V4,
		.sources = &source,
		.source_count = 1,
		.cookies = {cookies, 1},
		.lifetime_ms = 60000};
	own_free char *body = NULL;
	json_t *json;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/0", door.folder);
	assert_int_equal(keyring_configure(door.keyring, &next, 1, NULL), 0);
	json = answer_to("/v1/issue", "{\"claims\":{}}");
	if (asprintf(&body, "{\"token\":\"%s\"}",
		    json_string_value(json_object_get(json, "access_token"))) < 0)
		abort();
	json_decref(json);
	json_decref(answer_to("/v1/verify", body));
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(times(page, "data-head=\"Key\">NEXT_SECRET</th>"), 1);
	assert_int_equal(times(page, "data-head=\"Tokens\">1</td>"), 1);
	free(page);
	assert_int_equal(keyring_configure(door.keyring, NULL, 0, NULL), 0);
}

static const struct {
	const char *name;
	struct tokendoor_ask ask;
	unsigned status;
	bool sees;
} callers[] = {
	{"who has the verb", {.verbs = 2}, 200, true},
	{"who has it not", {.no_verbs = true}, 200, false},
	{"over TCP with the token", {.door = ROUTE_TCP, .no_verbs = true, .has_token = true}, 200,
		true},
	{"over TCP without", {.door = ROUTE_TCP, .no_verbs = true}, 401, false},
};

static void a_stranger_sees_red_or_green_and_no_name(void **state)
{
	own(pool_release) struct pool *pool = pool_new();

	(void)state;
	offer(&(struct offered){.app = "web"}, pool);
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		char *page = page_for(&callers[i].ask, callers[i].status);

		if (!strstr(page, "Not ready</p>"))
			fail_msg("%s: no state", callers[i].name);
		if (callers[i].sees != (strstr(page, "AUTH_SECRET") != NULL) ||
			callers[i].sees != (strstr(page, "web") != NULL))
			fail_msg("%s: names", callers[i].name);
		free(page);
	}
}

// NOLINTBEGIN(misc-misleading-bidirectional): that is what is tested
static void a_name_that_is_code_stays_a_name(void **state)
{
	static const char hostile[] = "x\"'><script>alert(1)</script>\xe2\x80\xae";
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	offer(&(struct offered){.app = hostile, .key = hostile}, pool);
	offer(&(struct offered){.app = "ws", .key = hostile, .value = CANARY "2"}, pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_non_null(strstr(page, "&lt;script&gt;"));
	assert_non_null(strstr(page, "node &lt;server&gt;.js"));
	free(page);
}
// NOLINTEND(misc-misleading-bidirectional)

static void it_ends_however_much_there_is(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	for (size_t i = 0; i < PAGE_BUNDLES_MAX + 5; i++)
		offer(&(struct offered){.app = pool_format(pool, "app-%zu", i)}, pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(times(page, "<h3>app-"), PAGE_BUNDLES_MAX);
	assert_non_null(strstr(page, "<p>5 more: <code>samekey status</code></p>"));
	free(page);
}

static void so_it_does_with_one_bundle_of_many_keys(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	offer(&(struct offered){.app = "web", .keys = PAGE_KEYS_MAX + 6}, pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(times(page, "data-head=\"Held for\""), PAGE_KEYS_MAX);
	assert_non_null(strstr(page, "<p>7 more: <code>samekey status --json</code></p>"));
	free(page);
}

// While it is written nobody else is served.
static void so_it_does_with_many_bundles_of_many_keys(void **state)
{
	const size_t bundles = PAGE_ALL_KEYS_MAX / PAGE_KEYS_MAX + 2;
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	for (size_t i = 0; i < bundles; i++)
		offer(&(struct offered){.app = pool_format(pool, "app-%zu", i),
			      .keys = PAGE_KEYS_MAX},
			pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(times(page, "<h3>app-"), bundles);
	assert_int_equal(times(page, "data-head=\"Held for\""), PAGE_ALL_KEYS_MAX);
	free(page);
}

static void a_list_says_how_many_it_leaves_out(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	offer(&(struct offered){.app = "web", .keys = PAGE_ITEMS_MAX + 2}, pool);
	offer(&(struct offered){.app = "ws", .keys = PAGE_ITEMS_MAX + 2, .value = CANARY "2"},
		pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(
		times(page, "<span>in group shop</span></h3>\n<p>warning"), PAGE_ITEMS_MAX);
	assert_int_equal(times(page, "<p>3 more: <code>samekey drift</code></p>"), 1);
	assert_null(strstr(page, "Nothing disagrees."));
	assert_null(strstr(page, "Refused, and not accepted since"));
	free(page);
}

static void where_nothing_disagrees_it_says_so(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	char *page;

	(void)state;
	offer(&(struct offered){.app = "worker"}, pool);
	page = page_for(&(struct tokendoor_ask){0}, 200);
	assert_int_equal(times(page, "<section><h2>Drift</h2>\n<p class=\"none\">Nothing "
				     "disagrees.</p>\n</section>"),
		1);
	assert_null(strstr(page, "<h2>Warnings"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			everything_is_there_and_no_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_key_of_a_session_is_there_and_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_stranger_sees_red_or_green_and_no_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_name_that_is_code_stays_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_ends_however_much_there_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			so_it_does_with_one_bundle_of_many_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			so_it_does_with_many_bundles_of_many_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_list_says_how_many_it_leaves_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			where_nothing_disagrees_it_says_so, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
