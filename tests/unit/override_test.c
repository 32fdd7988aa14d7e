// Code that lets an env file win is found in every language, and nothing else is.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/override.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct list {
	char text[256];
	size_t used;
};

static int collect(void *user, const struct override *override)
{
	struct list *list = user;

	list->used += (size_t)snprintf(list->text + list->used, sizeof(list->text) - list->used,
		"%s%u", list->used ? " " : "", override->line);
	return 0;
}

static const struct {
	const char *what, *file, *source, *lines;
} cases[] = {
	{"one line", "a.js", "require('dotenv').config({ override: true })", "1"},
	{"several lines", "a.ts",
		"import dotenv from 'dotenv'\ndotenv.config({\n  path: '.env',\n  "
		"\"override\":true,\n})",
		"4"},
	{"false", "a.js", "dotenv.config({ override: false })", ""},
	{"a longer word", "a.js", "dotenv.config({ override: trueish })", ""},
	{"another statement", "a.js", "dotenv.config(); x({ override: true })", ""},
	{"no dotenv", "a.js", "app.config({ override: true })", ""},
	{"a comment", "a.js", "// dotenv.config({ override: true })", ""},
	{"a comment inside", "a.js", "dotenv.config({\n// override: true\n})", ""},
	{"twice", "a.mjs", "dotenv.config({override:true})\ndotenv.config({override:true})", "1 2"},
	{"python", "a.py", "load_dotenv(\n    override = True)\n", "2"},
	{"python without", "a.py", "load_dotenv()\noverride = True\n", ""},
	{"ruby", "a.rb", "Dotenv.overload", "1"},
	{"go", "a.go", "err := godotenv.Overload()", "1"},
	{"a script", "package.json", "{\"start\": \"dotenv -o -- node a.js\"}", "1"},
	{"a script without", "package.json", "{\"start\": \"dotenv -- node -o a.js\"}", ""},
	{"a dependency", "package.json", "{\"dotenv\": \"1\"}", ""},
	{"preload", "start.sh", "DOTENV_CONFIG_OVERRIDE=true node -r dotenv/config a.js", "1"},
	{"another file", "README.md", "dotenv.config({ override: true })", ""},
	{"nothing", "a.js", "", ""},
};

static void overrides_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct list list = {0};

		assert_int_equal(override_scan(cases[i].file, cases[i].source,
					 strlen(cases[i].source), collect, &list),
			0);
		if (!text_equal(list.text, cases[i].lines))
			fail_msg("%s: '%s'", cases[i].what, list.text);
	}
}

static void files_are_chosen_by_name(void **state)
{
	(void)state;
	assert_true(override_looks_at("server.js"));
	assert_true(override_looks_at("package.json"));
	assert_true(override_looks_at("run.sh"));
	assert_false(override_looks_at("README.md"));
	assert_false(override_looks_at("data.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overrides_are_found),
		cmocka_unit_test(files_are_chosen_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
