// A member of a stranger's answer, as a line for people.
// SPDX-License-Identifier: MIT
#include "lib/value/dump.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_member_is_shown_as_a_line(void **state)
{
	static const struct {
		const char *what, *json, *shown;
		size_t size;
	} rows[] = {
		{"a text", "{\"m\":\"abc\"}", "abc", 64},
		{"an empty text", "{\"m\":\"\"}", "", 64},
		{"control bytes", "{\"m\":\"a\\u001b[2Jb\"}", "a\\x1b[2Jb", 64},
		{"a number", "{\"m\":-12}", "-12", 64},
		{"a flag", "{\"m\":true}", "true", 64},
		{"a list", "{\"m\":[\"a\",2,false]}", "a, 2, false", 64},
		{"an empty list", "{\"m\":[]}", "", 64},
		{"what a line has no place for", "{\"m\":[\"a\",{\"n\":1}]}", "a, ", 64},
		{"an object", "{\"m\":{\"n\":1}}", "", 64},
		{"null", "{\"m\":null}", "", 64},
		{"no such member", "{\"n\":\"abc\"}", "", 64},
		{"no object", "[\"m\"]", "", 64},
		{"a text that is too long", "{\"m\":\"abcdefghij\"}", "abcd...", 8},
		{"a list that is too long", "{\"m\":[\"ab\",\"cd\",\"ef\"]}", "ab, ...", 8},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *object = json_loads(rows[i].json, 0, NULL);
		char out[64] = "before";

		assert_non_null(object);
		assert_ptr_equal(dump_member(object, "m", out, rows[i].size), out);
		if (strcmp(out, rows[i].shown) != 0)
			fail_msg("%s: '%s'", rows[i].what, out);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_member_is_shown_as_a_line)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
