// How a value is written for a loader: whatever is written is read back as it was, for every
// dialect and random values, and where there is no way the reason fits.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/spelling.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define VALUE_MAX 40
#define FILE_LINE_MAX 1024

static struct secret_arena *arena;
static struct spelling *spelling;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	spelling = spelling_new(arena);
	assert_non_null(spelling);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	spelling = spelling_free(spelling);
	arena = secret_arena_free(arena);
	return 0;
}

static int spell(const char *dialect_name, struct span name, struct span value,
	struct spelling_answer *ret_answer)
{
	const struct dialect *dialect = dialect_find(dialect_name);
	const struct spelling_request request = {
		.dialects = &dialect, .count = 1, .pair = {name, value}};

	if (!dialect)
		fail_msg("no dialect %s", dialect_name);
	return spelling_find(spelling, &request, ret_answer);
}

// ---- what is written

static void check_text(const char *dialect, const char *value, const char *expected)
{
	struct spelling_answer answer;
	int code = spell(dialect, span_of("KEY"), span_of(value), &answer);

	if (code != 0)
		fail_msg("%s: no spelling of '%s': %s", dialect, value, answer.reason);
	if (!span_is(answer.text, expected))
		fail_msg("%s: '%s' became %.*s instead of %s", dialect, value,
			(int)answer.text.length, (const char *)answer.text.at, expected);
}

static void values_are_written_plainly_where_that_does(void **state)
{
	static const struct {
		const char *dialect, *value, *text;
	} cases[] = {
		{"portable", "plain", "plain"},
		{"portable", "", ""},
		{"portable", "two words", "'two words'"},
		{"portable", "it's", "\"it's\""},
		{"portable", "it's \"$5\"", "\"it's \\\"$5\\\"\""},
		{"portable", "a\nb", "'a\nb'"},
		{"portable", "a\r", "\"a\\r\""},
		{"docker", "it's \"$5\" # ", "it's \"$5\" # "},
		{"docker", "", ""},
		{"node", "it's", "\"it's\""},
		{"node", "it's \"so\"", "`it's \"so\"`"},
		{"node", "pa#ss", "'pa#ss'"},
		{"python", "it's ${A}", "\"it's ${:-$}{A}\""},
		{"bun", "a$b", "'a\\$b'"},
		{"godotenv", "it's $A", "\"it's \\$A\""},
		{"systemd", "it's", "\"it's\""},
		{"environment.d", "a$b", "'a$$b'"},
		{"deno", "a$b", "'a$b'"},
		{"sh", "it's \"$5\"", "'it'\\''s \"$5\"'"},
		{"sh", "=cat", "'=cat'"},
		{"sh", "two words", "'two words'"},
		{"dotenv", "it's \"so\"", "`it's \"so\"`"},
		{"dotenv-expand", "a$b", "'a\\$b'"},
		{"next", "a$b", "'a\\$b'"},
		{"compose", "it's $A", "\"it's \\$A\""},
		{"foreman", "a#b c", "'a#b c'"},
		{"literal", "it's \"$5\" # ", "it's \"$5\" # "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_text(cases[i].dialect, cases[i].value, cases[i].text);
}

static void what_cannot_be_written_has_a_reason(void **state)
{
	static const struct {
		const char *dialect, *name, *value, *reason;
	} cases[] = {
		{"literal", "KEY", "a\nb", "a line break has no spelling"},
		{"portable", "KEY", "\xff\xfe", "bytes that are no UTF-8 are not kept"},
		{"docker", "KEY", "a\nb", "a line break has no spelling"},
		{"environment.d", "KEY", "", "an empty value has no spelling"},
		{"node", "KEY", "a\r", "a carriage return has no spelling"},
		{"docker", "KEY", "\xff", "bytes that are no UTF-8 are not kept"},
		{"docker", "MY KEY", "a", "such a name is not taken"},
		{"godotenv", "KEY", "a #\\", "these backslashes have no spelling"},
		{"portable", "9 KEYS", "a", "such a name is not taken"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spelling_answer answer;

		assert_int_equal(spell(cases[i].dialect, span_of(cases[i].name),
					 span_of(cases[i].value), &answer),
			SPELLING_E_NONE);
		assert_string_equal(answer.reason, cases[i].reason);
		assert_string_equal(answer.dialect->name, cases[i].dialect);
	}
}

static void several_loaders_read_one_text(void **state)
{
	const struct dialect *dialects[] = {dialect_find("literal"), dialect_find("portable")};
	struct spelling_request request = {
		.dialects = dialects, .count = 2, .pair = {span_of("KEY"), span_of("a\\b c")}};
	struct spelling_answer answer;

	(void)state;
	assert_int_equal(spelling_find(spelling, &request, &answer), 0);
	assert_true(span_is(answer.line, "KEY=a\\b c"));
	request.pair.value = span_of(" outer");
	assert_int_equal(spelling_find(spelling, &request, &answer), SPELLING_E_NONE);
	assert_ptr_equal(answer.dialect, dialects[0]);
	assert_ptr_equal(answer.other, dialects[1]);
	assert_string_equal(answer.reason, "keeps the quotes needed by");
}

// ---- what is read back

static uint32_t below(uint32_t count)
{
	return randombytes_uniform(count);
}

// A random value: mostly ASCII, much of it what loaders stumble over; never a NUL.
static size_t make_value(uint8_t *value)
{
	static const char *const pieces[] = {"'", "\"", "`", "\\", "$", "$A", "${A}", "${A:-b}",
		"$$", "#", " #", " ", "\t", "\n", "\r", "\r\n", "=", "\\n", "\\$", "$(x)", "{", "}",
		":", ";", "&", "!", "%", "~", "export ", "\xc3\xa9", "\xe2\x82\xac", "\xc2\xa0",
		"\xef\xbb\xbf", "\x01", "\x7f", "\xff", "KEY=", "a", "b", "Z9"};
	// the first so many: from a value that is hard to one that most can hold
	static const uint32_t kinds[] = {12, 20, ARRAY_SIZE(pieces)};
	uint32_t kind = kinds[below(ARRAY_SIZE(kinds))], count = below(8);
	size_t length = 0;

	for (uint32_t i = 0; i < count; i++) {
		const char *piece = below(2) ? pieces[below(kind)] : "word";

		if (below(4) == 0)
			piece = pieces[ARRAY_SIZE(pieces) - 1 - below(3)];
		if (length + strlen(piece) > VALUE_MAX)
			break;
		memcpy(value + length, piece, strlen(piece));
		length += strlen(piece);
	}
	return length;
}

static bool nothing(void *user, struct span name, struct span *ret_value)
{
	(void)user;
	(void)name;
	(void)ret_value;
	return false;
}

static void check_reading(
	const struct dialect *dialect, struct span value, const struct spelling_answer *answer)
{
	own(emulation_release) struct emulation *emulation =
		emulation_new(&(struct emulation_options){
			.dialect = dialect, .arena = arena, .environment = nothing});
	char shown[2 * VALUE_MAX + 1];
	size_t index;

	assert_non_null(emulation);
	(void)sodium_bin2hex(shown, sizeof(shown), value.at, value.length);
	if (emulation_read(emulation, answer->line) != 0 || emulation_finish(emulation) != 0)
		fail_msg("%s refuses %.*s", dialect->name, (int)answer->line.length,
			(const char *)answer->line.at);
	index = emulation_index(emulation, span_of("KEY"));
	if (index == SIZE_MAX || !span_equal(emulation_at(emulation, index).value, value))
		fail_msg("%s reads %.*s as something else than %s", dialect->name,
			(int)answer->line.length, (const char *)answer->line.at, shown);
}

static void random_values_are_read_back_by_every_dialect(void **state)
{
	const struct dialect *dialect;
	uint8_t value[VALUE_MAX + 1];

	(void)state;
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		size_t spelt = 0, count = 400;

		for (size_t j = 0; j < count; j++) {
			size_t length = make_value(value);
			struct span wanted = {value, length};
			struct spelling_answer answer;
			int code = spell(dialect->name, span_of("KEY"), wanted, &answer);

			assert_true(code >= 0);
			if (code == 0)
				check_reading(dialect, wanted, &answer);
			else
				assert_non_null(answer.reason);
			spelt += code == 0;
		}
		print_message("%s: %zu of %zu hard values have a spelling\n", dialect->name, spelt,
			count);
		assert_true(spelt);
	}
}

static const char *const names[] = {
	"A", "PATH_", "_X", "KEY", "LONG_NAME_2", "Z", "NEXT_PUBLIC_A", "B1"};

// A file of lines in the making.
struct file {
	uint8_t bytes[ARRAY_SIZE(names) * FILE_LINE_MAX], values[ARRAY_SIZE(names)][VALUE_MAX + 1];
	struct spelling_pair pairs[ARRAY_SIZE(names)];
	size_t length, count;
};

static void add_random_line(struct file *file, const struct dialect *dialect)
{
	const char *name = names[file->count];
	struct span value = {file->values[file->count], make_value(file->values[file->count])};
	struct spelling_answer answer;

	if (spell(dialect->name, span_of(name), value, &answer) != 0)
		return;
	assert_true(answer.line.length < FILE_LINE_MAX);
	memcpy(file->bytes + file->length, answer.line.at, answer.line.length);
	file->length += answer.line.length;
	file->bytes[file->length++] = '\n';
	file->pairs[file->count++] = (struct spelling_pair){span_of(name), value};
}

// As `export` does: a line for every pair that has a spelling, and then all of them at once.
static void check_random_file(const struct dialect *dialect)
{
	struct file file = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add_random_line(&file, dialect);
	if (spelling_reads_back(spelling, dialect, (struct span){file.bytes, file.length},
		    file.pairs, file.count) != 0)
		fail_msg("%s does not read all of it back:\n%.*s", dialect->name, (int)file.length,
			(const char *)file.bytes);
}

static void whole_files_are_read_back_by_every_dialect(void **state)
{
	const struct dialect *dialect;

	(void)state;
	for (size_t i = 0; (dialect = dialect_at(i)); i++)
		for (size_t round = 0; round < 50; round++)
			check_random_file(dialect);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_plainly_where_that_does),
		cmocka_unit_test(what_cannot_be_written_has_a_reason),
		cmocka_unit_test(several_loaders_read_one_text),
		cmocka_unit_test(random_values_are_read_back_by_every_dialect),
		cmocka_unit_test(whole_files_are_read_back_by_every_dialect),
	};

	return cmocka_run_group_tests_name("spelling", tests, set_up, tear_down);
}
