// What PM2 writes: a worker's pm2_env, a dump of several apps, and what is neither.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/pm2env.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct scene {
	struct pool *pool;
	struct secret_arena *arena;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct err err = ERR_NONE;

	if (!scene)
		return -1;
	*state = scene;
	scene->pool = pool_new();
	return scene->pool && secret_arena_open(NULL, &scene->arena, &err) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	(void)pool_free(scene->pool);
	(void)secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

static int read_text(
	struct scene *scene, const char *text, const struct pm2env **ret_apps, size_t *ret_count)
{
	return pm2env_read(
		secret_view(text, strlen(text)), scene->arena, scene->pool, ret_apps, ret_count);
}

static const struct {
	const char *what, *text, *name, *value; // value NULL: it is not there
} variables[] = {
	{"flat", "{\"A\":\"1\",\"name\":\"web\"}", "A", "1"},
	{"in env", "{\"name\":\"web\",\"env\":{\"A\":\"1\"}}", "A", "1"},
	{"env is laid over the app", "{\"A\":\"old\",\"env\":{\"A\":\"new\"}}", "A", "new"},
	{"the other way round", "{\"env\":{\"A\":\"new\"},\"A\":\"old\"}", "A", "new"},
	{"empty", "{\"env\":{\"A\":\"\"}}", "A", ""},
	{"the last of two counts, as for JSON.parse", "{\"A\":\"1\",\"A\":\"2\"}", "A", "2"},
	{"escapes are undone", "{\"A\":\"x\\u00e9\\n\\\"\"}", "A", "x\xc3\xa9\n\""},
	{"a number is its digits", "{\"A\":3000}", "A", "3000"},
	{"a fraction", "{\"A\":1.5}", "A", "1.5"},
	{"true", "{\"A\":true}", "A", "true"},
	{"null is the word", "{\"A\":null}", "A", "null"},
	{"an object is no variable", "{\"A\":{\"B\":\"1\"}}", "A", NULL},
	{"a list is no variable", "{\"A\":[\"1\"]}", "A", NULL},
	{"env is no object", "{\"env\":\"x\",\"A\":\"1\"}", "A", "1"},
	{"a name that begins so", "{\"AB\":\"1\"}", "A", NULL},
	{"nothing", "{}", "A", NULL},
};

static void a_variable_is_found_where_pm2_writes_it(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const struct pm2env *apps = NULL;
		struct secret value;
		size_t count = 0;

		print_message("%s\n", variables[i].what);
		assert_int_equal(read_text(scene, variables[i].text, &apps, &count), 0);
		assert_int_equal(count, 1);
		assert_int_equal(
			pm2env_find(apps, variables[i].name, &value), variables[i].value != NULL);
		assert_true(!variables[i].value || secret_is(value, variables[i].value));
	}
}

static void each_app_is_known_by_its_name_and_id(void **state)
{
	struct scene *scene = *state;
	const struct pm2env *apps = NULL;
	size_t count = 0;

	assert_int_equal(
		read_text(scene,
			"[{\"name\":\"web\",\"pm_id\":0,\"exec_mode\":\"cluster_mode\","
			"\"pm_exec_path\":\"/srv/server.js\"},{\"name\":\"w\\u001bs\",\"env\":{}}]",
			&apps, &count),
		0);
	assert_int_equal(count, 2);
	assert_string_equal(apps[0].name, "web");
	assert_string_equal(apps[0].id, "0");
	assert_string_equal(apps[0].mode, "cluster_mode");
	assert_string_equal(apps[0].script, "/srv/server.js");
	assert_string_equal(apps[1].name, "w\\x1bs");
	assert_string_equal(apps[1].id, "");
	assert_int_equal(read_text(scene, "[]", &apps, &count), 0);
	assert_int_equal(count, 0);
}

static void what_pm2_did_not_write_is_refused(void **state)
{
	static const char *const texts[] = {"", "x", "{", "\"text\"", "17", "[17]", "[[]]", "{}x",
		"{\"A\":\"\\u0000\"}", "{\"A\":\"\xff\"}"};
	struct scene *scene = *state;
	const struct pm2env *apps = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		print_message("%s\n", texts[i]);
		assert_int_equal(read_text(scene, texts[i], &apps, &count), PM2ENV_E_OTHER);
	}
}

static void *watched_malloc(size_t size)
{
	return calloc(1, size);
}

static void watched_free(void *block)
{
	free(block);
}

// jansson's functions are put back, and trees made before still are theirs.
static void the_memory_functions_of_jansson_are_put_back(void **state)
{
	struct scene *scene = *state;
	const struct pm2env *apps = NULL;
	json_malloc_t malloc_now;
	json_free_t free_now;
	size_t count = 0;
	json_t *before;

	json_set_alloc_funcs(watched_malloc, watched_free);
	before = json_string("text");
	assert_int_equal(read_text(scene, "{\"A\":\"1\"}", &apps, &count), 0);
	assert_int_equal(read_text(scene, "{\"A\":", &apps, &count), PM2ENV_E_OTHER);
	json_get_alloc_funcs(&malloc_now, &free_now);
	assert_true(malloc_now == watched_malloc && free_now == watched_free);
	json_decref(before);
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_variable_is_found_where_pm2_writes_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			each_app_is_known_by_its_name_and_id, setup, teardown),
		cmocka_unit_test_setup_teardown(what_pm2_did_not_write_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_memory_functions_of_jansson_are_put_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
