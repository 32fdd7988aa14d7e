// JSON is judged as RFC 8259 says; nothing that jansson refuses is accepted.
// SPDX-License-Identifier: MIT
#include "lib/value/jsontext.h"

#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret text_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static bool jansson_accepts(const char *text)
{
	json_t *tree = json_loads(text, JSON_DECODE_ANY, NULL);
	bool accepted = tree != NULL;

	json_decref(tree);
	return accepted;
}

static void judge_like_jansson(const char *text)
{
	if (jsontext_is_valid(text_of(text)) != jansson_accepts(text))
		fail_msg("\"%s\": jansson says %d", text, jansson_accepts(text));
}

static void texts_are_judged_like_jansson_does(void **state)
{
	static const char *const texts[] = {"{}", "[]", "null", "true", "false", "0", "-0",
		"-1.5e+3", "1E5", "\"\"", "\"a\\n\\u00e9\\ud83d\\ude00\"",
		" [ 1 , 2 , { \"a\" : [ ] } ] ", "{\"a\":{\"b\":[{}]}}", "[[],[[]]]", "\"\x7f\"",
		"{\"a\":1,\"a\":2}", "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "[1}",
		"{\"a\":1]", "nul", "nulll", "True", "01", "-", "1.", ".5", "+1", "1e", "0x10",
		"NaN", "'a'", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"", "\"\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "\"\x01\"", "\"\xff\"",
		"\"\xed\xa0\x80\"", "[1] x", "1 2", "[]]", "// c\n1", "\xef\xbb\xbf[]",
		"\"\\u0000\"", "{\"a\":[1,{\"b\":2},[3]],\"c\":\"d\"}", "[\"\\\\\",\"\\\"\"]"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		judge_like_jansson(texts[i]);
}

// All texts of up to five bytes that carry the grammar; NUL makes the shorter ones.
static void short_texts_are_judged_like_jansson_does(void **state)
{
	static const char bytes[] = "\0{}[]\",:1a-";
	const size_t count = sizeof(bytes) - 1;

	(void)state;
	for (size_t n = 0; n < count * count * count * count * count; n++) {
		char text[6] = {0};
		size_t rest = n;

		for (size_t i = 0; i < 5; i++, rest /= count)
			text[i] = bytes[rest % count];
		judge_like_jansson(text);
	}
}

static void depth_has_a_cap(void **state)
{
	char text[2 * JSONTEXT_DEPTH_MAX + 2];

	(void)state;
	memset(text, '[', JSONTEXT_DEPTH_MAX);
	memset(text + JSONTEXT_DEPTH_MAX, ']', JSONTEXT_DEPTH_MAX);
	assert_true(jsontext_is_valid(secret_view(text, 2 * JSONTEXT_DEPTH_MAX)));
	memset(text, '[', JSONTEXT_DEPTH_MAX + 1);
	memset(text + JSONTEXT_DEPTH_MAX + 1, ']', JSONTEXT_DEPTH_MAX + 1);
	assert_false(jsontext_is_valid(secret_view(text, sizeof(text))));
}

static void a_nul_ends_nothing(void **state)
{
	(void)state;
	assert_false(jsontext_is_valid(secret_view("[]\0", 3)));
	assert_false(jsontext_is_valid(secret_view("\"\0\"", 3)));
}

static void members_are_found_in_the_outermost_object(void **state)
{
	static const struct {
		const char *what, *text, *value; // value NULL: not found
	} cases[] = {
		{"a member", "{\"a\":1,\"kty\":\"oct\"}", "oct"},
		{"an empty string", "{\"kty\":\"\"}", ""},
		{"behind an object", "{\"x\":{\"y\":[1]},\"kty\":\"RSA\"}", "RSA"},
		{"in an inner object only", "{\"x\":{\"kty\":\"oct\"}}", NULL},
		{"in an array", "[{\"kty\":\"oct\"}]", NULL},
		{"twice", "{\"kty\":\"a\",\"kty\":\"b\"}", NULL},
		{"once as object", "{\"kty\":\"a\",\"kty\":{}}", NULL},
		{"a number", "{\"kty\":1}", NULL},
		{"with an escape", "{\"kty\":\"o\\u0063t\"}", NULL},
		{"a value, not a name", "{\"a\":\"kty\",\"b\":\"c\"}", NULL},
		{"no object", "\"kty\"", NULL},
		{"nothing", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct secret value;
		bool found = jsontext_string_member(text_of(cases[i].text), "kty", &value);

		if (found != (cases[i].value != NULL) ||
			(found && !secret_is(value, cases[i].value)))
			fail_msg("%s", cases[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_judged_like_jansson_does),
		cmocka_unit_test(short_texts_are_judged_like_jansson_does),
		cmocka_unit_test(depth_has_a_cap),
		cmocka_unit_test(a_nul_ends_nothing),
		cmocka_unit_test(members_are_found_in_the_outermost_object),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
