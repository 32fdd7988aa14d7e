// Containers that are broken, or unpack to too much, too deep or too many: what is told, and
// that never more than the limits allow comes out; and how members are named.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "tests/unit/packed.h"
#include "tests/unit/packing.h"
#include "tests/unit/unpacked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)
#ifdef __SANITIZE_ADDRESS__ // which keeps what was freed
#define RESIDENT_KIB_MAX (1024 * 1024)
#else
#define RESIDENT_KIB_MAX (64 * 1024)
#endif

// 64 MiB of zeros
static const char brotli_bomb[] =
	"\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4f\x00\xc4\x61"
	"\x11\x80\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1"
	"\x3f\x01\x10\x87\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x7f\x02\x20\x0e\x0b\x00\x74\xef\xff"
	"\xf8\xff\xff\x07\xff\x04\x40\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c"
	"\x00\xd0\xbd\xff\xcb\xff\xff\x3f\xfc\x13\x00\x71\x58\x00\xa0\x7b\xff\x07";

static void a_checksum_that_is_wrong_is_said_and_the_bytes_are_looked_at(void **state)
{
	struct packed packed = packing_make_zip();
	struct unpacked got;
	uint8_t *after = memmem(packed.bytes, packed.size, "PK\x07\x08", 4);

	(void)state;
	if (!after)
		abort();
	after[4] ^= 1;
	unpacked_write("x", packed.bytes, packed.size);
	unpacked_path("x", &got);
	assert_string_equal(got.skipped, "x: app/page.js: it is broken\n");
	assert_true(unpacked_has(&got, "x: app/page.js", "the first needle"));
	assert_true(unpacked_has(&got, "x: .env", "second needle"));
	unpacked_done(&got);
	packed_done(&packed);
}

static size_t needle_end(const struct packed *packed, const char *needle)
{
	const uint8_t *at = memmem(packed->bytes, packed->size, needle, strlen(needle));

	assert_non_null(at);
	return (size_t)(at - packed->bytes) + strlen(needle);
}

#define BEHIND_NEEDLE 0 // is where it is cut

static void what_is_cut_off_is_said(void **state)
{
	static const struct {
		struct packed (*make)(void);
		size_t size;
		const char *skipped, *place, *needle;
	} cuts[] = {
		{packing_make_ustar, 520, "cut: app/page.js: it is truncated\n", "cut: app/page.js",
			"the firs"},
		{packing_make_ustar, 1030, "cut: it is truncated\n", "cut: app/page.js",
			"the first needle"},
		{packing_make_gzip, 20, "cut: gzip: it is truncated\n", "cut: gzip", "a need"},
		{packing_make_gzip, 30, "cut: gzip: it is truncated\n", "cut: gzip",
			"a needle in gzip"},
		{packing_make_zip, 75, "cut: app/page.js: it is truncated\n", "cut: app/page.js",
			"the"},
		{packing_make_stored_zip, BEHIND_NEEDLE, "cut: app/page.js: it is truncated\n",
			"cut", "the first needl"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct packed packed = cuts[i].make();
		size_t size = cuts[i].size;
		struct unpacked got;

		if (size == BEHIND_NEEDLE)
			size = needle_end(&packed, cuts[i].needle);
		unpacked_write("cut", packed.bytes, size);
		unpacked_path("cut", &got);
		assert_string_equal(got.skipped, cuts[i].skipped);
		if (!unpacked_has(&got, cuts[i].place, cuts[i].needle))
			fail_msg("%zu bytes: no \"%s\"", cuts[i].size, cuts[i].needle);
		unpacked_done(&got);
		packed_done(&packed);
	}
}

// A frame and a source map wherever the pieces of a file are put together.
static void what_lies_across_two_pieces_is_found(void **state)
{
	enum { PIECE = 256 * 1024 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t before = 0; before < 40; before++) {
			static const uint8_t zeros[PIECE];
			struct packed packed = packed_copy(zeros, PIECE - before);
			struct unpacked got;

			packed = packed_join(packed, i ? packing_make_map() : packing_make_zstd());
			unpacked_write("x", packed.bytes, packed.size);
			unpacked_path("x", &got);
			assert_int_equal(got.count, 2);
			assert_true(
				memmem(got.streams[1]->bytes, got.streams[1]->size, "needle", 6));
			unpacked_done(&got);
			packed_done(&packed);
		}
	}
}

static void what_is_not_built_up_like_it_begins_is_looked_at_raw(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {{"\x1f\x8b\x08\xff needle", 11}, {"PK\x03\x04 needle", 11},
		{"\x28\xb5\x2f\xfd needle", 11}, {"\x5a\x2a\x4d\x18 needle", 11}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct unpacked got;

		unpacked_write("x", bad[i].bytes, bad[i].size);
		unpacked_path("x", &got);
		assert_true(unpacked_has(&got, "x", "needle"));
		assert_int_equal(got.count, 1);
		assert_string_not_equal(got.skipped, "");
		unpacked_done(&got);
	}
}

static size_t resident_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss;
}

static void walk_limited(struct packed packed, struct scanjob job, struct unpacked *ret_got)
{
	static const char *const paths[] = {"bomb"};

	job.paths = paths;
	job.path_count = 1;
	unpacked_write("bomb", packed.bytes, packed.size);
	packed_done(&packed);
	*ret_got = (struct unpacked){0};
	unpacked_walk(&job, ret_got);
	assert_int_equal(ret_got->result, 0);
}

static void what_unpacks_to_a_thousand_times_its_size_is_given_up(void **state)
{
	static const struct {
		const char *filter;
		uint64_t size;
	} bombs[] = {{"gzip", 64 * MIB}, {"zstd", 1024 * MIB}};
	size_t before = resident_kib();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
		struct unpacked got;

		walk_limited(
			packed_zeros(bombs[i].filter, bombs[i].size), (struct scanjob){0}, &got);
		assert_true(got.total.bytes < 40 * MIB);
		assert_non_null(strstr(got.skipped, "more than 1000 times its size"));
		unpacked_done(&got);
	}
	assert_true(resident_kib() - before < RESIDENT_KIB_MAX);
}

static void what_is_packed_well_is_no_bomb(void **state)
{
	static const char *const filters[] = {NULL, "xz", "bzip2"};
	struct packed plain = {.bytes = malloc(24 * MIB), .size = 24 * MIB};
	uint32_t random = 1;

	(void)state;
	if (!plain.bytes)
		abort();
	memset(plain.bytes, 'a', plain.size);
	for (size_t i = 0; i < plain.size; i += 150)
		plain.bytes[i] = (uint8_t)((random = random * 1103515245 + 12345) >> 16);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		const struct packed_member member = {"x", plain.bytes, plain.size};
		struct unpacked got;

		walk_limited(filters[i] ? packed_filter(filters[i], plain.bytes, plain.size)
					: packed_archive("zip", NULL, &member, 1),
			(struct scanjob){0}, &got);
		assert_string_equal(got.skipped, "");
		assert_true(got.total.bytes >= plain.size);
		unpacked_done(&got);
	}
	packed_done(&plain);
}

// Their encoders take more memory than may be looked for here.
static void so_are_bombs_of_slower_methods(void **state)
{
	static const char *const filters[] = {"xz", "lzma", "lzip", "bzip2"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct unpacked got;

		walk_limited(packed_zeros(filters[i], 100 * MIB), (struct scanjob){0}, &got);
		assert_true(got.total.bytes < 40 * MIB);
		assert_non_null(strstr(got.skipped, "more than 1000 times its size"));
		unpacked_done(&got);
	}
}

static void a_bomb_of_brotli_is_given_up(void **state)
{
	struct unpacked got;

	(void)state;
	unpacked_write("bomb.br", brotli_bomb, sizeof(brotli_bomb) - 1);
	unpacked_path("bomb.br", &got);
	assert_true(got.total.bytes < 40 * MIB);
	assert_string_equal(got.skipped, "bomb.br: br: it unpacks to more than 1000 times its "
					 "size: not looked at further\n");
	unpacked_done(&got);
}

static void a_file_of_bombs_is_given_up(void **state)
{
	struct packed bomb = packed_zeros("zstd", 32 * MIB);
	struct packed_member members[20];
	struct unpacked got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct packed_member){"x", bomb.bytes, bomb.size};
	walk_limited(packed_archive("ustar", NULL, members, 20), (struct scanjob){0}, &got);
	assert_true(got.total.bytes < 80 * MIB);
	assert_non_null(
		strstr(got.skipped, "it is one bomb of several: the rest was not unpacked"));
	unpacked_done(&got);
	packed_done(&bomb);
}

// Each level is within the ratio, all together are not within the limit.
static void a_bomb_of_many_levels_is_given_up(void **state)
{
	struct packed leaf = packing_filtered("gzip", packed_zeros("gzip", 15 * MIB));
	struct packed_member members[64];
	struct packed packed;
	struct unpacked got;

	(void)state;
	for (size_t level = 0; level < 3; level++) {
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			members[i] = (struct packed_member){"x", leaf.bytes, leaf.size};
		packed = packed_archive("zip", NULL, members, ARRAY_SIZE(members));
		packed_done(&leaf);
		leaf = packed;
	}
	walk_limited(leaf, (struct scanjob){.max_unpacked = 200 * MIB}, &got);
	assert_true(got.total.bytes < 220 * MIB);
	assert_non_null(strstr(
		got.skipped, ": it unpacks to more than the limit: the rest was not unpacked\n"));
	assert_null(strchr(strchr(got.skipped, '\n') + 1, '\n')); // once
	unpacked_done(&got);
}

static void more_members_than_the_limit_are_not_looked_at(void **state)
{
	struct packed_member *members = calloc(5000, sizeof(*members));
	struct unpacked got;

	(void)state;
	if (!members)
		abort();
	for (size_t i = 0; i < 5000; i++)
		members[i] = (struct packed_member){"x", "", 0};
	walk_limited(packed_archive("ustar", NULL, members, 5000),
		(struct scanjob){.max_members = 1000}, &got);
	assert_int_equal(got.total.members, 1000);
	assert_string_equal(got.skipped,
		"bomb: it has more members than the limit: the rest was not unpacked\n");
	free(members);
	unpacked_done(&got);
}

static void containers_nested_too_deep_are_said_once(void **state)
{
	static const struct {
		uint32_t depth;
		size_t streams;
	} depths[] = {{1, 2}, {3, 4}, {0, 9}, {1000, 9}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		struct packed packed = packing_text("needle");
		struct unpacked got;

		for (int level = 0; level < 12; level++)
			packed = packing_filtered(level % 2 ? "gzip" : "zstd", packed);
		walk_limited(packed, (struct scanjob){.max_depth = depths[i].depth}, &got);
		assert_int_equal(got.count, depths[i].streams);
		assert_non_null(strstr(got.skipped, "nested deeper than the limit"));
		assert_null(strchr(strchr(got.skipped, '\n') + 1, '\n'));
		unpacked_done(&got);
	}
}

static void a_file_says_only_so_much(void **state)
{
	struct packed broken = packing_filtered("gzip", packing_text("a needle in gzip"));
	struct packed_member members[100];
	struct unpacked got;
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct packed_member){"x", broken.bytes, broken.size - 4};
	walk_limited(packed_archive("ustar", NULL, members, 100), (struct scanjob){0}, &got);
	for (const char *at = got.skipped; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 17);
	assert_non_null(
		strstr(got.skipped, "\nbomb: more in it was not looked at, or not whole\n"));
	unpacked_done(&got);
	packed_done(&broken);
}

static void names_of_members_are_shown_escaped_and_excluded(void **state)
{
	static const char *const paths[] = {"x.tar"}, *const excluded[] = {"cache"};
	static const struct packed_member members[] = {{"a\nb", "1", 1}, {"\xc3\xa4", "2", 1},
		{"\xff", "3", 1}, {"/abs", "4", 1}, {"../up", "5", 1}, {"in/cache/x", "6", 1}};
	const struct scanjob job = {
		.paths = paths, .path_count = 1, .excluded = excluded, .excluded_count = 1};
	struct packed packed = packed_archive("ustar", NULL, members, ARRAY_SIZE(members));
	struct unpacked got = {.keep = true};
	own_free char *places = NULL;

	(void)state;
	unpacked_write("x.tar", packed.bytes, packed.size);
	unpacked_walk(&job, &got);
	places = unpacked_places(&got);
	assert_string_equal(places, " x.tar: a\\x0ab x.tar: \xc3\xa4 x.tar: \\xff x.tar: abs"
				    " x.tar: ../up");
	unpacked_done(&got);
	packed_done(&packed);
}

static void every_file_and_member_is_named_with_its_first_bytes(void **state)
{
	struct packed packed = packing_make_ustar();
	struct unpacked got;

	(void)state;
	unpacked_write("x.tar", packed.bytes, packed.size);
	unpacked_path("x.tar", &got);
	assert_string_equal(
		got.named, "x.tar 3584\nx.tar: app/page.js 16\nx.tar: empty 0\nx.tar: .env 15\n");
	assert_int_equal(got.total.members, 3);
	unpacked_done(&got);
	packed_done(&packed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, packing_set_up, packing_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_checksum_that_is_wrong_is_said_and_the_bytes_are_looked_at),
		TEST(what_is_cut_off_is_said),
		TEST(what_lies_across_two_pieces_is_found),
		TEST(what_is_not_built_up_like_it_begins_is_looked_at_raw),
		TEST(what_unpacks_to_a_thousand_times_its_size_is_given_up),
		TEST(so_are_bombs_of_slower_methods),
		TEST(what_is_packed_well_is_no_bomb),
		TEST(a_bomb_of_brotli_is_given_up),
		TEST(a_file_of_bombs_is_given_up),
		TEST(a_bomb_of_many_levels_is_given_up),
		TEST(more_members_than_the_limit_are_not_looked_at),
		TEST(containers_nested_too_deep_are_said_once),
		TEST(a_file_says_only_so_much),
		TEST(names_of_members_are_shown_escaped_and_excluded),
		TEST(every_file_and_member_is_named_with_its_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
