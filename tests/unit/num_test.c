// Numbers, sizes, durations and flags are read strictly: the whole text or nothing.
// SPDX-License-Identifier: MIT
#include "lib/base/num.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	const char *text;
	int code;
	uint64_t value;
};

static void check_rows(const struct row *rows, size_t count, int (*parse)(const char *, uint64_t *))
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 4711;
		int code = parse(rows[i].text, &value);

		if (code != rows[i].code || value != (code ? 4711 : rows[i].value))
			fail_msg("'%s': %d, %llu", rows[i].text, code, (unsigned long long)value);
	}
}

static int parse_up_to_100(const char *text, uint64_t *ret_value)
{
	return num_parse(text, 100, ret_value);
}

static int parse_any(const char *text, uint64_t *ret_value)
{
	return num_parse(text, UINT64_MAX, ret_value);
}

static void numbers(void **state)
{
	static const struct row small[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"100", 0, 100},
		{"101", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"1k", -EINVAL, 0},
		{"1\n", -EINVAL, 0},
	};
	static const struct row large[] = {
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
	};

	(void)state;
	check_rows(small, ARRAY_SIZE(small), parse_up_to_100);
	check_rows(large, ARRAY_SIZE(large), parse_any);
}

static void sizes(void **state)
{
	static const struct row rows[] = {
		{"0", 0, 0},
		{"512", 0, 512},
		{"64K", 0, 65536},
		{"1m", 0, 1048576},
		{"2G", 0, UINT64_C(2147483648)},
		{"1KB", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"1.5M", -EINVAL, 0},
		{"99999999999G", -ERANGE, 0},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), num_parse_size);
}

static void durations(void **state)
{
	static const struct row rows[] = {
		{"2", 0, 2000},
		{"500ms", 0, 500},
		{"2s", 0, 2000},
		{"5m", 0, 300000},
		{"1H", 0, 3600000},
		{"3650d", 0, UINT64_C(315360000000)},
		{"3660d", -ERANGE, 0},
		{"soon", -EINVAL, 0},
		{"5 m", -EINVAL, 0},
		{"5min", -EINVAL, 0},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), num_parse_duration);
}

static void flags(void **state)
{
	static const char *const yes[] = {"yes", "YES", "true", "on", "1"};
	static const char *const no[] = {"no", "False", "off", "0"};
	static const char *const neither[] = {"", "y", "n", "ture", "2", "yes ", "none"};
	bool flag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(num_parse_flag(yes[i], &flag), 0);
		assert_true(flag);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		assert_int_equal(num_parse_flag(no[i], &flag), 0);
		assert_false(flag);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		assert_int_equal(num_parse_flag(neither[i], &flag), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
		cmocka_unit_test(flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
