// The guarded arena: blocks do not overlap, come zeroed, are wiped when given back and used again.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct secret_arena *open_arena(size_t cap, bool memfd)
{
	struct secret_arena *arena = NULL;
	const struct secret_options options = {.cap = cap, .memfd = memfd};

	assert_int_equal(secret_arena_open(&options, &arena, NULL), 0);
	return arena;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return sodium_is_zero(bytes, size);
}

static void blocks_are_zeroed_aligned_and_apart(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	uint8_t *blocks[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = secret_arena_take(arena, i * 100);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % 64, 0);
		assert_true(is_zero(blocks[i], i * 100));
		memset(blocks[i], (int)i + 1, i * 100);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		for (size_t j = 0; j < i * 100; j++)
			assert_int_equal(blocks[i][j], i + 1);
}

static void a_block_given_back_is_wiped_and_used_again(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	uint8_t *first = secret_arena_take(arena, 1000), *second = secret_arena_take(arena, 1000);
	uint8_t *last = secret_arena_take(arena, 10);

	(void)state;
	assert_true(first && second && last);
	memset(first, 'x', 1000);
	secret_arena_give(arena, first, 1000);
	assert_true(is_zero(first, 1000));
	assert_ptr_equal(secret_arena_take(arena, 1000), first);
	secret_arena_give(arena, NULL, 5); // nothing
}

static void what_was_used_of_a_block_is_wiped(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	uint8_t *block = secret_arena_take(arena, 5000), *fence = secret_arena_take(arena, 1);

	(void)state;
	assert_true(block && fence);
	memset(block, 'x', 70);
	secret_arena_give_used(arena, block, 5000, 70);
	assert_true(is_zero(block, 5000));
	assert_ptr_equal(secret_arena_take(arena, 5000), block);
	secret_arena_give_used(arena, block, 5000, 0);
	assert_ptr_equal(secret_arena_take(arena, 5000), block);
	secret_arena_give_used(arena, NULL, 5, 5); // nothing
}

static void neighbours_join_in_every_order(void **state)
{
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
		uint8_t *blocks[3], *fence;

		for (size_t j = 0; j < 3; j++)
			blocks[j] = secret_arena_take(arena, 64);
		fence = secret_arena_take(arena, 64);
		assert_non_null(fence);
		for (size_t j = 0; j < 3; j++)
			secret_arena_give(arena, blocks[orders[i][j]], 64);
		assert_ptr_equal(secret_arena_take(arena, 3 * 64), blocks[0]);
	}
}

// Many takes and gives of many sizes: what lies there is never somebody else's.
static void a_long_life_keeps_order(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	uint8_t *blocks[64] = {NULL};
	size_t sizes[64] = {0};

	(void)state;
	for (size_t turn = 0; turn < 20000; turn++) {
		size_t i = randombytes_uniform(64);

		if (blocks[i]) {
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(blocks[i][j], i + 1);
			secret_arena_give(arena, blocks[i], sizes[i]);
			blocks[i] = NULL;
			continue;
		}
		sizes[i] = randombytes_uniform(3000);
		blocks[i] = secret_arena_take(arena, sizes[i]);
		assert_non_null(blocks[i]);
		assert_true(is_zero(blocks[i], sizes[i]));
		memset(blocks[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < 64; i++)
		secret_arena_give(arena, blocks[i], sizes[i]);
	// all is one run again: the whole first step is there
	assert_non_null(secret_arena_take(arena, 64 * 1024));
}

static void the_cap_holds(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(64 * 1024, false);

	(void)state;
	assert_null(secret_arena_take(arena, 64 * 1024 + 1));
	assert_null(secret_arena_take(arena, SIZE_MAX));
	assert_non_null(secret_arena_take(arena, 64 * 1024));
	assert_null(secret_arena_take(arena, 1));
}

static void it_says_how_well_it_guards(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	own(secret_arena_release) struct secret_arena *hidden = open_arena(0, true);

	(void)state;
	assert_non_null(secret_arena_take(arena, 1));
	assert_true(secret_arena_guard(arena).no_dump);
	assert_false(secret_arena_guard(arena).hidden);
	assert_non_null(secret_arena_take(hidden, 100000));
	if (secret_arena_guard(hidden).hidden)
		assert_true(secret_arena_guard(hidden).no_dump);
}

static void a_child_has_none_of_them(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	struct secret copy;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(secret_copy(arena, "value", 5, &copy), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(is_zero(secret_bytes(copy), copy.length) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(secret_is(copy, "value"));
}

static void comparing_and_copying(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = open_arena(0, false);
	struct secret copy;

	(void)state;
	assert_int_equal(secret_copy(arena, "value", 5, &copy), 0);
	assert_true(secret_is(copy, "value"));
	assert_false(secret_is(copy, "valu"));
	assert_false(secret_is(copy, "Value"));
	assert_true(secret_equal(copy, secret_view("value", 5)));
	assert_true(secret_equal(SECRET_NONE, secret_view("", 0)));
	assert_false(secret_equal(copy, SECRET_NONE));
	assert_int_equal(secret_copy(arena, NULL, 0, &copy), 0);
	assert_int_equal(copy.length, 0);
	assert_null(secret_arena_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_zeroed_aligned_and_apart),
		cmocka_unit_test(a_block_given_back_is_wiped_and_used_again),
		cmocka_unit_test(what_was_used_of_a_block_is_wiped),
		cmocka_unit_test(neighbours_join_in_every_order),
		cmocka_unit_test(a_long_life_keeps_order),
		cmocka_unit_test(the_cap_holds),
		cmocka_unit_test(it_says_how_well_it_guards),
		cmocka_unit_test(a_child_has_none_of_them),
		cmocka_unit_test(comparing_and_copying),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
