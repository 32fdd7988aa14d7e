// Where each dialect says that a reference cannot be followed: at its assignment, whatever stands
// before that, and in the file that holds it.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DOUBLED 64 // lines, each with what the one before has twice

struct told {
	enum finding finding;
	uint32_t file, line;
};

static void note(void *user, const struct emulation_trouble *trouble)
{
	*(struct told *)user = (struct told){trouble->finding, trouble->file, trouble->line};
}

// What is told of two files, the second of which holds one harmless line.
static struct told read_two(struct secret_arena *arena, const char *dialect, const char *text)
{
	struct told told = {0};
	own(emulation_release) struct emulation *emulation = emulation_new(&(
		struct emulation_options){
		.dialect = dialect_find(dialect), .arena = arena, .trouble = note, .user = &told});
	int code;

	assert_non_null(emulation);
	code = emulation_read(emulation, span_of(text));
	if (code == 0)
		code = emulation_read(emulation, span_of("LAST=1\n"));
	if (code == 0)
		code = emulation_finish(emulation);
	assert_true(code >= 0);
	return told;
}

static void what_grows_without_end_has_a_place(void **state)
{
	static const char *const dialects[] = {"dotenvx", "compose", "godotenv", "python", "ruby",
		"direnv", "phpdotenv", "deno", "symfony", "sh", "environment.d"};
	char text[64 + DOUBLED * 16] = "# no assignment\nFIRST=1\nA=x\n";

	for (size_t i = 0; i < DOUBLED; i++)
		memcpy(text + strlen(text), "A=${A}${A}\n", 12);
	for (size_t i = 0; i < ARRAY_SIZE(dialects); i++) {
		struct told told = read_two(*state, dialects[i], text);

		if (told.finding != FINDING_TOO_LARGE || told.file != 0 || told.line < 20)
			fail_msg("%s: file %u, line %u", dialects[i], told.file, told.line);
	}
}

static void a_reference_that_the_loader_fails_over_has_a_place(void **state)
{
	static const struct {
		const char *dialect, *text;
		uint32_t line;
	} rows[] = {
		{"next", "X=1\n\nA=$B\nB=$A\n", 3},
		{"dotenvx", "X=1\n\nA=$B\nhasOwnProperty=1\nC=2\n", 4},
		{"dotenvx", "X=1\n\nA=op://a/b\nC=2\n", 3},
		{"dotenv-expand", "X=1\n\nA=x$B\nB=$C\nC=$B\n", 3},
		{"dotenv-expand", "X=1\n\nA=1\nB=$valueOf\n", 4},
		{"dotenv-expand", "X=1\n\nA=x$B\nB=y$C\nC=z$B\n", 3},
		{"vite", "X=1\n\ntoString=1\n", 3},
		{"vite", "X=1\n\nA=1\nB=$valueOf\n", 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct told told = read_two(*state, rows[i].dialect, rows[i].text);

		if (told.file != 0 || told.line != rows[i].line)
			fail_msg("%s, row %zu: file %u, line %u", rows[i].dialect, i, told.file,
				told.line);
	}
}

static int set_up(void **state)
{
	return secret_arena_open(NULL, (struct secret_arena **)state, NULL);
}

static int tear_down(void **state)
{
	*state = secret_arena_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_grows_without_end_has_a_place),
		cmocka_unit_test(a_reference_that_the_loader_fails_over_has_a_place),
	};

	return cmocka_run_group_tests_name("where a dialect says it", tests, set_up, tear_down);
}
