// The ini reader: what of a file arrives, and with which line what is wrong is told.
// SPDX-License-Identifier: MIT
#include "lib/base/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct told {
	char text[1024];
	size_t used;
};

static void tell(struct told *told, const char *format, ...) printf_like(2, 3);
static void tell(struct told *told, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	told->used += (size_t)vsnprintf(
		told->text + told->used, sizeof(told->text) - told->used, format, arguments);
	va_end(arguments);
	assert_true(told->used < sizeof(told->text));
}

static void on_section(void *user, const char *kind, const char *argument, int line)
{
	tell(user, "%d[%s|%s] ", line, kind, argument);
}

static void on_setting(void *user, const char *key, const char *value, int line)
{
	tell(user, "%d{%s=%s} ", line, key, value);
}

static void on_trouble(void *user, int line, const char *text, const char *hint)
{
	assert_true(*text && *hint);
	tell(user, "%d!%.*s ", line, 12, text);
}

static int parse(struct told *told, const char *bytes, size_t length)
{
	const struct conf_reader reader = {told, "[app]", on_section, on_setting, on_trouble};
	own_free char *copy = malloc(length ? length : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, length);
	return conf_parse(copy, length, &reader);
}

struct row {
	const char *rule, *bytes, *expected;
};

// clang-format off
static const struct row good[] = {
	{"an empty file", "", ""},
	{"a section and a setting", "[app]\nname = web\n", "1[app|] 2{name=web} "},
	{"no newline at the end", "[app]\nname=web", "1[app|] 2{name=web} "},
	{"a section with an argument", "[key NAME]\n", "1[key|NAME] "},
	{"blanks before the argument", "[key   NAME]\n", "1[key|NAME] "},
	{"blanks around the section's name", "[ \tapp web \t]\n[key\tNAME]\n[app ]\n",
		"1[app|web] 2[key|NAME] 3[app|] "},
	{"blanks within the argument", "[app my web ]\n", "1[app|my web] "},
	{"comments and blank lines", "; a\n# b\n\n  \n  ; c\n[app]\n", "6[app|] "},
	{"a comment behind a value", "[app]\nname = web ; note\n", "1[app|] 2{name=web} "},
	{"a ; in the comment behind a value", "[app]\nname = web ; a ;b\n", "1[app|] 2{name=web} "},
	{"a comment behind a section", "[app] ; note\n", "1[app|] "},
	{"a ; without white space is part of the value", "[app]\nname = a;b\n", "1[app|] 2{name=a;b} "},
	{"a # without white space is part of the value", "[app]\nname = a#b\n", "1[app|] 2{name=a#b} "},
	{"a ; without white space is part of the name", "[app]\na;b = c\n", "1[app|] 2{a;b=c} "},
	{"a colon separates too", "[app]\nname: web\n", "1[app|] 2{name=web} "},
	{"the first separator counts", "[app]\nurl = a=b:c\n", "1[app|] 2{url=a=b:c} "},
	{"an empty value", "[app]\nname =\n", "1[app|] 2{name=} "},
	{"Windows line ends", "[app]\r\nname = web\r\n", "1[app|] 2{name=web} "},
	{"a byte order mark", "\xEF\xBB\xBF[app]\n", "1[app|] "},
	{"the same section twice", "[app]\na=1\n[app]\nb=2\n", "1[app|] 2{a=1} 3[app|] 4{b=2} "},
};

static const struct row bad[] = {
	{"a setting before any section", "a=1\n", "1!a setting be "},
	{"neither", "[app]\nname\n[key A]\n", "1[app|] 2!neither a se 3[key|A] "},
	{"neither, and a comment with a separator", "[app]\nname ; = web\nname ; see: a\n", "1[app|] 2!neither a se 3!neither a se "},
	{"an indented line", "[app]\n a = 1\n\tb = 2\n", "1[app|] 2!an indented  3!an indented  "},
	{"blanks and no name", "[ \t ]\n", "1!the section' "},
	{"a section without its end", "[app\na=1\n[key A]\n", "1!a section ne 3[key|A] "},
	{"text behind a section", "[app] a=1\nb=2\n", "1!text after ' "},
	{"an empty section", "[]\n", "1!the section' "},
	{"white space and ;", "[app]\na = b ;c\nd = 1\n", "1[app|] 2!white space  3{d=1} "},
	{"white space and #", "[app]\na = b # c\nd = 1\n", "1[app|] 2!white space  3{d=1} "},
	{"a carriage return inside", "[app]\na = b\rc\n", "1[app|] 2!a carriage r "},
	{"bad UTF-8", "[app]\na = \xFF\n", "1[app|] 2!not UTF-8 "},
	{"bad UTF-8 in a comment", "; \xFF\n", "1!not UTF-8 "},
};
// clang-format on

static void check_rows(const struct row *rows, size_t count, int code)
{
	for (size_t i = 0; i < count; i++) {
		struct told told = {0};

		assert_int_equal(parse(&told, rows[i].bytes, strlen(rows[i].bytes)), code);
		if (strcmp(told.text, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].rule, told.text);
	}
}

static void what_is_right_arrives(void **state)
{
	(void)state;
	check_rows(good, ARRAY_SIZE(good), 0);
}

static void what_is_wrong_is_told_and_the_rest_read(void **state)
{
	(void)state;
	check_rows(bad, ARRAY_SIZE(bad), -EINVAL);
}

static void a_nul_is_refused(void **state)
{
	struct told told = {0};

	(void)state;
	assert_int_equal(parse(&told, "[app]\na = b\0c\nd = 1\n", 20), -EINVAL);
	assert_string_equal(told.text, "1[app|] 2!a NUL byte,  3{d=1} ");
}

// inih would split a long line and parse the rest as a new one.
static void lines_up_to_the_limit_pass_whole_and_longer_ones_are_refused(void **state)
{
	(void)state;
	for (size_t length = CONF_LINE_MAX - 2; length <= 1000; length += length < 205 ? 1 : 97) {
		char bytes[1200] = "[app]\n";
		struct told told = {0};
		int code;

		memset(bytes + 6, 'x', length);
		bytes[7] = '=';
		memcpy(bytes + 6 + length, "\nb=1\n", 6);
		code = parse(&told, bytes, strlen(bytes));
		assert_int_equal(code, length > CONF_LINE_MAX ? -EINVAL : 0);
		if (length > CONF_LINE_MAX)
			assert_string_equal(told.text, "1[app|] 2!the line is  3{b=1} ");
		else
			assert_int_equal(
				strlen(told.text), strlen("1[app|] 2{x=} 3{b=1} ") + length - 2);
	}
}

// inih cuts names at 49 bytes without a word.
static void long_section_names_survive(void **state)
{
	char bytes[400], expected[400];

	(void)state;
	for (int length = 1; length <= 255; length += 2) {
		struct told told = {0};

		(void)snprintf(bytes, sizeof(bytes), "[key %0*d]\n", length, 7);
		(void)snprintf(expected, sizeof(expected), "1[key|%0*d] ", length, 7);
		assert_int_equal(parse(&told, bytes, strlen(bytes)), 0);
		assert_string_equal(told.text, expected);
	}
	for (int length = 268; length < 300; length++) {
		struct told told = {0};

		(void)snprintf(bytes, sizeof(bytes), "[key %0*d]\na=1\n", length, 7);
		assert_int_equal(parse(&told, bytes, strlen(bytes)), -EINVAL);
		assert_string_equal(told.text, "1!the section' ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_arrives),
		cmocka_unit_test(what_is_wrong_is_told_and_the_rest_read),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(lines_up_to_the_limit_pass_whole_and_longer_ones_are_refused),
		cmocka_unit_test(long_section_names_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
