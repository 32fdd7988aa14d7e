// JSON of strangers, once it is read: members, items, strings and numbers.
// SPDX-License-Identifier: MIT
#include "tests/jsonoracle.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void wanted_members_are_filled_in(void **state)
{
	static const char text[] =
		"{\"exp\":17,\"\\u0061lg\":\"HS\\u0032\",\"aud\":[1,[2,3],{}],\"in\":{\"kid\":"
		"\"no\"},"
		"\"cnf\":{\"a\":1,\"b\":{\"c\":2}},\"b64\":false,\"n\":null,\"t\":true,\"\":\"\"}";
	struct strictjson_member wanted[] = {{.name = "alg"}, {.name = "aud"}, {.name = "kid"},
		{.name = "exp"}, {.name = "cnf"}, {.name = "b64"}, {.name = "n"}, {.name = "t"},
		{.name = ""}, {.name = "ex"}, {.name = "expires"}};
	static const struct {
		enum strictjson_type type;
		const char *text;
		size_t count;
		bool escaped;
	} found[] = {
		{STRICTJSON_STRING, "HS\\u0032", 0, true},
		{STRICTJSON_ARRAY, "[1,[2,3],{}]", 3, false},
		{STRICTJSON_ABSENT, NULL, 0, false},
		{STRICTJSON_NUMBER, "17", 0, false},
		{STRICTJSON_OBJECT, "{\"a\":1,\"b\":{\"c\":2}}", 2, false},
		{STRICTJSON_FALSE, "false", 0, false},
		{STRICTJSON_NULL, "null", 0, false},
		{STRICTJSON_TRUE, "true", 0, false},
		{STRICTJSON_STRING, "", 0, false},
		{STRICTJSON_ABSENT, NULL, 0, false},
		{STRICTJSON_ABSENT, NULL, 0, false},
	};

	(void)state;
	assert_int_equal(
		strictjson_object(text, strlen(text), wanted, ARRAY_SIZE(wanted), NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct strictjson_value *value = &wanted[i].value;

		assert_int_equal(value->type, found[i].type);
		assert_int_equal(value->count, found[i].count);
		assert_int_equal(value->escaped, found[i].escaped);
		if (!found[i].text)
			continue;
		assert_int_equal(value->length, strlen(found[i].text));
		assert_memory_equal(value->text, found[i].text, value->length);
		assert_true(value->text > text && value->text < text + sizeof(text));
	}
	assert_int_equal(
		strictjson_object(text, strlen(text) - 1, wanted, ARRAY_SIZE(wanted), NULL),
		STRICTJSON_E_SYNTAX);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(wanted[i].value.type, STRICTJSON_ABSENT);
}

static struct strictjson_value value_of(const char *text)
{
	struct strictjson_member wanted = {.name = "v"};

	assert_int_equal(strictjson_object(text, strlen(text), &wanted, 1, NULL), STRICTJSON_OK);
	return wanted.value;
}

static void items_and_members_are_walked(void **state)
{
	struct strictjson_value array = value_of("{\"v\":[ \"a\" , [1,{\"x\":2}] ,3]}");
	struct strictjson_value object = value_of("{\"v\":{ \"\\u0061\" : [1] ,\"b\":{}}}");
	struct strictjson_value name = {.type = STRICTJSON_ABSENT}, item;
	size_t cursor = 0;

	(void)state;
	assert_true(strictjson_next(&array, &cursor, &name, &item));
	assert_true(strictjson_is(&item, "a", 1));
	assert_true(strictjson_next(&array, &cursor, NULL, &item));
	assert_int_equal(item.type, STRICTJSON_ARRAY);
	assert_int_equal(item.count, 2);
	assert_true(strictjson_next(&array, &cursor, NULL, &item));
	assert_int_equal(item.type, STRICTJSON_NUMBER);
	for (int again = 0; again < 2; again++)
		assert_false(strictjson_next(&array, &cursor, NULL, &item));
	assert_int_equal(item.type, STRICTJSON_NUMBER); // untouched
	assert_int_equal(name.type, STRICTJSON_ABSENT); // an item has none

	cursor = 0;
	assert_true(strictjson_next(&object, &cursor, &name, &item));
	assert_true(strictjson_is(&name, "a", 1));
	assert_int_equal(item.count, 1);
	assert_true(strictjson_next(&object, &cursor, NULL, &item));
	assert_int_equal(item.type, STRICTJSON_OBJECT);
	assert_false(strictjson_next(&object, &cursor, &name, &item));

	cursor = 0;
	assert_false(strictjson_next(&item, &cursor, NULL, &item)); // an empty object
	item = value_of("{\"v\":[ ]}");
	assert_false(strictjson_next(&item, &cursor, NULL, &item));
	item = value_of("{\"v\":\"[1]\"}");
	assert_false(strictjson_next(&item, &cursor, NULL, &item));
	item.type = STRICTJSON_ABSENT;
	assert_false(strictjson_next(&item, &cursor, NULL, &item));
}

static void strings_are_compared_and_unescaped(void **state)
{
	static const struct {
		const char *what, *text, *bytes;
		size_t length;
	} cases[] = {
		{"nothing", "{\"v\":\"\"}", "", 0},
		{"plain", "{\"v\":\"HS256\"}", "HS256", 5},
		{"UTF-8", "{\"v\":\"\xC3\xA9\"}", "\xC3\xA9", 2},
		{"short escapes", "{\"v\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t", 8},
		{"one byte", "{\"v\":\"\\u007f\"}", "\x7F", 1},
		{"two bytes", "{\"v\":\"\\u0080\\u07FF\"}", "\xC2\x80\xDF\xBF", 4},
		{"three bytes", "{\"v\":\"\\u0800\\uFFFF\"}", "\xE0\xA0\x80\xEF\xBF\xBF", 6},
		{"four bytes", "{\"v\":\"\\ud800\\udc00\\udbff\\udfff\"}",
			"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8},
		{"a NUL", "{\"v\":\"a\\u0000b\"}", "a\0b", 3},
		{"what looks like an escape", "{\"v\":\"\\\\u0061\"}", "\\u0061", 6},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strictjson_value value = value_of(cases[i].text);
		size_t length = cases[i].length;
		bool has_nul = memchr(cases[i].bytes, '\0', length);
		char out[16];

		print_message("%s\n", cases[i].what);
		assert_true(strictjson_is(&value, cases[i].bytes, length));
		assert_false(strictjson_is(&value, cases[i].bytes, length + 1));
		if (length > 0)
			assert_false(strictjson_is(&value, cases[i].bytes, length - 1));
		assert_int_equal(strictjson_unescape(&value, out, length), length);
		assert_memory_equal(out, cases[i].bytes, length);
		if (length > 0)
			assert_true(strictjson_unescape(&value, out, length - 1) == SIZE_MAX);
		assert_int_equal(strictjson_text(&value, out, length + 1), !has_nul);
		assert_false(strictjson_text(&value, out, length));
		assert_false(strictjson_text(&value, out, 0));
		value.type = STRICTJSON_ARRAY;
		assert_false(strictjson_is(&value, cases[i].bytes, length));
		assert_true(strictjson_unescape(&value, out, sizeof(out)) == SIZE_MAX);
		assert_false(strictjson_text(&value, out, sizeof(out)));
	}
}

static void numbers_are_rounded_correctly_in_any_locale(void **state)
{
	static const struct {
		const char *text;
		double number;
	} cases[] = {
		{"0", 0},
		{"7", 7},
		{"-1", -1},
		{"1767225600", 1767225600},
		{"1767225600.125", 1767225600.125},
		{"1.767225600e9", 1767225600},
		{"17672256E+2", 1767225600},
		{"999999999999999999", 1e18},  // eighteen digits, between two doubles
		{"9999999999999999999", 1e19}, // no int64_t
		{"-9007199254740993", -9007199254740992.0},
		{"9007199254740993.0001", 9007199254740994.0},
		{"18446744073709551616", 18446744073709551616.0},
		{"0.1", 0.1},
		{"-2.5e-1", -0.25},
		{"5e-324", 5e-324},
		{"1e-999", 0},
		{"1e999", (double)INFINITY},
		{"-1e999", -(double)INFINITY},
		{"12345678901234567890123456789012", 12345678901234567890123456789012.0},
	};
	struct strictjson_value value = {.type = STRICTJSON_STRING, .text = "1", .length = 1};
	double number = 5;

	(void)state;
	(void)setlocale(LC_ALL, "de_DE.UTF-8"); // where it is installed: a comma for the point
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		value = (struct strictjson_value){.type = STRICTJSON_NUMBER,
			.text = cases[i].text,
			.length = strlen(cases[i].text)};
		assert_true(strictjson_number(&value, &number));
		if (number != cases[i].number)
			fail_msg("%s: %.17g", cases[i].text, number);
	}
	(void)setlocale(LC_ALL, "C");
	value = value_of("{\"v\":-0}");
	assert_true(strictjson_number(&value, &number) && number == 0 && signbit(number));
	for (int type = STRICTJSON_ABSENT; type <= STRICTJSON_OBJECT; type++) {
		value.type = (enum strictjson_type)type;
		assert_int_equal(strictjson_number(&value, &number), type == STRICTJSON_NUMBER);
	}
	value = (struct strictjson_value){.type = STRICTJSON_ABSENT}; // it has no text
	assert_false(strictjson_number(&value, &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted_members_are_filled_in),
		cmocka_unit_test(items_and_members_are_walked),
		cmocka_unit_test(strings_are_compared_and_unescaped),
		cmocka_unit_test(numbers_are_rounded_correctly_in_any_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
