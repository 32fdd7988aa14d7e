// What counts as one line of text, wherever in it the byte that decides stands.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LENGTH 21 // two words and a rest

static void every_byte_is_judged_at_every_place(void **state)
{
	char text[LENGTH];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < LENGTH; at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(text_is_line(text, LENGTH), byte >= 0x20 && byte < 0x7F);
		}
}

static void characters_of_several_bytes_are_judged_at_every_place(void **state)
{
	static const struct {
		const char *name, *bytes;
		bool is_text;
	} cases[] = {
		{"a letter of two bytes", "\xC3\xBC", true},
		{"the last C1 control character", "\xC2\x9F", false},
		{"the first character behind those", "\xC2\xA0", true},
		{"a sign of three bytes", "\xE2\x82\xAC", true},
		{"a cut sequence", "\xE2\x82", false},
		{"a control character behind a letter", "\xC3\xBC\x01", false},
	};
	char text[LENGTH];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t at = 0; at + strlen(cases[i].bytes) <= LENGTH; at++) {
			memset(text, '~', sizeof(text));
			memcpy(text + at, cases[i].bytes, strlen(cases[i].bytes));
			if (text_is_line(text, LENGTH) != cases[i].is_text)
				fail_msg("%s at %zu", cases[i].name, at);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_judged_at_every_place),
		cmocka_unit_test(characters_of_several_bytes_are_judged_at_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
