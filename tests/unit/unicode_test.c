// Code points of UTF-8, whole and damaged, and the classes that end names and values.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/unicode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void sequences_are_decoded_from_both_ends(void **state)
{
	static const struct {
		const char *name, *bytes;
		uint32_t first, last;
		size_t first_size, last_size;
	} cases[] = {
		{"ASCII", "ab", 'a', 'b', 1, 1},
		{"two bytes", "\xC3\xA9", 0xE9, 0xE9, 2, 2},
		{"three bytes", "\xE2\x9C\x93", 0x2713, 0x2713, 3, 3},
		{"four bytes", "\xF0\x9F\x94\x91", 0x1F511, 0x1F511, 4, 4},
		{"the last of all", "\xF4\x8F\xBF\xBF", 0x10FFFF, 0x10FFFF, 4, 4},
		{"two letters", "\xC3\xA9\xE2\x9C\x93", 0xE9, 0x2713, 2, 3},
		{"a cut sequence", "\xE2\x9C", UNICODE_DAMAGED, UNICODE_DAMAGED, 1, 1},
		{"a lone continuation", "a\x80", 'a', UNICODE_DAMAGED, 1, 1},
		{"an overlong form", "\xC0\x80", UNICODE_DAMAGED, UNICODE_DAMAGED, 1, 1},
		{"a surrogate", "\xED\xA0\x80", UNICODE_DAMAGED, UNICODE_DAMAGED, 1, 1},
		{"past the last", "\xF4\x90\x80\x80", UNICODE_DAMAGED, UNICODE_DAMAGED, 1, 1},
		{"a whole one behind a cut one", "\xE1\xC2\xA0", UNICODE_DAMAGED, 0xA0, 1, 2},
		{"a continuation too many", "\xC3\xA9\xA9", 0xE9, UNICODE_DAMAGED, 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint8_t *at = (const uint8_t *)cases[i].bytes;
		const uint8_t *end = at + strlen(cases[i].bytes);
		size_t size;

		if (unicode_first(at, end, &size) != cases[i].first || size != cases[i].first_size)
			fail_msg("%s, the first", cases[i].name);
		if (unicode_last(at, end, &size) != cases[i].last || size != cases[i].last_size)
			fail_msg("%s, the last", cases[i].name);
	}
}

static void classes_are_those_of_the_database(void **state)
{
	static const struct {
		const char *name;
		uint32_t point;
		bool space, letter_or_number, alphanumeric;
	} cases[] = {
		{"a letter", 'Z', false, true, true},
		{"a digit", '0', false, true, true},
		{"a low line", '_', false, false, false},
		{"a bracket between the cases", '[', false, false, false},
		{"a vertical tab", '\v', true, false, false},
		{"what is a space to Python alone", 0x1C, false, false, false},
		{"the next line", 0x85, true, false, false},
		{"a no-break space", 0xA0, true, false, false},
		{"the feminine ordinal", 0xAA, false, true, true},
		{"a superscript two", 0xB2, false, true, true},
		{"times", 0xD7, false, false, false},
		{"an e with an acute", 0xE9, false, true, true},
		{"a combining acute", 0x301, false, false, false},
		{"a combining iota, which is alphabetic", 0x345, false, false, true},
		{"a circled letter, which is alphabetic", 0x24B6, false, false, true},
		{"a zero width space", 0x200B, false, false, false},
		{"an ideographic space", 0x3000, true, false, false},
		{"the first ideograph", 0x4E00, false, true, true},
		{"a byte order mark", 0xFEFF, false, false, false},
		{"a key", 0x1F511, false, false, false},
		{"the last letter of 15.0", 0x323AF, false, true, true},
		{"what follows it", 0x323B0, false, false, false},
		{"the last of all", 0x10FFFF, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (unicode_is_space(cases[i].point) != cases[i].space ||
			unicode_is_letter_or_number(cases[i].point) != cases[i].letter_or_number ||
			unicode_is_alphanumeric(cases[i].point) != cases[i].alphanumeric)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_are_decoded_from_both_ends),
		cmocka_unit_test(classes_are_those_of_the_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
