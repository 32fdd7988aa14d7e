// The walk over folders and plain files: what is looked at, in which order, and what is passed
// over.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "lib/base/err.h"
#include "tests/unit/packing.h"
#include "tests/unit/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NOBODY 65534

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static void assert_places(const struct unpacked *got, const char *expected)
{
	own_free char *places = unpacked_places(got);

	assert_string_equal(places, expected);
}

static void files_come_in_the_order_of_their_names_folders_among_them(void **state)
{
	struct unpacked got;

	(void)state;
	make_folder("b");
	unpacked_write_text("b/2", "two");
	unpacked_write_text("b/1", "one");
	unpacked_write_text("c", "three");
	unpacked_write_text("a", "zero");
	unpacked_write_text("B", "first");
	unpacked_path(".", &got);
	assert_places(&got, " B a b/1 b/2 c");
	assert_true(unpacked_has(&got, "b/1", "one"));
	assert_string_equal(got.named, "B 5\na 4\nb/1 3\nb/2 3\nc 5\n");
	assert_string_equal(got.skipped, "");
	assert_int_equal(got.total.files, 5);
	assert_int_equal(got.total.bytes, 5 + 4 + 3 + 3 + 5);
	assert_false(got.total.timed_out);
	unpacked_done(&got);
}

static void a_path_is_shown_from_the_path_of_the_job_on(void **state)
{
	static const struct {
		const char *path, *places;
	} cases[] = {
		{"top", " top/in/x"}, {"top/", " top/in/x"}, {"./top", " ./top/in/x"},
		{"top/in/x", " top/in/x"},
		{"link", " link/in/x"}, // given as a path, a link is followed
	};

	(void)state;
	make_folder("top");
	make_folder("top/in");
	unpacked_write_text("top/in/x", "x");
	assert_int_equal(symlink("top", "link"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct unpacked got;

		unpacked_path(cases[i].path, &got);
		assert_places(&got, cases[i].places);
		unpacked_done(&got);
	}
}

static void links_below_are_not_followed_and_a_file_with_two_names_counts_twice(void **state)
{
	struct unpacked got;

	(void)state;
	make_folder("top");
	make_folder("top/in");
	unpacked_write_text("outside", "outside");
	unpacked_write_text("top/file", "inside");
	assert_int_equal(link("top/file", "top/same"), 0);
	assert_int_equal(symlink("../../outside", "top/in/out"), 0);
	assert_int_equal(symlink("../../top", "top/in/loop"), 0);
	assert_int_equal(symlink("self", "top/in/self"), 0);
	assert_int_equal(symlink("/etc", "top/in/etc"), 0);
	unpacked_path("top", &got);
	assert_places(&got, " top/file top/same");
	unpacked_done(&got);
}

static void fifos_are_not_waited_for(void **state)
{
	struct unpacked got;

	(void)state;
	make_folder("top");
	assert_int_equal(mkfifo("top/fifo", 0600), 0);
	unpacked_write_text("top/x", "x");
	unpacked_path("top", &got);
	assert_places(&got, " top/x");
	unpacked_done(&got);
}

static void what_is_excluded_is_passed_over(void **state)
{
	static const char *const paths[] = {"top"};
	static const struct {
		const char *excluded, *places;
	} cases[] = {
		{"cache", " top/b/d/x top/caches top/x"},
		{"x", " top/caches"},
		{"b/cache", " top/b/d/x top/cache/x top/caches top/x"},
		{"b/", " top/cache/x top/caches top/x"},
		{"top", " top/b/cache/x top/b/d/x top/cache/x top/caches top/x"},
		{"", " top/b/cache/x top/b/d/x top/cache/x top/caches top/x"},
	};

	(void)state;
	make_folder("top");
	make_folder("top/b");
	make_folder("top/b/cache");
	make_folder("top/b/d");
	make_folder("top/cache");
	unpacked_write_text("top/b/cache/x", "x");
	unpacked_write_text("top/b/d/x", "x");
	unpacked_write_text("top/cache/x", "x");
	unpacked_write_text("top/caches", "x");
	unpacked_write_text("top/x", "x");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct scanjob job = {.paths = paths,
			.path_count = 1,
			.excluded = &cases[i].excluded,
			.excluded_count = 1};
		struct unpacked got = {.keep = true};

		unpacked_walk(&job, &got);
		assert_places(&got, cases[i].places);
		unpacked_done(&got);
	}
}

static void paths_that_overlap_are_looked_at_once(void **state)
{
	static const char *const paths[] = {"top", "top/in", "top/./in", "top/in/y"};
	const struct scanjob job = {.paths = paths, .path_count = ARRAY_SIZE(paths)};
	struct unpacked got = {.keep = true};

	(void)state;
	make_folder("top");
	make_folder("top/in");
	unpacked_write_text("top/in/x", "x");
	unpacked_write_text("top/in/y", "y");
	unpacked_write_text("top/z", "z");
	unpacked_walk(&job, &got);
	assert_places(&got, " top/z top/in/x top/in/y");
	unpacked_done(&got);
}

static void odd_names_are_shown_escaped(void **state)
{
	struct unpacked got;

	(void)state;
	unpacked_write_text("a\nb", "1");
	unpacked_write_text("\xff", "2");
	unpacked_write_text("\xc3\xa4 b", "3");
	unpacked_path(".", &got);
	assert_places(&got, " a\\x0ab \xc3\xa4 b \\xff");
	unpacked_done(&got);
}

static void a_sparse_file_of_a_terabyte_takes_no_time(void **state)
{
	const off_t far = (off_t)1 << 39;
	own_fd int fd = open("sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const struct unpacked_stream *stream;
	struct unpacked got;

	(void)state;
	assert_int_equal(ftruncate(fd, 2 * far), 0);
	assert_int_equal(pwrite(fd, "needle", 6, far + 3), 6);
	unpacked_path("sparse", &got);
	assert_int_equal(got.count, 1);
	stream = got.streams[0];
	assert_true(stream->offset <= (uint64_t)far + 3);
	assert_true(stream->offset + stream->size >= (uint64_t)far + 9);
	assert_true(stream->size < 64 * 1024 * 1024);
	assert_memory_equal(stream->bytes + ((uint64_t)far + 3 - stream->offset), "needle", 6);
	assert_string_equal(got.skipped, "");
	unpacked_done(&got);
}

static void what_lies_on_both_sides_of_a_hole_are_two_streams(void **state)
{
	own_fd int fd = open("sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct unpacked got;

	(void)state;
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	assert_int_equal(pwrite(fd, "left", 4, 0), 4);
	assert_int_equal(pwrite(fd, "right", 5, 32 << 20), 5);
	unpacked_path("sparse", &got);
	assert_int_equal(got.count, 2);
	assert_non_null(unpacked_at(&got, "sparse", 0));
	assert_non_null(unpacked_at(&got, "sparse", 32 << 20));
	unpacked_done(&got);
}

static void of_a_file_over_the_limit_the_beginning_is_looked_at(void **state)
{
	static const char *const paths[] = {"x"};
	const struct scanjob job = {.paths = paths, .path_count = 1, .max_file = 4};
	struct unpacked got = {.keep = true};

	(void)state;
	unpacked_write_text("x", "1234567");
	unpacked_walk(&job, &got);
	assert_int_equal(got.total.bytes, 4);
	assert_string_equal(
		got.skipped, "x: it is larger than the limit: only its beginning was looked at\n");
	unpacked_done(&got);
}

static void folders_nested_too_deep_are_said(void **state)
{
	static char path[2 * WALK_FOLDERS + 20];
	struct unpacked got;

	(void)state;
	for (unsigned i = 0; i < WALK_FOLDERS + 2; i++) {
		(void)snprintf(path + 2 * i, sizeof(path) - 2 * i, "d/");
		make_folder(path);
	}
	unpacked_path(".", &got);
	assert_non_null(strstr(got.skipped, ": folders are nested deeper than the limit\n"));
	unpacked_done(&got);
}

static void a_path_that_is_not_there_or_no_file_is_named(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{"nowhere", -ENOENT}, {"fifo", -EINVAL}, {"/dev/null", -EINVAL}, {"loop", -ELOOP}};

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct scanjob job = {.paths = &cases[i].path, .path_count = 1};
		struct err err = ERR_NONE;
		struct walk *walk = NULL;

		assert_int_equal(walk_open(&job, &walk, &err), cases[i].code);
		assert_string_equal(err.where, cases[i].path);
		assert_null(walk);
	}
}

static void another_user_skips_what_may_not_be_read(void **state)
{
	pid_t child;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_folder("closed");
	unpacked_write_text("closed/x", "x");
	unpacked_write_text("secret", "x");
	unpacked_write_text("open", "x");
	assert_int_equal(chmod("closed", 0700), 0);
	assert_int_equal(chmod("secret", 0600), 0);
	assert_int_equal(chmod(".", 0755), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct unpacked got;
		bool right;

		if (setuid(NOBODY) < 0)
			_exit(1);
		unpacked_path(".", &got);
		right = got.count == 1 &&
			strcmp(got.skipped,
				"closed: Permission denied\nsecret: Permission denied\n") == 0;
		unpacked_done(&got);
		_exit(right ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, packing_set_up, packing_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_come_in_the_order_of_their_names_folders_among_them),
		TEST(a_path_is_shown_from_the_path_of_the_job_on),
		TEST(links_below_are_not_followed_and_a_file_with_two_names_counts_twice),
		TEST(fifos_are_not_waited_for),
		TEST(what_is_excluded_is_passed_over),
		TEST(paths_that_overlap_are_looked_at_once),
		TEST(odd_names_are_shown_escaped),
		TEST(a_sparse_file_of_a_terabyte_takes_no_time),
		TEST(what_lies_on_both_sides_of_a_hole_are_two_streams),
		TEST(of_a_file_over_the_limit_the_beginning_is_looked_at),
		TEST(folders_nested_too_deep_are_said),
		TEST(a_path_that_is_not_there_or_no_file_is_named),
		TEST(another_user_skips_what_may_not_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
