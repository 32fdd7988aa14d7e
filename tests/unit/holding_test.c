// What each value that a process may hold is called, and how much of it is shown.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/holding.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "loader/inspect/running/process.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WINNER "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE"
#define SHADOWED "Zb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xWvB0yQ"
#define READING "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUi"
#define STRANGE "pQ4rT8yU1iO5pA9sD3fG7hJ2kL6zX0cV4bN8mQ1wE5"

struct scene {
	struct pool *pool;
	struct secret_arena *arena;
	struct fingerprint_key *fingerprints;
	struct candidate candidates[4];
	struct bundle_key key;
	struct bundle bundle;
	struct holding_list list;
};

static struct secret text(const char *bytes)
{
	return secret_view(bytes, strlen(bytes));
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct err err = ERR_NONE;

	if (!scene)
		return -1;
	*state = scene;
	scene->pool = pool_new();
	scene->candidates[0] = (struct candidate){
		CANDIDATE_WINNER, {SOURCE_DOTENV, ".env", 1, 1}, "", text(WINNER)};
	scene->candidates[1] = (struct candidate){
		CANDIDATE_SHADOWED, {SOURCE_DOTENV, ".env.local", 1, 1}, "", text(SHADOWED)};
	scene->candidates[2] = (struct candidate){
		CANDIDATE_SHADOWED, {SOURCE_DOTENV, ".env.old", 1, 1}, "", text("changeme")};
	scene->candidates[3] = (struct candidate){
		CANDIDATE_READING, {SOURCE_DOTENV, ".env", 1, 1}, "next", text(READING)};
	scene->key = (struct bundle_key){
		"KEY", BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT, scene->candidates, 4};
	scene->bundle = (struct bundle){.keys = &scene->key, .key_count = 1};
	if (!scene->pool || secret_arena_open(NULL, &scene->arena, &err) < 0)
		return -1;
	(void)setenv("HOME", "/nonexistent", 1);
	(void)unsetenv("XDG_STATE_HOME");
	return fingerprint_key_open(NULL, scene->arena, &scene->fingerprints, &err);
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	(void)fingerprint_key_free(scene->fingerprints);
	(void)pool_free(scene->pool);
	(void)secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

static const struct holding *compare(struct scene *scene, const char *bytes, size_t length)
{
	const struct process process = {
		.sight = PROCESS_SEEN, .environment = secret_view(bytes, length)};

	assert_int_equal(holding_compare(&scene->bundle, scene->fingerprints, &process,
				 scene->arena, scene->pool, &scene->list),
		0);
	return scene->list.count ? &scene->list.items[0] : NULL;
}

enum shown { SHOWN_NOTHING, SHOWN_WEAK, SHOWN_PRINT };

#define ENVIRON(bytes) bytes, sizeof(bytes)

static const struct {
	const char *what, *environment;
	size_t length;
	enum holding_state state;
	int candidate; // its index; -1: none
	enum shown shown;
} cases[] = {
	{"the winner", ENVIRON("KEY=" WINNER), HOLDING_SAME, -1, SHOWN_PRINT},
	{"the winner at the end of the block", "KEY=" WINNER, sizeof("KEY=" WINNER) - 1,
		HOLDING_SAME, -1, SHOWN_PRINT},
	{"a value that lost", ENVIRON("A=1\0KEY=" SHADOWED), HOLDING_STALE, 1, SHOWN_PRINT},
	{"what another loader reads", ENVIRON("KEY=" READING), HOLDING_STALE, 3, SHOWN_PRINT},
	{"the first of two counts", ENVIRON("KEY=" SHADOWED "\0KEY=" WINNER), HOLDING_STALE, 1,
		SHOWN_PRINT},
	{"not there", ENVIRON("KEYS=" WINNER), HOLDING_MISSING, -1, SHOWN_NOTHING},
	{"no environment", "", 0, HOLDING_MISSING, -1, SHOWN_NOTHING},
	{"empty", ENVIRON("KEY="), HOLDING_EMPTY, -1, SHOWN_NOTHING},
	{"in double quotes", ENVIRON("KEY=\"" WINNER "\""), HOLDING_QUOTED, -1, SHOWN_PRINT},
	{"in single quotes", ENVIRON("KEY='" WINNER "'"), HOLDING_QUOTED, -1, SHOWN_PRINT},
	{"with a carriage return", ENVIRON("KEY=" WINNER "\r"), HOLDING_QUOTED, -1, SHOWN_PRINT},
	{"quotes, then a carriage return", ENVIRON("KEY=\"" WINNER "\"\r"), HOLDING_QUOTED, -1,
		SHOWN_PRINT},
	{"a carriage return, then a quote", ENVIRON("KEY=\"" WINNER "\r\""), HOLDING_QUOTED, -1,
		SHOWN_PRINT},
	{"two kinds of quotes", ENVIRON("KEY=\"" WINNER "'"), HOLDING_OTHER, -1, SHOWN_PRINT},
	{"a public example", ENVIRON("KEY=your-secret-key"), HOLDING_PLACEHOLDER, -1, SHOWN_WEAK},
	{"one that a file offers", ENVIRON("KEY=changeme"), HOLDING_PLACEHOLDER, 2, SHOWN_WEAK},
	{"no value, as a program writes it", ENVIRON("KEY=undefined"), HOLDING_PLACEHOLDER, -1,
		SHOWN_WEAK},
	{"a reference that nobody resolved", ENVIRON("KEY=op://vault/item/field"),
		HOLDING_PLACEHOLDER, -1, SHOWN_PRINT},
	{"something else", ENVIRON("KEY=" STRANGE), HOLDING_OTHER, -1, SHOWN_PRINT},
	{"another one of the same length", ENVIRON("KEY=" READING "T3oXyN5vW1qF"), HOLDING_OTHER,
		-1, SHOWN_PRINT},
	{"one letter at both ends, which is no quote", ENVIRON("KEY=x" WINNER "x"), HOLDING_OTHER,
		-1, SHOWN_PRINT},
	{"something short", ENVIRON("KEY=x7Q"), HOLDING_OTHER, -1, SHOWN_WEAK},
	{"a worker's own is in pm2_env",
		ENVIRON("KEY=" WINNER "\0pm2_env={\"name\":\"web\",\"KEY\":\"" SHADOWED "\"}"),
		HOLDING_STALE, 1, SHOWN_PRINT},
	{"what pm2_env lacks is the daemon's", ENVIRON("pm2_env={\"name\":\"web\"}\0KEY=" WINNER),
		HOLDING_SAME, -1, SHOWN_PRINT},
	{"a pm2_env that is no JSON", ENVIRON("pm2_env={\0KEY=" WINNER), HOLDING_SAME, -1,
		SHOWN_PRINT},
};

static void each_state_is_told_from_the_others(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct holding *holding =
			compare(scene, cases[i].environment, cases[i].length);
		size_t length;

		print_message("%s\n", cases[i].what);
		assert_non_null(holding);
		if (!holding)
			abort();
		length = strlen(holding->fingerprint);
		assert_string_equal(
			holding_state_text(holding->state), holding_state_text(cases[i].state));
		assert_ptr_equal(holding->candidate,
			cases[i].candidate < 0 ? NULL : &scene->candidates[cases[i].candidate]);
		assert_int_equal(length, cases[i].shown == SHOWN_NOTHING ? 0
					 : cases[i].shown == SHOWN_WEAK  ? strlen("weak")
									 : 12);
		assert_true(
			cases[i].shown != SHOWN_WEAK || strcmp(holding->fingerprint, "weak") == 0);
	}
}

static void pm2_says_what_a_process_is_called(void **state)
{
	static const char cluster[] = "name=no\0pm2_env={\"name\":\"web\",\"pm_id\":3}";
	static const char fork[] = "name=w\x1bs\0pm_id=4";
	static const char other[] = "name=somebody";
	struct scene *scene = *state;

	(void)compare(scene, cluster, sizeof(cluster));
	assert_string_equal(scene->list.pm2_name, "web");
	assert_string_equal(scene->list.pm2_id, "3");
	(void)compare(scene, fork, sizeof(fork));
	assert_string_equal(scene->list.pm2_name, "w\\x1bs");
	assert_string_equal(scene->list.pm2_id, "4");
	(void)compare(scene, other, sizeof(other));
	assert_string_equal(scene->list.pm2_name, "");
}

static void only_keys_that_a_process_is_given_are_compared(void **state)
{
	static const char environment[] = "KEY=test";
	struct scene *scene = *state;
	const struct holding *holding;

	scene->key.flags = BUNDLE_KEY_SECRET;
	assert_null(compare(scene, environment, sizeof(environment)));
	scene->key.flags = BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT | BUNDLE_KEY_INHERITED;
	assert_null(compare(scene, environment, sizeof(environment)));
	scene->key.flags = BUNDLE_KEY_INJECT; // a setting may be called so, and is not called weak
	holding = compare(scene, environment, sizeof(environment));
	assert_non_null(holding);
	if (!holding)
		abort();
	assert_int_equal(holding->state, HOLDING_OTHER);
	assert_string_equal(holding->fingerprint, "");
	scene->key.count = 0; // the bundle has no value
	assert_null(compare(scene, "", 0));
	assert_non_null(compare(scene, environment, sizeof(environment)));
}

// Quotes around a value that can be guessed make nothing of it showable.
static void nothing_of_a_weak_value_is_shown_with_quotes_or_without(void **state)
{
	static const struct {
		const char *environment;
		enum holding_state state;
	} held[] = {
		{"KEY=qX7-zP2-mN5-kR", HOLDING_SAME}, {"KEY=\"qX7-zP2-mN5-kR\"", HOLDING_QUOTED}};
	struct scene *scene = *state;

	scene->candidates[0].value = text("qX7-zP2-mN5-kR");
	scene->key.flags |= BUNDLE_KEY_WEAK;
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		const struct holding *holding =
			compare(scene, held[i].environment, strlen(held[i].environment) + 1);

		assert_non_null(holding);
		if (!holding)
			abort();
		assert_int_equal(holding->state, held[i].state);
		assert_string_equal(holding->fingerprint, "weak");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_state_is_told_from_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(pm2_says_what_a_process_is_called, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_keys_that_a_process_is_given_are_compared, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_of_a_weak_value_is_shown_with_quotes_or_without, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
