// What is taken off around a value: one of each, in one order, and nothing that was meant.
// SPDX-License-Identifier: MIT
#include "lib/value/trim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BOM "\xEF\xBB\xBF"

enum taken { BOM_GONE = 1, NEWLINE_GONE = 2, CR_GONE = 4, QUOTES_GONE = 8 };

static const struct trim_rules of_file = {.file = true, .quotes = true};
static const struct trim_rules of_file_as_written = {.file = true};
static const struct trim_rules of_environment = {.quotes = true};

static const struct {
	const char *value;
	const struct trim_rules *rules;
	const char *left;
	unsigned taken;
} cases[] = {
	{"value", &of_file, "value", 0},
	{"", &of_file, "", 0},
	{"value\n", &of_file, "value", NEWLINE_GONE},
	{"value\n\n", &of_file, "value\n", NEWLINE_GONE},
	{"value \n", &of_file, "value ", NEWLINE_GONE},
	{"\nvalue", &of_file, "\nvalue", 0},
	{"\n", &of_file, "", NEWLINE_GONE},
	// the end of a line on Windows is one end
	{"value\r\n", &of_file, "value", NEWLINE_GONE},
	{"value\r\r\n", &of_file, "value\r", NEWLINE_GONE},
	{"value\r", &of_file, "value", CR_GONE},
	{"va\rlue", &of_file, "va\rlue", 0},
	{BOM "value\n", &of_file, "value", BOM_GONE | NEWLINE_GONE},
	{BOM BOM "value", &of_file, BOM "value", BOM_GONE},
	{BOM, &of_file, "", BOM_GONE},
	{"\xEF\xBB", &of_file, "\xEF\xBB", 0},
	{"value" BOM, &of_file, "value" BOM, 0},
	{"\"value\"", &of_file, "value", QUOTES_GONE},
	{"'value'\n", &of_file, "value", NEWLINE_GONE | QUOTES_GONE},
	{BOM "'value'\r\n", &of_file, "value", BOM_GONE | NEWLINE_GONE | QUOTES_GONE},
	{"\"\"value\"\"", &of_file, "\"value\"", QUOTES_GONE},
	{"''", &of_file, "", QUOTES_GONE},
	{"'", &of_file, "'", 0},
	{"'value\"", &of_file, "'value\"", 0},
	{" 'value'", &of_file, " 'value'", 0},
	{"`value`", &of_file, "`value`", 0},
	// quotes that a line end or a blank keeps apart are no pair
	{"'value'\n\n", &of_file, "'value'\n", NEWLINE_GONE},
	{"'value'\n", &of_file_as_written, "'value'", NEWLINE_GONE},
	// a variable has no line end that somebody's editor put there
	{"value\n", &of_environment, "value\n", 0},
	{BOM "value", &of_environment, BOM "value", 0},
	{"'value'\r", &of_environment, "value", CR_GONE | QUOTES_GONE},
};

static unsigned bits_of(struct trim_taken taken)
{
	return (taken.bom ? BOM_GONE : 0U) | (taken.newline ? NEWLINE_GONE : 0U) |
	       (taken.carriage_return ? CR_GONE : 0U) | (taken.quotes ? QUOTES_GONE : 0U);
}

static void takes_off_what_tools_leave_and_says_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trim_taken taken;
		struct secret left = trim_value(secret_view(cases[i].value, strlen(cases[i].value)),
			*cases[i].rules, &taken);

		if (left.length != strlen(cases[i].left) ||
			memcmp(secret_bytes(left), cases[i].left, left.length) != 0 ||
			bits_of(taken) != cases[i].taken)
			fail_msg("case %zu: '%s'", i, cases[i].value);
	}
}

// A NUL is a byte like any other here, and what holds no bytes stays so.
static void a_value_may_hold_any_bytes_or_none(void **state)
{
	static const char bytes[] = "'\0a\0'\n";
	struct trim_taken taken;
	struct secret left = trim_value(secret_view(bytes, sizeof(bytes) - 1), of_file, &taken);

	(void)state;
	assert_int_equal(left.length, 3);
	assert_memory_equal(secret_bytes(left), "\0a\0", 3);
	left = trim_value((struct secret){0}, of_file, &taken);
	assert_int_equal(left.length, 0);
	assert_int_equal(bits_of(taken), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_off_what_tools_leave_and_says_what),
		cmocka_unit_test(a_value_may_hold_any_bytes_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
