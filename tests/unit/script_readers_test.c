// What the fixtures do not show of python, ruby, foreman and direnv: values that the environment
// cannot hold, commands and how they are told from text, switches in the environment, two files.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct reading {
	const char *about, *dialect;
	const char *preset; // one variable, NAME=VALUE
	struct span file, next;
	const char *expected; // NAME=VALUE; for each result, or the code of the refusal
};

// Bytes of a literal, with the NULs in it.
#define BYTES(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct reading readings[] = {
	{"python: nothing is read when the environment says so", "python",
		"PYTHON_DOTENV_DISABLED=True", BYTES("A=1\n"), {0}, ""},
	{"python: only certain words say so", "python", "PYTHON_DOTENV_DISABLED=on", BYTES("A=1\n"),
		{0}, "A=1;"},
	{"python 0.21 cannot be told", "python-0.21", "PYTHON_DOTENV_DISABLED=1", BYTES("A=1\n"),
		{0}, "A=1;"},
	{"python 1.2.2 as published: a byte order mark is a part of the name", "python-1.2", NULL,
		BYTES("\xEF\xBB\xBF"
		      "A=1\n"),
		{0},
		"\xEF\xBB\xBF"
		"A=1;"},
	{"python 1.2.2 as published can be told", "python-1.2", "PYTHON_DOTENV_DISABLED=1",
		BYTES("A=1\n"), {0}, ""},
	{"python 0.21: a byte order mark is a part of the name", "python-0.21", NULL,
		BYTES("\xEF\xBB\xBF"
		      "A=1\n"),
		{0},
		"\xEF\xBB\xBF"
		"A=1;"},
	{"python: a name with '=' is refused", "python", NULL, BYTES("'A=B'=1\n"), {0}, "refused"},
	{"python: but not without a value", "python", NULL, BYTES("'A=B'\nC=1\n"), {0}, "C=1;"},
	{"python: a NUL is refused", "python", NULL, BYTES("A=1\0\n"), {0}, "refused"},
	{"python: but not in a value that is not used", "python", "A=x", BYTES("A=1\0\n"), {0},
		"A=x;"},
	{"python: a reference to a name alone is empty, its default too", "python", NULL,
		BYTES("A\nB=<${A:-d}>\n"), {0}, "B=<>;"},
	{"python: the white space of other scripts", "python", NULL,
		BYTES("\xE3\x80\x80"
		      "A\xC2\xA0=\xE2\x80\xA8v\xC2\x85# c\n"),
		{0}, "A=v;"},
	{"python: a second file sees the first one's values", "python", NULL, BYTES("A=1\n"),
		BYTES("A=2\nB=${A}\n"), "A=1;B=1;"},
	{"ruby: a command is not run", "ruby", NULL, BYTES("A=1\nB=x$(id)\n"), {0},
		"executes-code"},
	{"ruby: a command with a backslash is text", "ruby", NULL, BYTES("A=\\$(a (b) $(c))\n"),
		{0}, "A=$(a (b) $(c));"},
	{"ruby: empty or open parentheses are no command", "ruby", NULL, BYTES("A=$()$(a()$(b\n"),
		{0}, "A=$()$(a()$(b;"},
	{"ruby: a command behind open parentheses is one", "ruby", NULL, BYTES("A=$(a $(b)\n"), {0},
		"executes-code"},
	{"ruby: a command that a reference stands for is text", "ruby", NULL,
		BYTES("A='$(id)'\nB=$A\n"), {0}, "A=$(id);B=$(id);"},
	{"ruby 2.4: there it is run", "ruby-2.4", NULL, BYTES("A='$(id)'\nB=$A\n"), {0},
		"executes-code"},
	{"ruby: a value that the environment has is not read", "ruby", "A=x", BYTES("A=$(id)\n"),
		{0}, "A=x;"},
	{"ruby: line ends as they were, when the file asks for it", "ruby", NULL,
		BYTES("DOTENV_LINEBREAK_MODE=legacy\nA=\"1\\n2\"\n"), {0},
		"DOTENV_LINEBREAK_MODE=legacy;A=1\n2;"},
	{"ruby: name, '=' and a quoted value on three lines", "ruby", NULL,
		BYTES("export\nA\n=\n'1' # c\n"), {0}, "A=1;"},
	{"ruby: export of what is not set", "ruby", NULL, BYTES("export A\n"), {0}, "refused"},
	{"ruby: export without a value is the same", "ruby", NULL, BYTES("export A=\n"), {0},
		"refused"},
	{"ruby 2.4: export of several names, one not set", "ruby-2.4", NULL,
		BYTES("A=1\nexport A B\n"), {0}, "refused"},
	{"ruby: a NUL inside is refused, at an end it is white space", "ruby", NULL,
		BYTES("A=\0001\0\n"), {0}, "A=1;"},
	{"ruby: a NUL inside", "ruby", NULL, BYTES("A=1\0002\n"), {0}, "refused"},
	{"foreman: a NUL", "foreman", NULL, BYTES("A=1\0\n"), {0}, "refused"},
	{"foreman: bad UTF-8 in a comment", "foreman", NULL, BYTES("A=1\n# \xFF\n"), {0},
		"refused"},
	{"foreman: the last file wins", "foreman", "A=0", BYTES("A=1\n"), BYTES("A=2\n"), "A=2;"},
	{"direnv: a digit is a name for references only", "direnv", NULL,
		BYTES("1=x\na.b=y\nC=$1${a.b}\n"), {0}, "C=xy;"},
	{"direnv: a value ends at a NUL", "direnv", NULL, BYTES("A=1\0002\n"), {0}, "A=1;"},
	{"direnv: a second file sees the first one's values", "direnv", "A=0", BYTES("A=1\n"),
		BYTES("B=$A\n"), "A=1;B=1;"},
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const char *preset = *(const char **)user;
	const char *equals = preset ? strchr(preset, '=') : NULL;

	if (!equals || !span_equal(name,
			       (struct span){(const uint8_t *)preset, (size_t)(equals - preset)}))
		return false;
	*ret_value = span_of(equals + 1);
	return true;
}

static const char *refusal;

static void note_trouble(void *user, const struct emulation_trouble *trouble)
{
	const struct finding_kind *kind = finding_kind(trouble->finding);

	(void)user;
	if (!refusal && kind->severity == DIAG_ERROR)
		refusal = kind->code;
}

// What comes of the files of a row, as its `expected` says it.
static void describe(const struct reading *row, struct secret_arena *arena, FILE *output)
{
	const char *preset = row->preset;
	const struct emulation_options options = {.dialect = dialect_find(row->dialect),
		.arena = arena,
		.environment = look_up,
		.trouble = note_trouble,
		.user = (void *)&preset};
	own(emulation_release) struct emulation *emulation = emulation_new(&options);
	int code = emulation_read(emulation, row->file);

	if (!code && row->next.at)
		code = emulation_read(emulation, row->next);
	if (!code)
		code = emulation_finish(emulation);
	if (code)
		(void)fputs(refusal ? refusal : "no reason", output);
	for (size_t i = 0; !code && i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		(void)fprintf(output, "%.*s=%.*s;", (int)item.name.length,
			(const char *)item.name.at, (int)item.value.length,
			(const char *)item.value.at);
	}
}

static void reads_as_said(void **state)
{
	own(secret_arena_release) struct secret_arena *arena = NULL;

	(void)state;
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(readings); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *output = open_memstream(&text, &size);

		if (!output)
			abort();
		refusal = NULL;
		describe(&readings[i], arena, output);
		(void)fclose(output);
		if (strcmp(text, readings[i].expected) != 0)
			fail_msg("%s: %s", readings[i].about, text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads_as_said)};

	return cmocka_run_group_tests_name("script readers", tests, NULL, NULL);
}
