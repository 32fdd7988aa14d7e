// The store in a file while another program is at its database: rows that it wrote, and its locks.
// SPDX-License-Identifier: MIT
#include "tests/unit/storefile.h"

#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>

#include <cmocka.h>

static sqlite3 *other_program(const struct storefile *scene)
{
	sqlite3 *other = NULL;

	assert_int_equal(sqlite3_open(scene->path, &other), SQLITE_OK);
	return other;
}

static void say(sqlite3 *other, const char *statement)
{
	assert_int_equal(sqlite3_exec(other, statement, NULL, NULL, NULL), SQLITE_OK);
}

// ---- rows

struct told {
	size_t count;
	struct store_revocation last;
};

static void note(void *owner, const struct store_revocation *revocation)
{
	struct told *told = owner;

	told->count++;
	told->last = *revocation;
}

static size_t news(const struct storefile *scene, struct told *told)
{
	told->count = 0;
	assert_int_equal(store_news(scene->store, storefile_now.wall_ms, note, told), 0);
	return told->count;
}

static void a_revocation_that_cannot_be_read_keeps_back_no_other(void **state)
{
	static const char *const bad[] = {"x'0102'", "zeroblob(17)", "'a' || char(0) || 'b'",
		"replace(hex(zeroblob(128)), '0', 'a')"};
	struct storefile *scene = *state;
	struct store_op op = storefile_about(STORE_CREATE, 1);
	sqlite3 *other;
	struct told told;
	char statement[256];

	assert_int_equal(storefile_open(scene), 0);
	assert_int_equal(storefile_apply(scene, &op), 0);
	other = other_program(scene);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(statement, sizeof(statement),
			"INSERT INTO revocations (name, until) VALUES (%s, %lld)", bad[i],
			(long long)(STOREFILE_WALL + STOREFILE_DAY));
		say(other, statement);
	}
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	op = storefile_about(STORE_END_FAMILY, 1);
	assert_int_equal(storefile_apply(scene, &op), 0);
	for (size_t times = 0; times < 2; times++) {
		assert_int_equal(news(scene, &told), 1);
		assert_int_equal(told.last.family[0], 1);
		assert_int_equal(scene->store->unread, ARRAY_SIZE(bad));
		assert_int_equal(news(scene, &told), 0); // each is met once
		assert_int_equal(scene->store->unread, ARRAY_SIZE(bad));
		assert_int_equal(storefile_open(scene), 0);
	}
}

// ---- locks

// Whoever waited meanwhile is recalled like the one who tried.
static void one_that_is_locked_can_still_be_read(void **state)
{
	struct storefile *scene = *state;
	struct store_op made = storefile_about(STORE_CREATE, 1);
	struct store_op tried = storefile_about(STORE_USE, 1);
	struct store_op known = storefile_about(STORE_USE, 1);
	struct store_op unknown = storefile_about(STORE_USE, 2);
	struct store_op look = storefile_about(STORE_LOOK, 1);
	struct store_op end = storefile_about(STORE_END_FAMILY, 1);
	sqlite3 *other;

	assert_int_equal(storefile_open(scene), 0);
	assert_int_equal(storefile_apply(scene, &made), 0);
	other = other_program(scene);
	say(other, "BEGIN IMMEDIATE");
	assert_int_equal(storefile_apply(scene, &tried), -EAGAIN);
	assert_true(tried.remembered);
	store_pass_over(scene->store, &known, &storefile_now);
	assert_int_equal(known.code, -EAGAIN);
	assert_true(known.remembered);
	assert_int_equal(known.outcome, FAMILY_HELD);
	assert_string_equal(known.family.subject, "u1");
	store_pass_over(scene->store, &unknown, &storefile_now);
	assert_int_equal(unknown.code, -EAGAIN);
	assert_false(unknown.remembered);
	store_pass_over(scene->store, &look, &storefile_now);
	assert_int_equal(look.code, 0);
	store_pass_over(scene->store, &end, &storefile_now);
	assert_int_equal(end.code, -EAGAIN);
	assert_int_equal(end.ended, 0);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	tried = storefile_about(STORE_USE, 1);
	assert_int_equal(storefile_apply(scene, &tried), 0);
	assert_int_equal(tried.outcome, FAMILY_ROTATED);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, storefile_set_up, storefile_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(a_revocation_that_cannot_be_read_keeps_back_no_other),
		ROW(one_that_is_locked_can_still_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
