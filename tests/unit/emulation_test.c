// The emulation under every reader: whose value counts, what is found while reading, where it
// stands, and that no file makes it work without end. The dialects here are the test's own.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// What a test's reader does with each NAME=VALUE line.
enum trait {
	REFER = 1u << 0,  // a value "$NAME" is what is set so far, else the environment
	UNSET = 1u << 1,  // a line "NAME" takes it away
	DOUBLE = 1u << 2, // a value grows to twice what is set so far
};

static void take_line(struct emulation *emulation, struct span line)
{
	const uint8_t *equals = span_find(line, '=');
	struct span name, value;
	size_t begun;

	if (!equals) {
		if (emulation_has(emulation, UNSET))
			emulation_unset(emulation, line);
		return;
	}
	name = span_between(line.at, equals);
	value = span_between(equals + 1, span_end(line));
	if (emulation_has(emulation, REFER) && span_starts(value, "$")) {
		const struct span referred = span_after(value, 1);

		if (!emulation_find(emulation, referred, &value) &&
			!emulation_environment(emulation, referred, &value))
			value = span_of("");
	}
	if (emulation_has(emulation, DOUBLE)) {
		ignore_result(emulation_find(emulation, name, &value));
		begun = scratch_begin(emulation);
		scratch_put(emulation, value);
		scratch_put(emulation, value);
		value = scratch_end(emulation, begun);
	}
	emulation_set(emulation, name, value, line.at);
}

static void read_lines(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	const uint8_t *at = text.at;

	while (at < span_end(text) && !emulation_stopped(emulation)) {
		const uint8_t *end = span_line_end(at, span_end(text));

		take_line(emulation, span_between(at, end));
		at = end + 1;
	}
}

static void do_nothing(struct emulation *emulation)
{
	(void)emulation;
}

struct scene {
	struct secret_arena *arena;
	enum finding told;
	uint32_t line;
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	(void)user;
	if (!span_is(name, "GIVEN") && !span_is(name, "BLANK"))
		return false;
	*ret_value = span_of(span_is(name, "GIVEN") ? "given" : "");
	return true;
}

static void note(void *user, const struct emulation_trouble *trouble)
{
	struct scene *scene = user;

	scene->told = trouble->finding;
	scene->line = trouble->line;
}

static struct emulation *begin(struct scene *scene, const struct dialect *dialect, bool files_only)
{
	return emulation_new(&(struct emulation_options){.dialect = dialect,
		.arena = scene->arena,
		.environment = look_up,
		.trouble = note,
		.user = scene,
		.files_only = files_only});
}

// "NAME=value@file:line " of every result.
static void results(const struct emulation *emulation, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		used += (size_t)snprintf(out + used, size - used, "%.*s=%.*s@%u:%u ",
			(int)item.name.length, (const char *)item.name.at, (int)item.value.length,
			(const char *)item.value.at, item.file, item.line);
	}
}

static void reads(void **state)
{
	static const struct {
		const char *what, *files[2], *expected;
		struct dialect dialect;
		bool files_only;
	} cases[] = {
		{"the last line of a file counts", {"A=1\nB=2\nA=3\n"}, "A=3@0:3 B=2@0:2 ",
			{.read = read_lines}, false},
		{"the first file counts", {"A=1\nA=2\n", "A=3\nB=4\n"}, "A=2@0:2 B=4@1:2 ",
			{.read = read_lines}, false},
		{"the last file counts", {"A=1\nB=2\n", "A=3\n"}, "B=2@0:2 A=3@1:1 ",
			{.read = read_lines, .files = DIALECT_LAST_FILE_WINS}, false},
		{"the first file counts, merged", {"A=1\n", "A=3\nB=4\n"}, "A=1@0:1 B=4@1:2 ",
			{.read = read_lines, .finish = do_nothing}, false},
		{"the last file counts, merged", {"A=1\n", "A=3\nB=4\n"}, "A=3@1:1 B=4@1:2 ",
			{.read = read_lines, .finish = do_nothing, .files = DIALECT_LAST_FILE_WINS},
			false},
		{"the environment is kept", {"GIVEN=1\nBLANK=2\n"}, "GIVEN=given@0:1 BLANK=@0:2 ",
			{.read = read_lines}, false},
		{"the environment is kept unless empty", {"GIVEN=1\nBLANK=2\n"},
			"GIVEN=given@0:1 BLANK=2@0:2 ",
			{.read = read_lines, .keeper = DIALECT_NONEMPTY_WINS}, false},
		{"the file counts over the environment", {"GIVEN=1\n"}, "GIVEN=1@0:1 ",
			{.read = read_lines, .keeper = DIALECT_FILE_WINS}, false},
		{"only the files are asked", {"GIVEN=1\n"}, "GIVEN=1@0:1 ", {.read = read_lines},
			true},
		{"what is set is found, then the environment", {"A=1\nB=$A\nC=$GIVEN\nD=$NO\n"},
			"A=1@0:1 B=1@0:2 C=given@0:3 D=@0:4 ",
			{.read = read_lines, .traits = REFER}, false},
		{"an earlier file is the environment of a later one", {"A=1\n", "B=$A\n"},
			"A=1@0:1 B=1@1:1 ", {.read = read_lines, .traits = REFER}, false},
		{"what is taken away is gone, and may come again", {"A=1\nB=2\nA\nB\nB=3\n"},
			"B=3@0:5 ", {.read = read_lines, .traits = UNSET}, false},
		{"what one file takes away, another may give", {"A=1\nA\n", "A=2\n"}, "A=2@1:1 ",
			{.read = read_lines, .traits = UNSET}, false},
	};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own(emulation_release) struct emulation *emulation =
			begin(*state, &cases[i].dialect, cases[i].files_only);

		for (size_t file = 0; file < 2 && cases[i].files[file]; file++)
			assert_int_equal(
				emulation_read(emulation, span_of(cases[i].files[file])), 0);
		assert_int_equal(emulation_finish(emulation), 0);
		results(emulation, text, sizeof(text));
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].what, text);
	}
}

static void a_result_is_found_by_its_name(void **state)
{
	const struct dialect dialect = {.read = read_lines, .traits = UNSET};
	own(emulation_release) struct emulation *emulation = begin(*state, &dialect, false);

	assert_int_equal(emulation_read(emulation, span_of("A=1\nB=2\nA\nC=3\n")), 0);
	assert_int_equal(emulation_finish(emulation), 0);
	assert_int_equal(emulation_index(emulation, span_of("A")), SIZE_MAX);
	assert_int_equal(emulation_index(emulation, span_of("C")), 1);
}

static void growth_without_end_is_refused(void **state)
{
	const struct dialect dialect = {.name = "doubling", .read = read_lines, .traits = DOUBLE};
	own(emulation_release) struct emulation *emulation = begin(*state, &dialect, false);
	struct scene *scene = *state;
	char text[4 * 64 + 1];

	for (size_t i = 0; i < 64; i++)
		memcpy(text + 4 * i, "A=x\n", 5);
	assert_int_equal(emulation_read(emulation, span_of(text)), EMULATION_E_REFUSED);
	assert_int_equal(scene->told, FINDING_TOO_LARGE);
	assert_int_equal(emulation_finish(emulation), EMULATION_E_REFUSED);
}

static void begun_anew_nothing_is_left(void **state)
{
	const struct dialect doubling = {.read = read_lines, .traits = DOUBLE},
			     plain = {.read = read_lines};
	own(emulation_release) struct emulation *emulation = begin(*state, &doubling, false);
	char text[64];

	assert_int_equal(emulation_read(emulation, span_of("A=1\nB=2\n")), 0);
	assert_int_equal(emulation_finish(emulation), 0);
	emulation_restart(emulation, &plain);
	assert_int_equal(emulation_read(emulation, span_of("A=3\n")), 0);
	assert_int_equal(emulation_finish(emulation), 0);
	results(emulation, text, sizeof(text));
	assert_string_equal(text, "A=3@0:1 ");
}

static int set_up(void **state)
{
	static struct scene scene;

	*state = &scene;
	return secret_arena_open(NULL, &scene.arena, NULL);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	scene->arena = secret_arena_free(scene->arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_result_is_found_by_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(growth_without_end_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(begun_anew_nothing_is_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
