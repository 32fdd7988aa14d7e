// The walk while things go wrong: a file that changes meanwhile, time that is over, and a taker
// that fails.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "tests/unit/packing.h"
#include "tests/unit/unpacked.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

// Changes the file at its first piece.
struct meddler {
	const char *path;
	off_t size;
	const char *why;
};

static void *meddle_begin(void *user, const struct scanreport_place *place)
{
	struct meddler *meddler = user;

	(void)place;
	assert_int_equal(truncate(meddler->path, meddler->size), 0);
	return meddler;
}

static int meddle_feed(void *stream, const uint8_t *bytes, size_t size)
{
	(void)stream, (void)bytes, (void)size;
	return 0;
}

static int meddle_end(void *stream)
{
	(void)stream;
	return 0;
}

static void meddle_skipped(void *user, const struct scanreport_place *place, const char *why)
{
	struct meddler *meddler = user;

	(void)place;
	assert_null(meddler->why);
	meddler->why = why;
}

static void a_file_that_changes_meanwhile_is_bounded_and_said(void **state)
{
	static const char *const paths[] = {"x"};
	const struct scanjob job = {.paths = paths, .path_count = 1};
	const off_t sizes[] = {0, 10, 300000, (off_t)1 << 30};
	static uint8_t bytes[1000000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct meddler meddler = {"x", sizes[i], NULL};
		struct walk_taker taker = {meddle_begin, meddle_feed, meddle_end, meddle_skipped,
			NULL, NULL, &meddler};
		struct walk_total total;
		struct walk *walk = NULL;

		memset(bytes, 'x', sizeof(bytes));
		unpacked_write("x", bytes, sizeof(bytes));
		assert_int_equal(walk_open(&job, &walk, NULL), 0);
		assert_int_equal(walk_run(walk, &taker, &total), 0);
		assert_null(walk_close(walk));
		assert_true(total.bytes <= sizeof(bytes));
		assert_non_null(meddler.why);
		assert_string_equal(meddler.why, "it changed while it was read");
	}
}

// Takes so long that the time is over.
static int slow_feed(void *stream, const uint8_t *bytes, size_t size)
{
	struct timespec pause = {.tv_sec = 1, .tv_nsec = 1000000};

	(void)stream, (void)bytes, (void)size;
	return nanosleep(&pause, NULL);
}

static void when_time_is_over_the_walk_ends(void **state)
{
	static const char *const paths[] = {"."};
	const struct scanjob job = {.paths = paths, .path_count = 1, .timeout_s = 1};
	struct meddler meddler = {"x", 1, NULL};
	struct walk_taker taker = {
		meddle_begin, slow_feed, meddle_end, meddle_skipped, NULL, NULL, &meddler};
	struct walk_total total;
	struct walk *walk = NULL;

	(void)state;
	unpacked_write_text("x", "x");
	unpacked_write_text("y", "y");
	assert_int_equal(walk_open(&job, &walk, NULL), 0);
	assert_int_equal(walk_run(walk, &taker, &total), 0);
	assert_null(walk_close(walk));
	assert_true(total.timed_out);
	assert_int_equal(total.files, 1);
}

static int failing_feed(void *stream, const uint8_t *bytes, size_t size)
{
	(void)stream, (void)bytes, (void)size;
	return -ENOMEM;
}

static void *failing_begin(void *user, const struct scanreport_place *place)
{
	(void)user, (void)place;
	return NULL;
}

static void a_taker_that_fails_ends_the_walk(void **state)
{
	static const char *const paths[] = {"."};
	const struct scanjob job = {.paths = paths, .path_count = 1};

	(void)state;
	unpacked_write_text("x", "x");
	for (int i = 0; i < 2; i++) {
		struct meddler meddler = {"x", 1, NULL};
		struct walk_taker taker = {i ? failing_begin : meddle_begin, failing_feed,
			meddle_end, meddle_skipped, NULL, NULL, &meddler};
		struct walk_total total;
		struct walk *walk = NULL;

		assert_int_equal(walk_open(&job, &walk, NULL), 0);
		assert_int_equal(walk_run(walk, &taker, &total), -ENOMEM);
		assert_null(walk_close(walk));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, packing_set_up, packing_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_changes_meanwhile_is_bounded_and_said),
		TEST(when_time_is_over_the_walk_ends),
		TEST(a_taker_that_fails_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
