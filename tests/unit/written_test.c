// Lines as they are written: names, separators, quotes, comments, and which lines belong together.
// SPDX-License-Identifier: MIT
#include "loader/inspect/written.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

enum trait {
	EXPORTED = 1u << 0,
	SPACED = 1u << 1,
	CR = 1u << 2,
	TRAILED = 1u << 3,
	UNTERMINATED = 1u << 4,
};

struct expectation {
	const char *says, *text;
	enum written_kind kind;
	const char *name, *value, *comment;
	unsigned traits;
	uint8_t quote, separator;
	uint32_t lines;
};

#define ITEM(kind) WRITTEN_##kind

// clang-format off
static const struct expectation table[] = {
	{"a plain line", "K=v", ITEM(ASSIGNMENT), "K", "v", "", 0, 0, '=', 1},
	{"no value", "K=", ITEM(ASSIGNMENT), "K", "", "", 0, 0, '=', 1},
	{"blanks around it", "  K =  v \t", ITEM(ASSIGNMENT), "K", "v", "", SPACED, 0, '=', 1},
	{"blanks behind it alone", "K=v  ", ITEM(ASSIGNMENT), "K", "v", "", 0, 0, '=', 1},
	{"blanks and no value", "K=   ", ITEM(ASSIGNMENT), "K", "", "", 0, 0, '=', 1},
	{"a comment behind a blank", "K=v #c", ITEM(ASSIGNMENT), "K", "v", "#c", 0, 0, '=', 1},
	{"a hash inside", "K=v#c", ITEM(ASSIGNMENT), "K", "v#c", "", 0, 0, '=', 1},
	{"a hash inside and a comment", "K=v#c # d ", ITEM(ASSIGNMENT), "K", "v#c", "# d", 0, 0, '=', 1},
	{"a comment instead of a value", "K= # c", ITEM(ASSIGNMENT), "K", "", "# c", 0, 0, '=', 1},
	{"double quotes", "K=\"a b\"", ITEM(ASSIGNMENT), "K", "a b", "", 0, '"', '=', 1},
	{"an escaped quote", "K=\"a\\\"b\"", ITEM(ASSIGNMENT), "K", "a\\\"b", "", 0, '"', '=', 1},
	{"single quotes know no escape", "K='a\\'", ITEM(ASSIGNMENT), "K", "a\\", "", 0, '\'', '=', 1},
	{"backticks", "K=`a`", ITEM(ASSIGNMENT), "K", "a", "", 0, '`', '=', 1},
	{"a comment behind a quote", "K='a' # c", ITEM(ASSIGNMENT), "K", "a", "# c", 0, '\'', '=', 1},
	{"text behind a quote", "K='a'b", ITEM(ASSIGNMENT), "K", "a", "", TRAILED, '\'', '=', 1},
	{"several lines", "K='a\nb'", ITEM(ASSIGNMENT), "K", "a\nb", "", 0, '\'', '=', 2},
	{"never closed", "K='a b # c", ITEM(ASSIGNMENT), "K", "'a b # c", "", UNTERMINATED, '\'', '=', 1},
	{"one quote alone", "K=\"", ITEM(ASSIGNMENT), "K", "\"", "", UNTERMINATED, '"', '=', 1},
	{"a backslash at the end", "K=\"\\", ITEM(ASSIGNMENT), "K", "\"\\", "", UNTERMINATED, '"', '=', 1},
	{"export", "export K=v", ITEM(ASSIGNMENT), "K", "v", "", EXPORTED, 0, '=', 1},
	{"a key called export", "export=v", ITEM(ASSIGNMENT), "export", "v", "", 0, 0, '=', 1},
	{"a name in quotes", "'K'=v", ITEM(ASSIGNMENT), "K", "v", "", 0, 0, '=', 1},
	{"a colon", "K: v", ITEM(ASSIGNMENT), "K", "v", "", SPACED, 0, ':', 1},
	{"a name that nobody likes", "MY KEY=v", ITEM(ASSIGNMENT), "MY KEY", "v", "", 0, 0, '=', 1},
	{"no name", "=v", ITEM(ASSIGNMENT), "", "v", "", 0, 0, '=', 1},
	{"a name alone", "K", ITEM(BARE), "K", "", "", 0, 0, 0, 1},
	{"words", "this is no pair", ITEM(JUNK), "", "", "", 0, 0, 0, 1},
	{"a comment line", " # K=v", ITEM(COMMENT), "", "", "", 0, 0, 0, 1},
	{"a CR", "K=v\r", ITEM(ASSIGNMENT), "K", "v", "", CR, 0, '=', 1},
	{"a CR behind a quote", "K='v'\r", ITEM(ASSIGNMENT), "K", "v", "", CR, '\'', '=', 1},
	{"a CR inside", "K=v\rw", ITEM(ASSIGNMENT), "K", "v\rw", "", CR, 0, '=', 1},
};
// clang-format on

static int setup(void **state)
{
	*state = pool_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	*state = pool_free(*state);
	return 0;
}

static struct written_file read_text(struct span text, struct pool *pool)
{
	struct written_file file;

	assert_int_equal(written_read(text, NULL, pool, &file), 0);
	return file;
}

static unsigned traits_of(const struct written *item)
{
	return (item->exported ? EXPORTED : 0) | (item->spaced ? SPACED : 0) | (item->cr ? CR : 0) |
	       (item->trailed ? TRAILED : 0) | (item->unterminated ? UNTERMINATED : 0);
}

static void lines_are_taken_apart(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct expectation *expected = &table[i];
		struct written_file file = read_text(span_of(expected->text), *state);
		const struct written *item = file.items;

		if (file.count != 1 || item->kind != expected->kind ||
			!span_is(item->name, expected->name) ||
			!span_is(item->value, expected->value) ||
			!span_is(item->comment, expected->comment) ||
			traits_of(item) != expected->traits || item->quote != expected->quote ||
			item->separator != expected->separator || item->lines != expected->lines ||
			!span_is(item->whole, expected->text))
			fail_msg("%s", expected->says);
		written_done(&file);
	}
}

static void items_know_their_lines(void **state)
{
	struct written_file file = read_text(
		span_of("\xEF\xBB\xBF\n# c\n\n  A='1\n2'\r\n\r\nexport B=2\nA=3\n"), *state);

	assert_true(file.bom);
	assert_int_equal(file.count, 4);
	assert_int_equal(file.items[0].line, 2);
	assert_int_equal(file.items[1].line, 4);
	assert_int_equal(file.items[1].lines, 2);
	assert_int_equal(file.items[1].column, 3);
	assert_int_equal(file.items[2].line, 7);
	assert_int_equal(file.items[2].column, 8);
	assert_int_equal(written_at_line(&file, 1), 0);
	assert_int_equal(written_at_line(&file, 5), 1);
	assert_int_equal(written_at_line(&file, 6), 1);
	assert_int_equal(written_at_line(&file, 99), 3);
	written_done(&file);
}

static void twins_know_each_other(void **state)
{
	struct written_file file = read_text(span_of("A=1\nB=1\nA=2\nA: 3\nA\n"), *state);

	assert_int_equal(file.items[0].earlier, WRITTEN_NONE);
	assert_int_equal(file.items[0].later, 2);
	assert_int_equal(file.items[2].earlier, 0);
	assert_int_equal(file.items[2].later, 3);
	assert_int_equal(file.items[3].later, WRITTEN_NONE);
	assert_int_equal(map_find(file.names, "A", 1), 3);
	assert_int_equal(map_find(file.names, "B", 1), 1);
	written_done(&file);
}

static void nothing_is_a_file_too(void **state)
{
	struct written_file file = read_text(span_of(""), *state);

	assert_int_equal(file.count, 0);
	written_done(&file);
	file = read_text(span_of("\n \t\n\r\n"), *state);
	assert_int_equal(file.count, 0);
	written_done(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_taken_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(items_know_their_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(twins_know_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_a_file_too, setup, teardown),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
