// The dialects of npm's dotenv, dotenv-expand, dotenvx and @next/env where one file of a fixture
// does not lead: several files, references without an end, and what JavaScript makes odd.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/expand.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct scene {
	struct secret_arena *arena;
	enum finding told;
};

static const struct {
	const char *name, *value;
} environment[] = {{"PRESET", "p$A-w"}, {"BLANK", ""}, {"LOOP", "$LOOP"}};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	(void)user;
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
		if (!span_is(name, environment[i].name))
			continue;
		*ret_value = span_of(environment[i].value);
		return true;
	}
	return false;
}

static void note(void *user, const struct emulation_trouble *trouble)
{
	struct scene *scene = user;

	scene->told = trouble->finding;
}

static struct emulation *start(struct scene *scene, const char *dialect)
{
	const struct emulation_options options = {.dialect = dialect_find(dialect),
		.arena = scene->arena,
		.environment = look_up,
		.trouble = note,
		.user = scene};

	return emulation_new(&options);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	return scene ? secret_arena_open(NULL, &scene->arena, NULL) : -1;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

struct expected {
	const char *title, *dialect, *files[2], *name, *value;
};

static const struct expected rows[] = {
	{"dotenv takes the first file", "dotenv", {"A=1\n", "A=2\nB=$A\n"}, "A", "1"},
	{"dotenv-expand expands what all files set", "dotenv-expand", {"A=1\n", "B=$A\n"}, "B",
		"1"},
	{"dotenv-expand sees later keys as they are written", "dotenv-expand",
		{"A=$B\nB=x$C\nC=1\n"}, "A", "x1"},
	{"dotenv-expand ends a reference to the key itself", "dotenv-expand", {"A=$A:/x\n"}, "A",
		":/x"},
	{"dotenv-expand lets the file win over an empty variable", "dotenv-expand", {"BLANK=1\n"},
		"BLANK", "1"},
	{"a key is split at null where there is no operator", "dotenv-expand", {"A=$nullable\n"},
		"A", "able"},
	{"a replacement has patterns", "dotenv-expand", {"A=x$By\nB='[$$$&]'\nBy='[$$]'\n"}, "A",
		"x[$]"},
	{"an escaped reference is the first of its text", "dotenvx", {"B=1\nA=\\$B$B\n"}, "A",
		"\\11"},
	{"dotenvx takes the first file, which later ones see", "dotenvx", {"A=1\n", "A=2\nB=$A\n"},
		"B", "1"},
	{"dotenvx leaves out a file over a name of all objects", "dotenvx", {"A=1\ntoString=2\n"},
		"A", NULL},
	{"next reads each file by itself", "next", {"A=$B.\n", "B=1\n"}, "A", "."},
	{"next writes over the environment", "next", {"A=1\nPRESET=x\n"}, "PRESET", "p1-w"},
	{"next does so once a file", "next", {"PRESET=x\n", "A=1\nPRESET=x\n"}, "PRESET", "p-w"},
	{"vite sets no prototype", "vite", {"__proto__=1\nA=2\n"}, "__proto__", NULL},
	{"next leaves out a file whose reference has no end", "next", {"B=1\nA=$A:/x\n", "C=1\n"},
		"B", NULL},
	{"next goes on with the file after it", "next", {"B=1\nA=$A:/x\n", "C=1\n"}, "C", "1"},
};

static void reads(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		own(emulation_release) struct emulation *emulation = start(scene, rows[i].dialect);
		size_t index;

		for (size_t file = 0; file < 2 && rows[i].files[file]; file++)
			assert_int_equal(
				emulation_read(emulation, span_of(rows[i].files[file])), 0);
		assert_int_equal(emulation_finish(emulation), 0);
		index = emulation_index(emulation, span_of(rows[i].name));
		if (!rows[i].value && index == SIZE_MAX)
			continue;
		if (!rows[i].value || index == SIZE_MAX ||
			!span_is(emulation_at(emulation, index).value, rows[i].value))
			fail_msg("%s", rows[i].title);
	}
}

static const struct {
	const char *title, *dialect, *file;
	enum finding finding;
} refusals[] = {
	{"a loop", "dotenv-expand", "A=x$B\nB=$C\nC=$B\n", FINDING_REFUSED},
	{"a loop that grows", "dotenv-expand", "A=x$B\nB=y$C\nC=z$B\n", FINDING_TOO_LARGE},
	{"a loop in the environment", "dotenvx", "A=x$LOOP\n", FINDING_REFUSED},
	{"a method of all objects", "dotenv-expand", "A=$valueOf\n", FINDING_REFUSED},
	{"a name of such a method", "vite", "A=1\nvalueOf=1\n", FINDING_REFUSED},
	{"a command", "dotenvx", "A=\"$(id)\"\n", FINDING_EXECUTES_CODE},
	{"a command inside quotes of a command", "dotenvx", "A=$(echo \")\" ')')\n",
		FINDING_EXECUTES_CODE},
	{"another program", "dotenvx", "A=op://vault/item\n", FINDING_EXECUTES_CODE},
};

static void refuses(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		own(emulation_release) struct emulation *emulation =
			start(scene, refusals[i].dialect);
		int code = emulation_read(emulation, span_of(refusals[i].file));

		if (code == 0)
			code = emulation_finish(emulation);
		if (code != EMULATION_E_REFUSED || scene->told != refusals[i].finding)
			fail_msg("%s", refusals[i].title);
	}
}

static void decodes_utf16(void **state)
{
	static const uint8_t text[] = "\xFF\xFE"
				      "A\0=\0\xE9\0\x3D\xD8\x11\xDD\0\xD8\n\0"
				      "B";
	own(emulation_release) struct emulation *emulation = start(*state, "dotenvx");

	assert_int_equal(emulation_read(emulation, (struct span){text, sizeof(text) - 1}), 0);
	assert_int_equal(emulation_finish(emulation), 0);
	assert_int_equal(emulation_count(emulation), 1);
	assert_true(span_is(emulation_at(emulation, 0).value, "\u00e9\U0001f511\ufffd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, open_scene, close_scene),
		cmocka_unit_test_setup_teardown(refuses, open_scene, close_scene),
		cmocka_unit_test_setup_teardown(decodes_utf16, open_scene, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
