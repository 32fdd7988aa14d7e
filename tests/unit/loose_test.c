// What no writer in the table of forms would write, but some other writer, or two of them one after
// the other: the value is found where it begins and ends. What is nearly the value is not.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/loose.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOST 6144

// Whether the value stands between "<" and ">" of the text, and nowhere else.
static bool stands(const char *value, size_t length, const char *text)
{
	struct loose_value loose = {.bytes = (const uint8_t *)value, .length = length};
	const struct loose_text whole = {(const uint8_t *)text, strlen(text), MOST};
	struct loose_span span;
	size_t anchor_length;

	assert_true(loose_anchor(loose.bytes, length, 16, &loose.anchor_at, &anchor_length));
	for (size_t at = 0; at + anchor_length <= whole.size; at++) {
		if (memcmp(text + at, value + loose.anchor_at, anchor_length) != 0 ||
			!loose_stands(&loose, &whole, at, &span))
			continue;
		return span.start == 1 && span.end == whole.size - 1;
	}
	return false;
}

#define VALUE(text) (text), sizeof(text) - 1

static void every_writing_is_read(void **state)
{
	static const struct {
		const char *what, *value;
		size_t length;
		const char *text;
	} cases[] = {
		{"as it is", VALUE("a\"bcde"), "<a\"bcde>"},
		{"JSON in JSON in JSON", VALUE("a\"bcde\n"), "<a\\\\\\\"bcde\\\\\\\\n>"},
		{"JSON four times", VALUE("abcd\"\\"), "<abcd\\\\\\\\\\\\\\\"\\\\\\\\\\\\\\\\>"},
		{"a backslash before a quote", VALUE("\\\"abcd"), "<\\\\\\\"abcd>"},
		{"backslashes alone", VALUE("\\\\abcd\\\\"), "<\\\\\\\\abcd\\\\\\\\>"},
		{"in a URL in a URL", VALUE("ab/cdef+"), "<ab%252Fcdef%252b>"},
		{"a percent sign in a URL in a URL", VALUE("abcd%25%"), "<abcd%25252525%2525>"},
		{"UTF-8 in a URL in a URL", VALUE("abcd\u00e9"), "<abcd%25C3%25A9>"},
		{"HTML in HTML", VALUE("abcd<&>"), "<abcd&amp;lt;&amp;amp;&amp;gt;>"},
		{"HTML in JSON for HTML", VALUE("abcd'&'"),
			"<abcd\\u0026#x27;\\u0026amp;\\x26#39;>"},
		{"one minifier for one character", VALUE("\u00e9abcd\u2028\U0001F511\x1f"),
			"<\\xE9abcd\\u2028\\uD83D\\uDD11\\x1f>"},
		{"another one", VALUE("\u00e9abcd\u2028\U0001F511\x07"),
			"<\u00e9abcd\\u{2028}\\u{1f511}\\7>"},
		{"surrogates in JSON in JSON", VALUE("\U0001F511wxyz"), "<\\\\ud83d\\\\udd11wxyz>"},
		{"a form", VALUE("ab cdef"), "<ab+cdef>"},
		{"no UTF-8", VALUE("abcd\xff\xc3("), "<abcd%FF\xc3(>"},
		{"a control byte", VALUE("abcd\x1f"), "<abcd\\u001f>"},
		{"JSON in a URL", VALUE("abcd\"\n\u00e9\U0001F511"),
			"<abcd%5C%22%5Cn%5Cu00e9%5Cud83d%5Cudd11>"},
		{"JSON in HTML", VALUE("abcd\"\\"), "<abcd\\&quot;\\\\>"},
		{"names of HTML", VALUE("abcd(\u00e9$"), "<abcd&lpar;&eacute;&dollar;>"},
		{"bytes in C", VALUE("abcd\u0416\x1b"), "<abcd\\320\\226\\033>"},
		{"bytes in Python", VALUE("abcd\u0416"), "<abcd\\xd0\\x96>"},
		{"code points in Python", VALUE("abcd\U0001F511"), "<abcd\\U0001f511>"},
		{"escape() of JavaScript", VALUE("abcd\u00e9\u0416\U0001F511"),
			"<abcd%E9%u0416%uD83D%uDD11>"},
		{"a form in a URL", VALUE("abcd ef"), "<abcd%2Bef>"},
		{"a shell's quotes", VALUE("abcd'ef'"), "<abcd'\\''ef'\"'\"'>"},
		{"nearly: another letter", VALUE("abcd\"e"), "<abcd\\\"f>"},
		{"nearly: another number", VALUE("abcd\u00e9"), "<abcd\\xe8>"},
		{"nearly: the other half", VALUE("abcd\U0001F511"), "<abcd\\ud83d\\udd12>"},
		{"nearly: half", VALUE("abcd\U0001F511"), "<abcd\\ud83d>"},
		{"nearly: an entity", VALUE("abcd<"), "<abcd&gt;>"},
		{"nearly: it ends", VALUE("abcd\"\""), "<abcd\\\"\\"},
		{"nearly: it begins too late", VALUE("x\"abcd"), "\"abcd>"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool wanted = strncmp(cases[i].what, "nearly", 6) != 0;

		if (stands(cases[i].value, cases[i].length, cases[i].text) != wanted)
			fail_msg("%s", cases[i].what);
	}
}

static void an_anchor_is_what_nobody_escapes(void **state)
{
	static const struct {
		const char *value;
		size_t at, length; // 0: none
	} cases[] = {{"abcdefgh", 0, 8}, {"abc\"def\"g", 0, 0}, {"abcd\"efghi\"", 5, 5},
		{"\"0123456789abcdefghij", 1, 16}, {"\u00e4\u00f6\u00fc", 0, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t at = 0, length = 0;
		bool is_there = loose_anchor(
			(const uint8_t *)cases[i].value, strlen(cases[i].value), 16, &at, &length);

		assert_int_equal(is_there, cases[i].length > 0);
		assert_int_equal(at, cases[i].at);
		assert_int_equal(length, cases[i].length);
	}
}

// However many ways there are to read it: an answer, soon.
static void backslashes_without_end(void **state)
{
	char value[512], text[4096];
	struct loose_value loose = {(const uint8_t *)value, sizeof(value), 508};
	struct loose_text whole = {(const uint8_t *)text, sizeof(text), MOST};
	struct loose_span span;

	(void)state;
	memset(value, '\\', sizeof(value));
	memset(text, '\\', sizeof(text));
	memcpy(value + 508, "abcd", 4);
	memcpy(text + 3000, "abcd", 4);
	assert_true(loose_stands(&loose, &whole, 3000, &span));
	text[2900] = 'x';
	assert_false(loose_stands(&loose, &whole, 3000, &span));
	text[2900] = '\\';
	whole.most = 100;
	assert_false(loose_stands(&loose, &whole, 3000, &span));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_writing_is_read),
		cmocka_unit_test(an_anchor_is_what_nobody_escapes),
		cmocka_unit_test(backslashes_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
