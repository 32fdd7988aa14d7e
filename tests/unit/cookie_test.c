// Sessions are found in Cookie lines as the libraries split them, and nothing that leaves a doubt.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/cookie.h"

#include "tests/unit/sessions.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAME "next-auth.session-token"

static char joined[COOKIE_VALUE_MAX];

static void pairs_are_read_as_they_are_written(void **state)
{
	static const struct {
		const char *what, *lines[3];
		enum cookie_result result;
		const char *value;
	} cases[] = {
		{"no line", {NULL}, COOKIE_NONE, NULL},
		{"an empty line", {""}, COOKIE_NONE, NULL},
		{"one pair", {NAME "=ab"}, COOKIE_OK, "ab"},
		{"among others", {"a=1; " NAME "=ab; b=2"}, COOKIE_OK, "ab"},
		{"in the second line", {"a=1", NAME "=ab"}, COOKIE_OK, "ab"},
		{"no space behind the semicolon", {"a=1;" NAME "=ab;b=2"}, COOKIE_OK, "ab"},
		{"spaces and tabs around", {"a=1 ;\t " NAME " =\t ab \t; b=2"}, COOKIE_OK, "ab"},
		{"empty pairs", {";;; " NAME "=ab;;"}, COOKIE_OK, "ab"},
		{"what is no pair", {"secure; " NAME "=ab; x"}, COOKIE_OK, "ab"},
		{"a pair without a name", {"=1; " NAME "=ab"}, COOKIE_OK, "ab"},
		{"the name without a value", {NAME}, COOKIE_NONE, NULL},
		{"an empty value", {NAME "="}, COOKIE_NONE, NULL},
		{"a value of spaces", {NAME "=  "}, COOKIE_NONE, NULL},
		{"= in the value", {NAME "=a=b=="}, COOKIE_OK, "a=b=="},
		{"quotes stay", {NAME "=\"ab\""}, COOKIE_OK, "\"ab\""},
		{"percent stays", {NAME "=a%2Eb"}, COOKIE_OK, "a%2Eb"},
		{"a comma is no separator", {"a=1, " NAME "=ab"}, COOKIE_NONE, NULL},
		{"quotes hide no semicolon", {"a=\"; " NAME "=ab; b=\""}, COOKIE_OK, "ab"},
		{"another case", {"Next-Auth.Session-Token=ab"}, COOKIE_NONE, NULL},
		{"a longer name", {NAME "x=ab; " NAME "-0=cd"}, COOKIE_NONE, NULL},
		{"a longer name before", {"x" NAME "=ab"}, COOKIE_NONE, NULL},
		{"a prefix is part of the name", {"__Secure-" NAME "=ab"}, COOKIE_NONE, NULL},
		{"a no-break space is part of the name", {"\xc2\xa0" NAME "=ab"}, COOKIE_NONE,
			NULL},
		{"twice", {NAME "=ab; " NAME "=cd"}, COOKIE_E_AMBIGUOUS, NULL},
		{"twice the same", {NAME "=ab; " NAME "=ab"}, COOKIE_E_AMBIGUOUS, NULL},
		{"twice in two lines", {NAME "=ab", NAME "=cd"}, COOKIE_E_AMBIGUOUS, NULL},
		{"twice, first empty", {NAME "=; " NAME "=cd"}, COOKIE_E_AMBIGUOUS, NULL},
		{"two chunks", {NAME ".0=ab; " NAME ".1=cd"}, COOKIE_OK, "abcd"},
		{"chunks in another order", {NAME ".2=ef; " NAME ".0=ab; " NAME ".1=cd"}, COOKIE_OK,
			"abcdef"},
		{"chunks in two lines", {NAME ".1=cd", NAME ".0=ab"}, COOKIE_OK, "abcd"},
		{"one chunk", {NAME ".0=ab"}, COOKIE_OK, "ab"},
		{"no first chunk", {NAME ".1=cd"}, COOKIE_E_INCOMPLETE, NULL},
		{"a chunk missing", {NAME ".0=ab; " NAME ".2=ef"}, COOKIE_E_INCOMPLETE, NULL},
		{"an empty chunk between", {NAME ".0=ab; " NAME ".1=; " NAME ".2=ef"},
			COOKIE_E_INCOMPLETE, NULL},
		{"a chunk twice", {NAME ".0=ab; " NAME ".0=ab"}, COOKIE_E_AMBIGUOUS, NULL},
		{"whole and in chunks", {NAME "=ab; " NAME ".0=ab"}, COOKIE_E_AMBIGUOUS, NULL},
		{"whole, a chunk cleared", {NAME "=ab; " NAME ".0=; " NAME ".9="}, COOKIE_OK, "ab"},
		{"in chunks, the whole cleared", {NAME ".0=ab; " NAME "="}, COOKIE_OK, "ab"},
		{"all chunks",
			{NAME ".0=a;" NAME ".1=b;" NAME ".2=c;" NAME ".3=d",
				NAME ".4=e;" NAME ".5=f;" NAME ".6=g;" NAME ".7=h"},
			COOKIE_OK, "abcdefgh"},
		{"a chunk too many", {NAME ".0=a; " NAME ".8=i"}, COOKIE_E_LIMIT, NULL},
		{"a huge number", {NAME ".18446744073709551616=a"}, COOKIE_E_LIMIT, NULL},
		{"a chunk too many beside the whole", {NAME "=a; " NAME ".8=i"}, COOKIE_E_AMBIGUOUS,
			NULL},
		{"numbers in another spelling", {NAME ".00=a; " NAME ".01=b; " NAME ".+1=c"},
			COOKIE_NONE, NULL},
		{"no number", {NAME ".=a; " NAME ".x=b; " NAME ".0x=c; " NAME ".-1=d"}, COOKIE_NONE,
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cookie_search search;
		struct cookie_view value = {0};
		enum cookie_result result;

		cookie_begin(&search, NAME);
		for (size_t line = 0; cases[i].lines[line]; line++)
			cookie_read(&search, cases[i].lines[line], strlen(cases[i].lines[line]));
		result = cookie_end(&search, joined, sizeof(joined), &value);
		if (result != cases[i].result)
			fail_msg("%s: %d", cases[i].what, (int)result);
		assert_int_equal(value.length, cases[i].value ? strlen(cases[i].value) : 0);
		if (cases[i].value && memcmp(value.text, cases[i].value, value.length) != 0)
			fail_msg("%s", cases[i].what);
	}
}

static void a_line_may_hold_any_bytes(void **state)
{
	static const char line[] = "a=\0; " NAME "=a\0b\r\n; c";
	struct cookie_search search;
	struct cookie_view value;

	(void)state;
	cookie_begin(&search, NAME);
	cookie_read(&search, line, sizeof(line) - 1);
	assert_int_equal(cookie_end(&search, joined, sizeof(joined), &value), COOKIE_OK);
	assert_int_equal(value.length, 5);
	assert_memory_equal(value.text, "a\0b\r\n", 5);
	assert_ptr_equal(value.text, line + sizeof("a=\0; " NAME));
}

// Gives a value of `length` bytes in pieces of `piece` and says what became of it.
static enum cookie_result give(size_t length, size_t piece, size_t room)
{
	static char lines[COOKIE_CHUNKS_MAX][2 * COOKIE_VALUE_MAX];
	struct cookie_search search;
	struct cookie_view value;
	enum cookie_result result;

	cookie_begin(&search, NAME);
	for (size_t i = 0; i * piece < length; i++) {
		size_t size = length - i * piece < piece ? length - i * piece : piece;
		int head = snprintf(lines[i], sizeof(lines[i]), NAME);

		if (piece < length)
			head = snprintf(lines[i], sizeof(lines[i]), NAME ".%zu", i);
		lines[i][head] = '=';
		memset(lines[i] + head + 1, 'x', size);
		cookie_read(&search, lines[i], (size_t)head + 1 + size);
	}
	result = cookie_end(&search, joined, room, &value);
	if (result == COOKIE_OK)
		assert_int_equal(value.length, length);
	return result;
}

static void what_is_too_long_is_refused(void **state)
{
	const size_t max = COOKIE_VALUE_MAX;

	(void)state;
	assert_int_equal(give(max, max, max), COOKIE_OK);
	assert_int_equal(give(max + 1, max + 1, 2 * max), COOKIE_E_LIMIT);
	assert_int_equal(give(max, 3933, max), COOKIE_OK);
	assert_int_equal(give(max + 1, 3933, 2 * max), COOKIE_E_LIMIT);
	assert_int_equal(give(100, 30, 100), COOKIE_OK);
	assert_int_equal(give(100, 30, 99), COOKIE_E_LIMIT);
	assert_int_equal(give(100, 100, 99), COOKIE_E_LIMIT);
	assert_int_equal(give(100, 30, 0), COOKIE_E_LIMIT);
}

static bool judge(const json_t *fixture, const void *owner)
{
	const char *expected = json_string_value(json_object_get(fixture, "value"));
	const json_t *lines = json_object_get(fixture, "lines");
	struct cookie_search search;
	struct cookie_view value;
	enum cookie_result result;

	(void)owner;
	if (!lines)
		return false;
	cookie_begin(&search, sessions_text(fixture, "name"));
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		cookie_read(&search, json_string_value(line), json_string_length(line));
	}
	result = cookie_end(&search, joined, sizeof(joined), &value);
	if ((result == COOKIE_OK) != (expected != NULL))
		fail_msg("%s", sessions_text(fixture, "id"));
	if (!expected)
		return true;
	assert_int_equal(value.length, strlen(expected));
	assert_memory_equal(value.text, expected, value.length);
	return true;
}

static void sessions_of_the_real_libraries_are_found(void **state)
{
	(void)state;
	assert_true(sessions_each(judge, NULL) >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_read_as_they_are_written),
		cmocka_unit_test(a_line_may_hold_any_bytes),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(sessions_of_the_real_libraries_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
