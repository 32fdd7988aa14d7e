// Metrics of single secrets and of the process: what each becomes, that a sample stands once, what
// a stranger sees, and that an app with very many keys crowds nobody out.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/keymetrics.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/keycensus.h"
#include "verifier/door/api/processmetrics.h"
#include "verifier/record/registry.h"
#include "verifier/trust/outcome.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CANARY "canary-Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5"
#define MANY 5000

struct scene {
	struct secret_arena *arena;
	struct fingerprint_key *key;
	struct registry *registry;
	struct pool *pool;
};

static const struct registry_rules rules = {.live_max = 100, .dead_max = 10};

static void offer(struct scene *scene, const char *app, const struct bundle_key *keys, size_t count,
	uint64_t now_ms)
{
	const struct bundle bundle = {.app = app,
		.group = "shop",
		.mode = "production",
		.program = "node",
		.root = "/srv",
		.keys = keys,
		.key_count = count};
	static pid_t pid; // one process holds one bundle of an app
	struct registry_key *records;
	struct diag *diag = diag_new();
	uint64_t id;

	pid++;
	assert_int_equal(outcome_of(&bundle, scene->key, scene->pool, &records), 0);
	assert_int_equal(
		registry_offer(scene->registry,
			&(struct registry_offer){
				.bundle = &bundle, .keys = records, .pid = pid, .uid = 1000},
			now_ms, diag, &id),
		REGISTRY_ACCEPTED);
	diag_free(diag);
}

// An app with one secret, which another source may contradict.
static void offer_one(struct scene *scene, const char *app, const char *value, const char *loser,
	uint32_t flags, uint64_t now_ms)
{
	const struct candidate list[] = {{CANDIDATE_WINNER, {SOURCE_DOTENV, app, 1, 1}, "",
						 secret_view(value, strlen(value))},
		{CANDIDATE_SHADOWED, {SOURCE_ENV, "", 0, 0}, "",
			secret_view(loser ? loser : "", loser ? strlen(loser) : 0)}};
	const struct bundle_key key = {
		"AUTH_SECRET", BUNDLE_KEY_SECRET | flags, list, loser ? 2 : 1};

	offer(scene, app, &key, 1, now_ms);
}

static char *write_all(struct scene *scene, bool names)
{
	struct keymetrics view = {.registry = scene->registry,
		.key = scene->key,
		.started_s = 1000,
		.started_ms = 5000,
		.names = names};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	assert_int_equal(registry_drift(scene->registry, 9000, &view.drift, &view.drift_count), 0);
	assert_int_equal(keymetrics_write(out, &view), 0);
	if (fclose(out) != 0 || !text)
		abort();
	assert_null(strstr(text, "canary"));
	return text;
}

// Not by strstr, which a sanitizer makes measure the rest each time.
static size_t count(const char *text, const char *part)
{
	size_t found = 0, length = strlen(part);

	for (; *text; text++)
		found += *text == *part && strncmp(text, part, length) == 0;
	return found;
}

static void has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in:\n%s", line, text);
}

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){.pool = pool_new(), .registry = registry_new(&rules)};
	assert_int_equal(secret_arena_open(NULL, &scene.arena, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, scene.arena, &scene.key, NULL), 0);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	registry_free(scene->registry);
	fingerprint_key_free(scene->key);
	secret_arena_free(scene->arena);
	pool_free(scene->pool);
	return 0;
}

static void instances_make_one_sample_and_the_newest_speaks(void **state)
{
	struct scene *scene = *state;
	own_free char *text = NULL;

	offer_one(scene, "web", CANARY, NULL, 0, 7000);
	offer_one(scene, "web", CANARY, NULL, 0, 9000);
	offer_one(scene, "web", CANARY "2", NULL, 0, 15000);
	text = write_all(scene, true);
	assert_int_equal(count(text, "\nsamekey_secret_info{"), 2);
	assert_int_equal(count(text, "\nsamekey_secret_fingerprint{"), 1);
	has(text, "samekey_secret_since_timestamp_seconds{group=\"shop\",app=\"web\","
		  "phase=\"start\",key=\"AUTH_SECRET\"} 1010");
	has(text, "samekey_bundle_offered_timestamp_seconds{group=\"shop\",app=\"web\","
		  "phase=\"start\"} 1010");
	has(text, "samekey_metrics_truncated 0");
}

static void a_moment_before_the_start_is_before_it(void **state)
{
	struct scene *scene = *state;
	own_free char *text = NULL;

	offer_one(scene, "web", CANARY, NULL, 0, 2000);
	text = write_all(scene, false);
	has(text, "samekey_bundle_offered_timestamp_seconds{group=\"shop\",app=\"web\","
		  "phase=\"start\"} 997");
}

static void a_label_says_whether_apps_are_compared(void **state)
{
	static const struct {
		const char *app, *shared;
		uint32_t flags;
	} cases[] = {{"a", "unset", 0}, {"b", "yes", BUNDLE_KEY_SHARED},
		{"c", "no", BUNDLE_KEY_PRIVATE}};
	struct scene *scene = *state;
	own_free char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		offer_one(scene, cases[i].app, CANARY, NULL, cases[i].flags, 6000);
	text = write_all(scene, true);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char app[32], shared[32];
		const char *line;

		(void)snprintf(app, sizeof(app), "info{group=\"shop\",app=\"%s\"", cases[i].app);
		(void)snprintf(shared, sizeof(shared), "shared=\"%s\"} 1\n", cases[i].shared);
		line = strstr(text, app);
		assert_non_null(line);
		assert_true(
			line && strstr(line, shared) && strstr(line, shared) < strchr(line, '\n'));
	}
}

static void conflicts_and_drift_are_counted_for_all_and_named_for_some(void **state)
{
	struct scene *scene = *state;
	own_free char *open = NULL, *named = NULL;

	offer_one(scene, "web", CANARY, CANARY "2", BUNDLE_KEY_CONFLICT, 6000);
	offer_one(scene, "web", CANARY, CANARY "2", BUNDLE_KEY_CONFLICT, 6001);
	offer_one(scene, "ws", CANARY "3", CANARY "3", 0, 6002);
	offer_one(scene, "ws", CANARY "3", CANARY "4", 0, 6003); // as conflict = ignore has it
	open = write_all(scene, false);
	has(open, "samekey_conflicts 1");
	assert_null(strstr(open, "AUTH_SECRET"));
	named = write_all(scene, true);
	has(named, "samekey_key_conflict{group=\"shop\",app=\"web\",phase=\"start\","
		   "key=\"AUTH_SECRET\",source=\"dotenv\",shadowed=\"env\"} 1");
	has(named, "samekey_key_drift{group=\"shop\",key=\"AUTH_SECRET\",code=\"drift-app\"} 1");
	assert_int_equal(count(named, "\nsamekey_key_drift{"), 1);
}

static void many_keys_crowd_nobody_out(void **state)
{
	static struct bundle_key keys[MANY];
	static char names[MANY][16];
	const struct candidate winner = {CANDIDATE_WINNER, {SOURCE_DOTENV, "many", 1, 1}, "",
		secret_view(CANARY, strlen(CANARY))};
	struct scene *scene = *state;
	own_free char *text = NULL;

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "KEY_%05zu", i);
		keys[i] = (struct bundle_key){names[i], BUNDLE_KEY_SECRET, &winner, 1};
	}
	offer_one(scene, "web", CANARY, NULL, 0, 6000);
	for (size_t i = 0; i < 4; i++)
		offer(scene, (const char *const[]){"m1", "m2", "m3", "m4"}[i], keys, MANY, 6001);
	text = write_all(scene, true);
	has(text, "samekey_metrics_truncated 1");
	assert_int_equal(count(text, "\nsamekey_secret_info{"), KEYCENSUS_SECRETS_MAX);
	assert_non_null(strstr(text, "samekey_secret_info{group=\"shop\",app=\"web\""));
	assert_non_null(strstr(text, "samekey_secret_info{group=\"shop\",app=\"m1\""));
}

static void the_process_tells_what_every_exporter_tells(void **state)
{
	struct processmetrics *process = processmetrics_open();
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	if (!out)
		abort();
	processmetrics_write(out, process, 1234);
	if (fclose(out) != 0 || !text)
		abort();
	has(text, "process_start_time_seconds 1234");
	assert_int_equal(count(text, "# TYPE process_"), 6);
	assert_null(strstr(text, "process_resident_memory_bytes 0"));
	assert_non_null(strstr(text, "\nprocess_cpu_seconds_total 0."));
	free(text);
	processmetrics_close(process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			instances_make_one_sample_and_the_newest_speaks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_moment_before_the_start_is_before_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_label_says_whether_apps_are_compared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			conflicts_and_drift_are_counted_for_all_and_named_for_some, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(many_keys_crowd_nobody_out, set_up, tear_down),
		cmocka_unit_test(the_process_tells_what_every_exporter_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
