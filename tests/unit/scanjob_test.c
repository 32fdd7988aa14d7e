// Jobs to bytes and back: nothing lost, and nothing taken that the writer would not write.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/wire/scanjob.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define VALUE(text) \
	{ \
		(const struct secret_byte *)(text), sizeof(text) - 1 \
	}

static const char *const paths[] = {".next", "dist/\xff\x01 odd"};
static const char *const excluded[] = {"cache"};
static const struct scanjob_value values[] = {
	{"NEXTAUTH_SECRET", ".env:3:1", SCANJOB_CURRENT, true, VALUE("current\0value")},
	{"PORT", NULL, SCANJOB_SENTINEL, false, VALUE("")},
};
static const struct scanjob_print prints[] = {
	{"NEXTAUTH_SECRET", "the build before", {1, 2, 3, 4, 5, 6}, 44},
};
static const struct scanjob sample = {
	.task = SCANJOB_SEARCH,
	.flags = SCANJOB_TOKENS | SCANJOB_SHIPPED,
	.paths = paths,
	.path_count = ARRAY_SIZE(paths),
	.excluded = excluded,
	.excluded_count = ARRAY_SIZE(excluded),
	.max_file = UINT64_C(1) << 40,
	.max_unpacked = 7,
	.max_depth = 5,
	.max_members = 9,
	.timeout_s = 60,
	.values = values,
	.value_count = ARRAY_SIZE(values),
	.prints = prints,
	.print_count = ARRAY_SIZE(prints),
	.fingerprint_key = {[0] = 8, [31] = 9},
};

struct fixture {
	struct pool *pool;
	uint8_t *bytes;
	size_t size;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		abort();
	fixture->pool = pool_new();
	assert_int_equal(scanjob_size(&sample, &fixture->size, NULL), 0);
	fixture->bytes = malloc(fixture->size + 1);
	if (!fixture->bytes)
		abort();
	assert_int_equal(scanjob_encode(&sample, fixture->bytes, fixture->size), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	pool_free(fixture->pool);
	free(fixture->bytes);
	free(fixture);
	return 0;
}

static void everything_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct scanjob job;

	assert_int_equal(
		scanjob_decode(fixture->bytes, fixture->size, fixture->pool, &job, NULL), 0);
	assert_int_equal(job.task, sample.task);
	assert_int_equal(job.flags, sample.flags);
	assert_int_equal(job.path_count, 2);
	assert_string_equal(job.paths[0], paths[0]);
	assert_string_equal(job.paths[1], paths[1]);
	assert_int_equal(job.excluded_count, 1);
	assert_string_equal(job.excluded[0], "cache");
	assert_int_equal(job.max_file, sample.max_file);
	assert_int_equal(job.max_unpacked, 7);
	assert_int_equal(job.max_depth, 5);
	assert_int_equal(job.max_members, 9);
	assert_int_equal(job.timeout_s, 60);
	assert_memory_equal(job.fingerprint_key, sample.fingerprint_key, 32);
	assert_int_equal(job.value_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(job.values[i].key, values[i].key);
		assert_string_equal(job.values[i].origin, values[i].origin ? values[i].origin : "");
		assert_int_equal(job.values[i].kind, values[i].kind);
		assert_int_equal(job.values[i].secret, values[i].secret);
		assert_true(secret_equal(job.values[i].value, values[i].value));
	}
	assert_int_equal(job.print_count, 1);
	assert_string_equal(job.prints[0].key, prints[0].key);
	assert_string_equal(job.prints[0].origin, prints[0].origin);
	assert_memory_equal(job.prints[0].fingerprint, prints[0].fingerprint, 6);
	assert_int_equal(job.prints[0].length, 44);
}

static void every_truncation_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct scanjob job;

	for (size_t size = 0; size < fixture->size; size++)
		assert_int_equal(
			scanjob_decode(fixture->bytes, size, fixture->pool, &job, NULL), -EINVAL);
}

static void what_stands_behind_the_end_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct scanjob job;

	fixture->bytes[fixture->size] = 0;
	assert_int_equal(
		scanjob_decode(fixture->bytes, fixture->size + 1, fixture->pool, &job, NULL),
		-EINVAL);
}

// Whatever byte is changed: it is refused, or it is a job that would be written so.
static void no_changed_byte_is_misread(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *again = malloc(fixture->size);

	if (!again)
		abort();
	for (size_t at = 0; at < fixture->size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct scanjob job;
			size_t size;

			fixture->bytes[at] ^= (uint8_t)(1u << bit);
			if (scanjob_decode(fixture->bytes, fixture->size, fixture->pool, &job,
				    NULL) == 0) {
				assert_int_equal(scanjob_size(&job, &size, NULL), 0);
				assert_int_equal(size, fixture->size);
				assert_int_equal(scanjob_encode(&job, again, size), 0);
				assert_memory_equal(again, fixture->bytes, size);
			}
			fixture->bytes[at] ^= (uint8_t)(1u << bit);
		}
	free(again);
}

static void caps_hold_for_the_writer(void **state)
{
	static char long_path[SCANJOB_PATH_MAX + 2];
	const char *const long_paths[] = {long_path};
	static uint8_t large[64 * 1024 + 1];
	const struct scanjob_value too_long = {
		.key = "K", .value = {(const struct secret_byte *)large, sizeof(large)}};
	const struct scanjob_value odd = {.key = "K", .kind = SCANJOB_KINDS};
	const struct {
		const char *what;
		struct scanjob job;
		int code;
	} cases[] = {
		{"an empty path", {.paths = (const char *const[]){""}, .path_count = 1}, -EINVAL},
		{"a long path", {.paths = long_paths, .path_count = 1}, -E2BIG},
		{"many paths", {.path_count = SCANJOB_PATHS_MAX + 1}, -E2BIG},
		{"many exclusions", {.excluded_count = SCANJOB_PATHS_MAX + 1}, -E2BIG},
		{"many values", {.value_count = SCANJOB_VALUES_MAX + 1}, -E2BIG},
		{"many fingerprints", {.print_count = SCANJOB_PRINTS_MAX + 1}, -E2BIG},
		{"a large value", {.values = &too_long, .value_count = 1}, -E2BIG},
		{"a value of no kind", {.values = &odd, .value_count = 1}, -EINVAL},
		{"an unknown task", {.task = SCANJOB_TASKS}, -EINVAL},
		{"an unknown flag", {.flags = SCANJOB_FLAGS + 1}, -EINVAL},
	};
	size_t size;

	(void)state;
	memset(long_path, 'a', sizeof(long_path) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_NONE;
		int code = scanjob_size(&cases[i].job, &size, &err);

		if (code != cases[i].code || !*err.what)
			fail_msg("%s: %d", cases[i].what, code);
	}
}

static void a_job_of_no_size_it_has_is_not_written(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(scanjob_encode(&sample, fixture->bytes, fixture->size - 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_stands_behind_the_end_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_changed_byte_is_misread, set_up, tear_down),
		cmocka_unit_test(caps_hold_for_the_writer),
		cmocka_unit_test_setup_teardown(
			a_job_of_no_size_it_has_is_not_written, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
