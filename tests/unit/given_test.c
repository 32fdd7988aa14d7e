// SAMEKEY_RUN: what an outer run gave is known again, and whatever else stands in the variable,
// which anybody can set, counts as nothing.
// SPDX-License-Identifier: MIT
#include "loader/resolve/given.h"

#include "lib/base/pool.h"
#include "lib/value/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAME_AND_EQUALS strlen(GIVEN_VARIABLE "=")

struct scene {
	struct secret_arena *arena;
	struct pool *pool;
	struct fingerprint_key *key;
};

static struct secret value_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static const struct given *read_text(const struct scene *scene, const char *text)
{
	const struct given *given;

	assert_int_equal(given_read(text, scene->key, scene->pool, &given), 0);
	return given;
}

static void what_was_given_is_known_again(void **state)
{
	const struct scene *scene = *state;
	char *text = given_begin(scene->key, 3, scene->pool);
	char *end = text + strlen(text);
	const struct given *given;

	end = given_append(end, scene->key, "B", value_of("2"));
	end = given_append(end, scene->key, "A", value_of("1"));
	end = given_append(end, scene->key, "EMPTY", value_of(""));
	assert_ptr_equal(end, text + strlen(text));
	given = read_text(scene, text + NAME_AND_EQUALS);
	assert_true(given_has(given, scene->key, "A", value_of("1")));
	assert_true(given_has(given, scene->key, "B", value_of("2")));
	assert_true(given_has(given, scene->key, "EMPTY", value_of("")));
	assert_false(given_has(given, scene->key, "A", value_of("2"))); // changed since
	assert_false(given_has(given, scene->key, "C", value_of("1")));
	assert_null(strstr(text, "EMPTY"));
}

static void nothing_else_counts(void **state)
{
	const struct scene *scene = *state;
	char *text = given_begin(scene->key, 1, scene->pool), *good;
	char wrong[128];

	(void)given_append(text + strlen(text), scene->key, "A", value_of("1"));
	good = text + NAME_AND_EQUALS;
	assert_null(read_text(scene, NULL));
	assert_null(read_text(scene, ""));
	assert_null(read_text(scene, "1:"));
	assert_null(read_text(scene, "1:0123456789ab:00000000")); // another key's
	good[0] = '2';                                            // another version
	assert_null(read_text(scene, good));
	good[0] = '1';
	for (size_t cut = 0; cut < 8; cut++) { // half a hash is none
		(void)snprintf(wrong, sizeof(wrong), "%.*s", (int)(strlen(good) - 8 + cut), good);
		assert_false(given_has(read_text(scene, wrong), scene->key, "A", value_of("1")));
	}
	good[strlen(good) - 1] = 'G'; // no hex digit
	assert_false(given_has(read_text(scene, good), scene->key, "A", value_of("1")));
	assert_false(given_has(NULL, scene->key, "A", value_of("1")));
}

static int set_up(void **state)
{
	static struct scene scene;

	(void)setenv("HOME", "/nonexistent", 1); // a key of this process only
	(void)unsetenv("XDG_STATE_HOME");
	*state = &scene;
	scene.pool = pool_new();
	return secret_arena_open(NULL, &scene.arena, NULL) < 0
		       ? -1
		       : fingerprint_key_open(NULL, scene.arena, &scene.key, NULL);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	fingerprint_key_free(scene->key);
	secret_arena_free(scene->arena);
	pool_free(scene->pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_given_is_known_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_else_counts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
