// How long a line the dialects of docker, podman and kubectl take, to the byte: whoever reads one
// byte more than the loader sets what it does not.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LONGEST (64 * 1024 - 1)

static const struct {
	const char *title, *dialect;
	size_t length;      // of the middle line
	const char *ending; // of it
	int code;
	size_t count; // of names that are set
} cases[] = {
	{"docker takes a line of 64 KiB less one", "docker", LONGEST, "\n", 0, 3},
	{"docker refuses a line of 64 KiB", "docker", LONGEST + 1, "\n", EMULATION_E_REFUSED, 0},
	{"of which CR is a part", "docker", LONGEST, "\r\n", EMULATION_E_REFUSED, 0},
	{"podman does the same", "podman", LONGEST + 1, "\n", EMULATION_E_REFUSED, 0},
	{"kubectl takes the longest line too", "kubectl", LONGEST, "\n", 0, 3},
	{"kubectl ends before a longer one and says nothing", "kubectl", LONGEST + 1, "\n", 0, 1},
};

static void takes_lines_up_to_a_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own(secret_arena_release) struct secret_arena *arena = NULL;
		own(emulation_release) struct emulation *emulation = NULL;
		own_free char *text = NULL, *line = malloc(cases[i].length + 1);
		int code;

		print_message("# %s\n", cases[i].title);
		if (!line)
			abort();
		memset(line, 'x', cases[i].length);
		memcpy(line, "K=", 2);
		line[cases[i].length] = '\0';
		assert_true(asprintf(&text, "A=1\n%s%sB=2\n", line, cases[i].ending) > 0);
		assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
		emulation = emulation_new(&(struct emulation_options){
			.dialect = dialect_find(cases[i].dialect), .arena = arena});
		assert_non_null(emulation);
		code = emulation_read(emulation, span_of(text));
		assert_int_equal(code ? code : emulation_finish(emulation), cases[i].code);
		if (!code)
			assert_int_equal(emulation_count(emulation), cases[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(takes_lines_up_to_a_length)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
