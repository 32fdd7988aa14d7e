// A value in each form is what the writers of that form make of it: the expected texts come from
// Node, Python, Go and the minifiers. Digits of base64 are those that no neighbour can change.
// SPDX-License-Identifier: MIT
#include "lib/value/forms.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define MIX "p\"a\\s/<s>&'w+o=r d\n\u00e9\U0001F600`${x}"
#define ROOM 4096
#define VALUE_MAX 64

// Whether some row of that name writes exactly this text.
static bool has_form(struct secret value, const char *name, const void *text, size_t length)
{
	uint8_t out[ROOM];

	for (size_t i = 0; i < forms_count; i++) {
		struct forms_text got;

		if (strcmp(forms_name(i), name) == 0 &&
			forms_write(i, value, out, sizeof(out), &got) && got.length == length &&
			memcmp(out, text, length) == 0)
			return true;
	}
	return false;
}

static void every_writer_is_known(void **state)
{
	static const struct {
		const char *writer, *form, *value, *text;
	} cases[] = {
		{"nobody", "raw", MIX, MIX},
		{"JSON.stringify", "json", MIX, "p\\\"a\\\\s/<s>&'w+o=r d\\n\u00e9\U0001F600`${x}"},
		{"Python's json", "json", MIX,
			"p\\\"a\\\\s/<s>&'w+o=r d\\n\\u00e9\\ud83d\\ude00`${x}"},
		{"Go's json", "json", MIX,
			"p\\\"a\\\\s/\\u003cs\\u003e\\u0026'w+o=r d\\n\u00e9\U0001F600`${x}"},
		{"json_encode of PHP", "json", MIX,
			"p\\\"a\\\\s\\/<s>&'w+o=r d\\n\\u00e9\\ud83d\\ude00`${x}"},
		{"serialize-javascript", "json", "a/<b>\"c\"", "a\\u002F\\u003Cb\\u003E\\\"c\\\""},
		{"System.Text.Json", "json", "a+b'c\"d\u00e9", "a\\u002Bb\\u0027c\\u0022d\\u00E9"},
		{"JSON with control bytes", "json", "a\x01\x1f\b\f\r\tz",
			"a\\u0001\\u001f\\b\\f\\r\\tz"},
		{"JSON with control bytes, upper case", "json", "a\x01\x1f\b\f\r\tz",
			"a\\u0001\\u001F\\b\\f\\r\\tz"},
		{"JSON without short escapes", "json", "a\nb\tc", "a\\u000ab\\u0009c"},
		{"JSON, all of it", "json", "aZ-", "\\u0061\\u005a\\u002d"},
		{"JSON, all of it, upper case", "json", "aZ-", "\\u0061\\u005A\\u002D"},
		{"JS in double quotes", "js", "a\"b'c\\d\ne\x01", "a\\\"b'c\\\\d\\ne\\x01"},
		{"JS in single quotes", "js", "a\"b'c\\d\ne\x1b", "a\"b\\'c\\\\d\\ne\\x1B"},
		{"JS in a template", "js", "a`b${c}d\\e\nf$g", "a\\`b\\${c}d\\\\e\nf$g"},
		{"terser with ascii_only", "js", "a\u00e9\u20ac\U0001F600",
			"a\\xe9\\u20ac\\ud83d\\ude00"},
		{"terser for ES2015", "js", "a\u00e9\u20ac\U0001F600", "a\\xe9\\u20ac\\u{1f600}"},
		{"esbuild", "js", "a\u00e9\u20ac\U0001F600", "a\\xE9\\u20AC\\u{1F600}"},
		{"swc", "js", "a\u00e9\u20ac\U0001F600", "a\\xe9\\u20AC\\u{1F600}"},
		{"swc for ES5", "js", "a\u00e9\u20ac\U0001F600", "a\\xe9\u20ac\\uD83D\\uDE00"},
		{"esbuild with control bytes", "js", "a\x01\x1b\tz\n", "a\x01\\x1B\tz\\n"},
		{"swc in a source map", "js in json", "a\u20ac", "a\\\\u20AC"},
		{"a closing script", "js", "</script>", "<\\/script>"},
		{"an obfuscator", "js", "aZ-", "\\x61\\x5a\\x2d"},
		{"all in braces", "js", "aZ-", "\\u{61}\\u{5a}\\u{2d}"},
		{"React", "html", MIX,
			"p&quot;a\\s/&lt;s&gt;&amp;&#x27;w+o=r d\n\u00e9\U0001F600`${x}"},
		{"lodash", "html", "a'b\"c&", "a&#39;b&quot;c&amp;"},
		{"Go's html", "html", "a'b\"c&", "a&#39;b&#34;c&amp;"},
		{"html/template", "html", "a+b\"", "a&#43;b&#34;"},
		{"htmlspecialchars", "html", "a'b\"", "a&#039;b&quot;"},
		{"XML", "html", "a'b\"", "a&apos;b&quot;"},
		{"mustache", "html", "a/b=", "a&#x2F;b&#x3D;"},
		{"handlebars", "html", "a/b=`", "a/b&#x3D;&#x60;"},
		{"a text node", "html", "a\"b<c>", "a\"b&lt;c&gt;"},
		{"xmlcharrefreplace", "html", "a<\u00e9\U0001F600", "a&lt;&#233;&#128512;"},
		{"encodeURIComponent", "url", MIX,
			"p%22a%5Cs%2F%3Cs%3E%26'w%2Bo%3Dr%20d%0A%C3%A9%F0%9F%98%80%60%24%7Bx%7D"},
		{"encodeURI", "url", MIX,
			"p%22a%5Cs/%3Cs%3E&'w+o=r%20d%0A%C3%A9%F0%9F%98%80%60$%7Bx%7D"},
		{"URLSearchParams", "url", MIX,
			"p%22a%5Cs%2F%3Cs%3E%26%27w%2Bo%3Dr+d%0A%C3%A9%F0%9F%98%80%60%24%7Bx%7D"},
		{"urllib's quote", "url", MIX,
			"p%22a%5Cs/%3Cs%3E%26%27w%2Bo%3Dr%20d%0A%C3%A9%F0%9F%98%80%60%24%7Bx%7D"},
		{"urllib's quote_plus", "url", MIX,
			"p%22a%5Cs%2F%3Cs%3E%26%27w%2Bo%3Dr+d%0A%C3%A9%F0%9F%98%80%60%24%7Bx%7D"},
		{"lower-case URL escapes", "url", "a/b+c=\u00e9", "a%2fb%2bc%3d%c3%a9"},
		{"every byte of a URL", "url", "aZ-", "%61%5A%2D"},
		{"hex", "hex", "aZ\xff", "615aff"},
		{"hex, upper case", "hex", "aZ\xff", "615AFF"},
		{"JSON in JSON", "json in json", "a\"b\nc", "a\\\\\\\"b\\\\nc"},
		{"JSON in a page of Next", "json in json", "a\"<b>", "a\\\\\\\"\\u003cb\\u003e"},
		{"JSON in a JS string", "json in js", "a\"b'c", "a\\\\\"b\\'c"},
		{"JS in a source map", "js in json", "a'b\"c", "a\\\\'b\\\"c"},
		{"JSON in an attribute", "json in html", "a\"b", "a\\&quot;b"},
		{"HTML in JSON", "html in json", "a\\b\"c", "a\\\\b&quot;c"},
		{"JSON in a query", "json in url", "a\"b c", "a%5C%22b+c"},
		{"base64 in a query", "base64 in url", "a?>b?>c?>", "YT8%2BYj8%2BYz8%2B"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!has_form(secret_view(cases[i].value, strlen(cases[i].value)), cases[i].form,
			    cases[i].text, strlen(cases[i].text)))
			fail_msg("%s: no form gives %s", cases[i].writer, cases[i].text);
}

static void wide_text_is_known(void **state)
{
	static const char value[] = "k\u00e9\U0001F600";
	struct secret secret = secret_view(value, sizeof(value) - 1);

	(void)state;
	assert_true(has_form(secret, "utf-16le", "k\0\xe9\0\x3d\xd8\x00\xde", 8));
	assert_true(has_form(secret, "utf-16be", "\0k\0\xe9\xd8\x3d\xde\x00", 8));
	// what is no UTF-8 is read byte by byte
	assert_true(has_form(secret_view("k\xe9", 2), "utf-16le", "k\0\xe9\0", 4));
	assert_true(has_form(secret_view("k\xe9", 2), "json", "k\\u00e9", 7));
}

static int digit_of(char digit)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = memchr(digits, digit, sizeof(digits) - 1);

	return at ? (int)(at - digits) : -1;
}

// Writes bytes around the value and encodes it all: the form must stand there, between digits that
// its edges agree with.
static void check_phase(const char *value, size_t length, size_t before, size_t after)
{
	uint8_t bytes[VALUE_MAX + 8], out[ROOM];
	char whole[sodium_base64_ENCODED_LEN(sizeof(bytes), sodium_base64_VARIANT_ORIGINAL)];
	size_t hits = 0;

	randombytes_buf(bytes, sizeof(bytes));
	memcpy(bytes + before, value, length);
	sodium_bin2base64(whole, sizeof(whole), bytes, before + length + after,
		sodium_base64_VARIANT_ORIGINAL);
	for (size_t i = 0; i < forms_count; i++) {
		struct forms_text text;
		char *at;

		if (strcmp(forms_name(i), "base64") != 0)
			continue;
		assert_true(forms_write(i, secret_view(value, length), out, sizeof(out), &text));
		at = memmem(whole, strlen(whole), out, text.length);
		if (!at || (size_t)(at - whole) != (before * 8 + 5) / 6)
			continue;
		hits++;
		if (text.before.mask)
			assert_int_equal(digit_of(at[-1]) & text.before.mask, text.before.bits);
		if (text.after.mask)
			assert_int_equal(
				digit_of(at[text.length]) & text.after.mask, text.after.bits);
		// all but the digits of which some bits are somebody else's
		assert_true(text.length * 6 + 10 >= length * 8);
	}
	assert_int_equal(hits, 1);
}

static void base64_is_found_in_all_phases(void **state)
{
	char value[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (char)('!' + i * 37 % 90);
	for (size_t length = 8; length <= sizeof(value); length++)
		for (size_t before = 0; before < 4; before++)
			for (size_t after = 0; after < 3; after++)
				check_phase(value, length, before, after);
}

static void base64url_differs_in_two_digits(void **state)
{
	static const char value[] = "a?>b?~c~>";
	struct secret secret = secret_view(value, sizeof(value) - 1);

	(void)state;
	assert_true(has_form(secret, "base64", "YT8+Yj9+Y34+", 12));
	assert_true(has_form(secret, "base64url", "YT8-Yj9-Y34-", 12));
}

static void a_form_needs_room(void **state)
{
	uint8_t out[16];
	struct forms_text text;

	(void)state;
	assert_false(forms_write(0, secret_view("0123456789", 10), out, sizeof(out), &text));
	assert_true(forms_write(0, secret_view("01234567", 8), out, sizeof(out), &text));
	assert_int_equal(text.length, 8);
	assert_null(forms_name(forms_count));
}

// The worst value for every form, alone and many times over, has room in what FORMS_ROOM says.
static void the_room_suffices(void **state)
{
	uint8_t value[VALUE_MAX], out[FORMS_ROOM(VALUE_MAX)];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		memset(value, (int)byte, sizeof(value));
		for (size_t i = 0; i < forms_count; i++) {
			struct forms_text text;

			assert_true(forms_write(
				i, secret_view(value, sizeof(value)), out, sizeof(out), &text));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_writer_is_known),
		cmocka_unit_test(wide_text_is_known),
		cmocka_unit_test(base64_is_found_in_all_phases),
		cmocka_unit_test(base64url_differs_in_two_digits),
		cmocka_unit_test(a_form_needs_room),
		cmocka_unit_test(the_room_suffices),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
