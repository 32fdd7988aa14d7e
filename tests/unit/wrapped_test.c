// Base64 in lines, in strings that hold lines, and with escapes: the digits are found where they
// begin and end, from either anchor. Other digits are not.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/wrapped.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOST 6144
#define DIGITS "Zq7Rk2Lm9Xw4Tb8VnrADn+/1Hd6Gs3"

// How many of the anchors lead to the digits, which are all of the text.
static int led_to(const char *text)
{
	struct loose_value digits = {.bytes = (const uint8_t *)DIGITS, .length = strlen(DIGITS)};
	const struct loose_text whole = {(const uint8_t *)text, strlen(text), MOST};
	size_t at[WRAPPED_ANCHORS], length;
	int count = 0;

	wrapped_anchors(digits.bytes, digits.length, 16, at, &length);
	for (size_t i = 0; i < WRAPPED_ANCHORS; i++) {
		const char *there = memmem(text, whole.size, DIGITS + at[i], length);
		struct loose_span span;

		digits.anchor_at = at[i];
		count += there && wrapped_stands(&digits, &whole, (size_t)(there - text), &span) &&
			 span.start == 0 && span.end == whole.size;
	}
	return count;
}

static void every_break_is_passed(void **state)
{
	static const char *const breaks[] = {"", "\n", "\r\n", "\\n", "\\r\\n", "\\\\n", "\\\n",
		"\\u000a", "\\x0A", "\n    ", "\" +\n\t\"", "\"+\"", "' + '", "\\n\" +\n  \"",
		"\\\"+\\\"", "\"\n  \"", "%0A", "%0d%0a", "&#10;", "&#xD;&#xA;", "\",\n\""};
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++)
		for (int at = 1; at < (int)strlen(DIGITS); at++) {
			(void)snprintf(
				text, sizeof(text), "%.*s%s%s", at, DIGITS, breaks[i], DIGITS + at);
			if (led_to(text) < 1)
				fail_msg("%s", text);
		}
}

static void escapes_are_read_and_others_are_not(void **state)
{
	static const struct {
		const char *text;
		int count;
	} cases[] = {
		{DIGITS, 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn+\\/1Hd6Gs3", 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn\\u002B\\/1Hd6Gs3", 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn%2B%2F1Hd6Gs3", 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn&#43;&#x2F;1Hd6Gs3", 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn\n%2b\n/1Hd6Gs3", 2},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn-_1Hd6Gs3", 0},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn+/1Hd6Gs4", 0},
		{"Yq7Rk2Lm9Xw4Tb8VnrADn+/1Hd6Gs3", 0},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn\"+/1Hd6Gs3", 0},
		{"Zq7Rk2Lm9Xw4Tb8VnrADn;+/1Hd6Gs3", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (led_to(cases[i].text) != cases[i].count)
			fail_msg("%s", cases[i].text);
}

static void no_line_breaks_both_anchors(void **state)
{
	static const char *const digits[] = {"abcdefghij", "ab+de/ghij",
		"abcdefghijklmnopqrstuvwxyz", (DIGITS DIGITS DIGITS), "++++++++++",
		"abcd+abcd+abcd+abcde+fghij+"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(digits); i++) {
		size_t at[WRAPPED_ANCHORS], length, size = strlen(digits[i]);

		wrapped_anchors((const uint8_t *)digits[i], size, 16, at, &length);
		assert_in_range(length, 5, 16);
		assert_true(at[0] + length <= at[1]);
		assert_true(at[1] + length <= size);
		assert_true(at[1] + length - at[0] <= 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_break_is_passed),
		cmocka_unit_test(escapes_are_read_and_others_are_not),
		cmocka_unit_test(no_line_breaks_both_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
