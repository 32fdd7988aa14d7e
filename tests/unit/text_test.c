// Questions about text: UTF-8, names, near spellings, and what may reach a terminal.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void beginnings_ends_and_sameness(void **state)
{
	(void)state;
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("ab", "abc"));
	assert_true(text_ends("A_FILE", "_FILE"));
	assert_true(text_ends("abc", ""));
	assert_false(text_ends("c", "bc"));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void utf8_is_judged_strictly(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t good; // how many bytes stand before the fault; all of them: none
	} rows[] = {
		{"nothing", "", 0},
		{"ASCII", "abc", 3},
		{"two, three and four bytes", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\x91", 9},
		{"the last code point", "\xF4\x8F\xBF\xBF", 4},
		{"one past it", "a\xF4\x90\x80\x80", 1},
		{"a lone continuation", "ab\x80", 2},
		{"an overlong slash", "\xC0\xAF", 0},
		{"an overlong three", "x\xE0\x80\xAF", 1},
		{"an overlong four", "\xF0\x80\x80\xAF", 0},
		{"a surrogate", "\xED\xA0\x80", 0},
		{"the one before the surrogates", "\xED\x9F\xBF", 3},
		{"cut short", "ab\xE2\x82", 2},
		{"a byte that never occurs", "a\xFF", 1},
		{"behind a long run of ASCII", "0123456789012345678901234567890123456789\xFF", 40},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].bytes);
		own_free char *copy = strdup(rows[i].bytes);

		assert_non_null(copy);
		if (text_utf8_error(copy, length) != rows[i].good)
			fail_msg("%s: %zu", rows[i].what, text_utf8_error(copy, length));
	}
}

// What the first sequence of a text should be long, by another way: 0 for a wrong one.
static size_t expected_length(const unsigned char *text, size_t left)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const size_t lengths[] = {
		1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 3, 4}; // by nibble
	size_t length = lengths[*text >> 4];
	unsigned value;

	if (!length || length > left)
		return 0;
	value = length == 1 ? *text : *text & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
		value = (text[i] & 0xC0) == 0x80 ? value << 6 | (text[i] & 0x3F) : 0x110000;
	if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	return length;
}

// Sequences of up to four bytes, those at the edges of every rule.
static void utf8_agrees_with_another_decoder(void **state)
{
	static const unsigned char bytes[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
		0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEE, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, 'a'};
	const size_t count = sizeof(bytes);

	(void)state;
	for (size_t n = 0; n < count * count * count * count; n++) {
		unsigned char text[4] = {bytes[n % count], bytes[n / count % count],
			bytes[n / count / count % count], bytes[n / count / count / count]};
		size_t at = 0, length;

		while (at < sizeof(text) &&
			(length = expected_length(text + at, sizeof(text) - at)))
			at += length;
		assert_int_equal(text_utf8_error(text, sizeof(text)), at);
	}
}

static void a_code_point_is_written_as_others_read_it(void **state)
{
	static const uint32_t largest = 0x7FFFFFFF;
	unsigned char out[TEXT_POINT_MAX];

	(void)state;
	for (uint32_t point = 0; point <= 0x10FFFF; point++) {
		bool half = point >= 0xD800 && point <= 0xDFFF;
		size_t length = text_put_point(point, out);
		uint32_t read = length == 1 ? out[0] : out[0] & (0x7Fu >> length);

		for (size_t i = 1; i < length; i++)
			read = read << 6 | (out[i] & 0x3F);
		if (read != point || expected_length(out, length) != (half ? 0 : length))
			fail_msg("U+%04X", point);
	}
	assert_int_equal(text_put_point(largest, out), TEXT_POINT_MAX);
	assert_memory_equal(out, "\xFD\xBF\xBF\xBF\xBF\xBF", TEXT_POINT_MAX);
}

static void names(void **state)
{
	static const char *const good[] = {"A", "_", "a1", "NEXTAUTH_SECRET", "_9"};
	static const char *const bad[] = {"", "1A", "A-B", "A.B", "A B", "A=", "\xC3\x89", "A\n"};
	char longest[257];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(text_is_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(text_is_name(bad[i]));
	memset(longest, 'A', sizeof(longest));
	longest[255] = '\0';
	assert_true(text_is_name(longest));
	longest[255] = 'A';
	longest[256] = '\0';
	assert_false(text_is_name(longest));
}

static void a_token_is_a_header_s_name(void **state)
{
	(void)state;
	assert_true(text_is_token("__Host-session", 14));
	assert_true(text_is_token("!#$%&'*+-.^_`|~09AZaz", 21));
	assert_false(text_is_token("", 0));
	for (int byte = 0; byte < 256; byte++) {
		char text[1] = {(char)byte};
		bool may = byte && strchr("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "abcdefghijklmnopqrstuvwxyz",
					   byte);

		assert_int_equal(text_is_token(text, 1), may);
	}
}

static void nothing_printable_moves_a_terminal(void **state)
{
	// U+202E and U+2067 turn a line round; as bytes, since no source shall hold them
	static const char override[] = {'\xE2', '\x80', '\xAE', 'x', '\0'};
	static const char isolate[] = {'\xE2', '\x81', '\xA7', '\0'};
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"", ""},
		{"plain text", "plain text"},
		{"\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC"},
		{"a\nb\tc", "a\\x0ab\\x09c"},
		{"\033[31mred", "\\x1b[31mred"},
		{"\x7F", "\\x7f"},
		{"\xFF", "\\xff"},
		{"\xC2\x9B", "\\xc2\\x9b"},
		{override, "\\xe2\\x80\\xaex"},
		{"\xE2\x80\xA8", "\\xe2\\x80\\xa8"},
		{isolate, "\\xe2\\x81\\xa7"},
		{"\xD8\x9C\xD8\x9B", "\\xd8\\x9c\xD8\x9B"}, // U+061C turns, a semicolon does not
		{"\xE2\x80\x93", "\xE2\x80\x93"},           // a dash
		{"a longer run of text\nand\x7Fmore of it",
			"a longer run of text\\x0aand\\x7fmore of it"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(text_printable(out, sizeof(out), rows[i].text), rows[i].shown);
		assert_int_equal(text_is_shown(rows[i].text, strlen(rows[i].text)),
			text_equal(rows[i].text, rows[i].shown));
		assert_true(text_is_shown(rows[i].shown, strlen(rows[i].shown)));
	}
}

static void what_is_cut_says_so_and_ends_in_the_buffer(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(text_printable(out, sizeof(out), "012345678901"), "012345678901");
	for (size_t size = 5; size <= sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		(void)text_printable(out, size, "0123456789\xC3\xA9\xC3\xA9\xC3\xA9\n\n\n\n\n");
		assert_true(strlen(out) < size);
		assert_true(text_ends(out, "..."));
	}
}

static void no_character_is_cut(void **state)
{
	static const struct {
		const char *text;
		size_t most, at;
	} rows[] = {
		{"", 0, 0},
		{"plain", 3, 3},
		{"a\xC3\xA9z", 1, 1},
		{"a\xC3\xA9z", 2, 1},
		{"a\xC3\xA9z", 3, 3},
		{"\xE2\x82\xAC", 2, 0},
		{"\xE2\x82\xAC", 3, 3},
		{"a\xF0\x9F\x94\x91", 4, 1},
		{"a\xF0\x9F\x94\x91", 5, 5},
		{"\x82\x82\x82\x82\x82\x82", 5, 5}, // no characters
		{"\x82\x82", 2, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_cut(rows[i].text, rows[i].most), rows[i].at);
}

static void as_much_of_a_long_text_is_shown_as_fits(void **state)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char out[64];

	(void)state;
	for (size_t size = 5; size < sizeof(text) + 3; size++) {
		(void)text_printable(out, size, text);
		assert_int_equal(strlen(out), size - 1);
		assert_memory_equal(out, text, size - 4);
		assert_true(text_ends(out, "..."));
	}
	assert_string_equal(text_printable(out, sizeof(text) + 3, text), text);
}

static void near_spellings(void **state)
{
	static const char *const words[] = {"check", "explain", "run", "no", NULL};

	(void)state;
	assert_string_equal(text_nearest("chekc", words), "check");
	assert_string_equal(text_nearest("rnu", words), "run");
	assert_null(text_nearest("nonsense", words));
	assert_null(text_nearest("xy", words)); // two edits make anything of two letters
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("abc", "abc"), 0);
	assert_int_equal(text_distance("abc", "abd"), 1);
	assert_int_equal(text_distance("abc", "ab"), 1);
	assert_int_equal(text_distance("abc", "bca"), 2);
	assert_int_equal(text_distance("abcdef", "uvwxyz"), 3);
}

static void counted_words(void **state)
{
	(void)state;
	assert_string_equal(text_plural(0), "s");
	assert_string_equal(text_plural(1), "");
	assert_string_equal(text_plural(2), "s");
}

static void spans_in_words(void **state)
{
	char out[TEXT_SPAN_SIZE];

	(void)state;
	assert_string_equal(text_span(out, 0), "0 s");
	assert_string_equal(text_span(out, 119), "119 s");
	assert_string_equal(text_span(out, 120), "2 minutes");
	assert_string_equal(text_span(out, 7200), "2 hours");
	assert_string_equal(text_span(out, 200000), "2 days");
	assert_string_equal(text_span(out, 1e15), "11574074074 days");
}

static void forms_are_decoded(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *bytes; // the first 4
	} cases[] = {
		{"", 0, ""},
		{"a+b", 3, "a b"},
		{"%41%4a%4A", 3, "AJJ"},
		{"%2B+%25", 3, "+ %"},
		{"%", SIZE_MAX, ""},
		{"%4", SIZE_MAX, ""},
		{"%4g", SIZE_MAX, ""},
		{"%g4", SIZE_MAX, ""},
		{"% 4", SIZE_MAX, ""},
		{"abcdef%", SIZE_MAX, "abcd"},
		{"abcdef", 6, "abcd"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[5] = "";
		size_t length =
			text_from_form(cases[i].text, strlen(cases[i].text), out, sizeof(out) - 1);

		if (length != cases[i].length || strcmp(out, cases[i].bytes) != 0)
			fail_msg("%s: %zu %s", cases[i].text, length, out);
	}
}

static void what_a_uri_cannot_hold_is_escaped(void **state)
{
	static const struct {
		const char *text, *plain;
		size_t size;
		const char *encoded;
	} cases[] = {
		{"", "", 1, ""},
		{"Az09-._~", "", 9, "Az09-._~"},
		{"a b/c?d=e&f", "", 64, "a%20b%2Fc%3Fd%3De%26f"},
		{"dist/a b.js", "/", 64, "dist/a%20b.js"},
		{"%41", "", 64, "%2541"},
		{"\n\x7F\xC3\xA9\xFF", "", 64, "%0A%7F%C3%A9%FF"},
		{"abc", "", 3, "ab"},
		{"ab/", "", 5, "ab"},
		{"ab/", "", 6, "ab%2F"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[64];

		assert_string_equal(text_encode(out, cases[i].size, cases[i].plain, cases[i].text),
			cases[i].encoded);
	}
}

static void a_text_goes_behind_another_where_there_is_room(void **state)
{
	static const struct {
		const char *name, *first, *second, *both;
		size_t size;
	} cases[] = {
		{"both fit", "a/", ".env", "a/.env", 16},
		{"nothing before it", "", ".env", ".env", 16},
		{"nothing behind it", "a/", "", "a/", 16},
		{"the NUL fits, too", "a/", ".env", "a/.env", 7},
		{"no room for the NUL", "a/", ".env", NULL, 6},
		{"no room for the first", "folder/", "", NULL, 7},
		{"no room for anything", "a", "b", NULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[16] = "unwritten";
		bool fits = text_join(out, cases[i].size, cases[i].first, cases[i].second);

		if (fits != (cases[i].both != NULL) ||
			strcmp(out, cases[i].both ? cases[i].both : "") != 0)
			fail_msg("%s: '%s'", cases[i].name, out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_goes_behind_another_where_there_is_room),
		cmocka_unit_test(a_token_is_a_header_s_name),
		cmocka_unit_test(beginnings_ends_and_sameness),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(utf8_agrees_with_another_decoder),
		cmocka_unit_test(a_code_point_is_written_as_others_read_it),
		cmocka_unit_test(names),
		cmocka_unit_test(nothing_printable_moves_a_terminal),
		cmocka_unit_test(what_is_cut_says_so_and_ends_in_the_buffer),
		cmocka_unit_test(no_character_is_cut),
		cmocka_unit_test(as_much_of_a_long_text_is_shown_as_fits),
		cmocka_unit_test(near_spellings),
		cmocka_unit_test(counted_words),
		cmocka_unit_test(spans_in_words),
		cmocka_unit_test(forms_are_decoded),
		cmocka_unit_test(what_a_uri_cannot_hold_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
