// Pool and map: what was taken stays where it is, what was put is found.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"
#include "lib/base/pool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void bytes_are_zeroed_aligned_and_stay(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	uint8_t *blocks[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = pool_take(pool, i * 10);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < i * 10; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)(i % 255) + 1, i * 10);
	}
	assert_non_null(pool_take(pool, 1 << 20)); // larger than any chunk
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		for (size_t j = 0; j < i * 10; j++)
			assert_int_equal(blocks[i][j], i % 255 + 1);
}

static void a_product_that_overflows_is_refused(void **state)
{
	own(pool_release) struct pool *pool = pool_new();

	(void)state;
	assert_null(pool_array(pool, SIZE_MAX / 2, 4));
	assert_null(pool_take(pool, SIZE_MAX));
	assert_null(pool_take(pool, SIZE_MAX - 8));
	assert_non_null(pool_array(pool, 0, 8));
}

static void texts(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	static char large[100001];

	(void)state;
	assert_string_equal(pool_text(pool, "abcdef", 3), "abc");
	assert_string_equal(pool_copy(pool, "abc"), "abc");
	assert_null(pool_copy(pool, NULL));
	assert_string_equal(pool_format(pool, "%s:%d", "x", 7), "x:7");
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(strlen(pool_format(pool, "%s", large)), 100000);
	assert_null(pool_free(NULL));
}

static void a_list_grows_and_keeps_its_items(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	struct pool_list list = {0};

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		size_t *item = pool_push(pool, &list, sizeof(*item));

		assert_non_null(item);
		*item = i;
	}
	assert_int_equal(list.count, 10000);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(((size_t *)list.items)[i], i);
}

static void a_list_of_texts_takes_no_missing_one(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	struct pool_list list = {0};

	(void)state;
	assert_int_equal(pool_push_text(pool, &list, "a"), 0);
	assert_int_equal(pool_push_text(pool, &list, NULL), -ENOMEM);
	assert_int_equal(pool_push_text(pool, &list, "b"), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(((const char **)list.items)[1], "b");
}

static void a_map_finds_what_was_put(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(map_release) struct map *map = map_new();

	(void)state;
	assert_int_equal(map_find(map, "a", 1), MAP_ABSENT);
	for (size_t i = 0; i < 20000; i++) {
		char *name = pool_format(pool, "NAME_%zu", i);

		assert_int_equal(map_put(map, name, strlen(name), i), 0);
	}
	for (size_t i = 0; i < 20000; i++) {
		char *name = pool_format(pool, "NAME_%zu", i);

		assert_int_equal(map_find(map, name, strlen(name)), i);
	}
	assert_int_equal(map_find(map, "NAME_", 5), MAP_ABSENT);
	assert_int_equal(map_find(map, "NAME_12345678", 6), 1); // by length, not by NUL
	assert_int_equal(map_put(map, "NAME_7", 6, 99), 0);
	assert_int_equal(map_find(map, "NAME_7", 6), 99);
	assert_int_equal(map_put(map, "", 0, 5), 0);
	assert_int_equal(map_find(map, "", 0), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_zeroed_aligned_and_stay),
		cmocka_unit_test(a_product_that_overflows_is_refused),
		cmocka_unit_test(texts),
		cmocka_unit_test(a_list_grows_and_keeps_its_items),
		cmocka_unit_test(a_list_of_texts_takes_no_missing_one),
		cmocka_unit_test(a_map_finds_what_was_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
