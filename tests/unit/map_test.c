// A map finds what was put under a name, however many names there are.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAMES 20000u
#define NAME_ROOM 8u // "19999" and its NUL

static void a_name_is_found_by_its_bytes_and_length(void **state)
{
	own(map_release) struct map *map = map_new();

	(void)state;
	assert_non_null(map);
	assert_int_equal(map_find(map, "KEY", 3), MAP_ABSENT);
	assert_int_equal(map_put(map, "KEY=value", 3, 7), 0);
	assert_int_equal(map_find(map, "KEY", 3), 7);
	assert_int_equal(map_find(map, "KE", 2), MAP_ABSENT);
	assert_int_equal(map_find(map, "KEYS", 4), MAP_ABSENT);
	assert_int_equal(map_find(map, "key", 3), MAP_ABSENT);
	assert_int_equal(map_find(map, "", 0), MAP_ABSENT);
}

static void the_later_number_counts(void **state)
{
	own(map_release) struct map *map = map_new();

	(void)state;
	assert_non_null(map);
	assert_int_equal(map_put(map, "KEY", 3, 1), 0);
	assert_int_equal(map_put(map, "OTHER", 5, 2), 0);
	assert_int_equal(map_put(map, "KEY", 3, 3), 0);
	assert_int_equal(map_find(map, "KEY", 3), 3);
	assert_int_equal(map_find(map, "OTHER", 5), 2);
}

static void many_names_are_kept_while_it_grows(void **state)
{
	own(map_release) struct map *map = map_new();
	own_free char *names = calloc(NAMES, NAME_ROOM);

	(void)state;
	assert_non_null(map);
	assert_non_null(names);
	for (size_t i = 0; i < NAMES; i++) {
		char *name = names + i * NAME_ROOM;

		(void)snprintf(name, NAME_ROOM, "%zu", i);
		assert_int_equal(map_find(map, name, strlen(name)), MAP_ABSENT);
		assert_int_equal(map_put(map, name, strlen(name), i), 0);
	}
	for (size_t i = 0; i < NAMES; i++)
		assert_int_equal(
			map_find(map, names + i * NAME_ROOM, strlen(names + i * NAME_ROOM)), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_by_its_bytes_and_length),
		cmocka_unit_test(the_later_number_counts),
		cmocka_unit_test(many_names_are_kept_while_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
