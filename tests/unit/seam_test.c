// Values without a run of letters and digits: wherever one is written, an anchor leads to it.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/seam.h"

#include "loader/scan/search/loose.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOST 6144

static struct seam_anchor anchors[SEAM_ANCHORS_MAX];

// Whether one of the anchors leads to the value, which is all of the text.
static bool is_led_to(const char *value, const char *text)
{
	struct loose_value loose = {.bytes = (const uint8_t *)value, .length = strlen(value)};
	const struct loose_text whole = {(const uint8_t *)text, strlen(text), MOST};
	size_t count = seam_anchors(loose.bytes, loose.length, anchors, &loose.anchor_at);
	struct loose_span span;

	assert_in_range(count, 1, SEAM_ANCHORS_MAX - 1);
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at + anchors[i].length <= whole.size; at++)
			if (memcmp(text + at, anchors[i].bytes, anchors[i].length) == 0 &&
				loose_stands(&loose, &whole, at + anchors[i].skip, &span) &&
				span.start == 0 && span.end == whole.size)
				return true;
	return false;
}

static void every_writing_has_an_anchor(void **state)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{"!@#$%^&*", "!@#$%^&*"},
		{"!@#$%^&*", "!@#$%^&amp;*"},
		{"!@#$%^&*", "\\x21\\x40\\x23\\x24\\x25\\x5e\\x26\\x2a"},
		{"!@#$%^&*", "\\u0021\\u0040\\u0023\\u0024\\u0025\\u005E\\u0026\\u002A"},
		{"!@#$%^&*", "\\\\u0021\\\\u0040\\\\u0023$\\\\u0025\\\\u005E\\\\u0026\\\\u002A"},
		{"!@#$%^&*", "\\!\\@\\#\\$\\%\\^\\&\\*"},
		{"!@#$%^&*", "%21%40%23%24%25%5e%26%2a"},
		{"!@#$%^&*", "!%40%23%24%25%5E%26*"},
		{"!@#$%^&*", "&#33;&#64;&#35;&#36;&#37;&#94;&#38;&#42;"},
		{"!@#$%^&*", "&excl;&commat;&num;&dollar;&percnt;&Hat;&amp;&ast;"},
		{"!@#$%^&*", "!@#\\u0024%\\u005e\\u0026*"},
		{"\"\"\"\"\"\"\"\"", "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""},
		{"\"'\"'\"'\"'", "\\\"\\'\\\"\\'\\\"\\'\\\"\\'"},
		{"\"'\"'\"'\"'", "\\&quot;'\\&quot;'\\&quot;'\\&quot;'"},
		{"\"'\"'\"'\"'", "%5C%22'%5C%22'%5C%22'%5C%22'"},
		{"\"'\"'\"'\"'", "\"'\\''\"'\\''\"'\\''\"'\\''"},
		{"\\\\\\\\\\\\\\\\", "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"},
		{"a b c d e", "a+b+c+d+e"},
		{"a b c d e", "a%2Bb%2Bc%2Bd%2Be"},
		{"a1\nb2\nc3", "a1\\nb2\\nc3"},
		{"\n\t\n\t\n\t\n\t", "\\n\\t\\n\\t\\n\\t\\n\\t"},
		{"\u0436\u0444\u0449\u044f", "\\u0436\\u0444\\u0449\\u044F"},
		{"\u0436\u0444\u0449\u044f", "\\u{436}\\u{444}\\u{449}\\u{44f}"},
		{"\u0436\u0444\u0449\u044f", "&#1078;&#1092;&#1097;&#1103;"},
		{"\u0436\u0444\u0449\u044f", "&#x436;&#x444;&#x449;&#x44F;"},
		{"\u0436\u0444\u0449\u044f", "%d0%b6%D1%84%D1%89%D1%8F"},
		{"\u0436\u0444\u0449\u044f", "\\xd0\\xb6\\xd1\\x84\\xd1\\x89\\xd1\\x8f"},
		{"\u0436\u0444\u0449\u044f", "\\320\\266\\321\\204\\321\\211\\321\\217"},
		{"\u0436\u0444\u0449\u044f", "%u0436%u0444%u0449%u044f"},
		{"\u00e9!\u00e9!\u00e9!", "%E9%21%E9%21%E9%21"},
		{"\u00e9!\u00e9!\u00e9!", "&eacute;!&eacute;!&eacute;!"},
		{"\U0001F511\U0001F600", "\U0001F511\U0001F600"},
		{"\U0001F511\U0001F600", "\\ud83d\\udd11\\ud83d\\ude00"},
		{"\U0001F511\U0001F600", "%5Cud83d%5Cudd11%5Cud83d%5Cude00"},
		{"\U0001F511\U0001F600", "\\u{1F511}\\u{1f600}"},
		{"\U0001F511\U0001F600", "\\U0001f511\\U0001f600"},
		{"\U0001F511\U0001F600", "%F0%9F%94%91%F0%9F%98%80"},
		{"\U0001F511\U0001F600", "&#128273;&#x1F600;"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!is_led_to(cases[i].value, cases[i].text))
			print_error("%s: %s\n", cases[i].value, cases[i].text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(is_led_to(cases[i].value, cases[i].text));
}

// What is too short would be met everywhere.
static void anchors_are_long_and_hold_a_place(void **state)
{
	static const char *const values[] = {"!@#$%^&*", "        ", "a-b-c-d-e",
		"\u0436\u0444\u0449\u044f", "\U0001F511\U0001F600",
		"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "12 34 56 78"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		size_t at, count = seam_anchors(
				   (const uint8_t *)values[i], strlen(values[i]), anchors, &at);

		assert_in_range(at, 1, strlen(values[i]) - 1);
		for (size_t j = 0; j < count; j++) {
			assert_in_range(anchors[j].length, 3, LITERALS_LONGEST);
			assert_in_range(anchors[j].skip, 1, anchors[j].length);
			assert_true(anchors[j].bytes[0] != '\0');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_writing_has_an_anchor),
		cmocka_unit_test(anchors_are_long_and_hold_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
