// Paths as texts: their last part, and what lies below a folder.
// SPDX-License-Identifier: MIT
#include "lib/base/path.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void the_last_part_of_a_path(void **state)
{
	(void)state;
	assert_string_equal(path_basename("/a/b"), "b");
	assert_string_equal(path_basename("b"), "b");
	assert_string_equal(path_basename("/"), "/");
	assert_string_equal(path_basename("a/"), "a/");
}

static void what_lies_below_a_folder(void **state)
{
	static const struct {
		const char *path, *folder, *rest; // NULL: it lies elsewhere
	} cases[] = {
		{"/srv/app/web", "/srv/app", "web"},
		{"/srv/app/web/x", "/srv/app/", "web/x"},
		{"/srv/app", "/srv/app", ""},
		{"/srv/app/", "/srv/app", ""},
		{"/srv/app2", "/srv/app", NULL},
		{"/srv", "/srv/app", NULL},
		{"/srv/app", "/", "srv/app"},
		{"/", "/", ""},
		{"web/x", "web", "x"},
		{"/srv", "", NULL},
		{"", "/", NULL},
		{"web", "/", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *rest = path_below(cases[i].path, cases[i].folder);

		if ((rest != NULL) != (cases[i].rest != NULL) ||
			(rest && strcmp(rest, cases[i].rest) != 0))
			fail_msg("%s below %s: %s", cases[i].path, cases[i].folder,
				rest ? rest : "not");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_part_of_a_path),
		cmocka_unit_test(what_lies_below_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
