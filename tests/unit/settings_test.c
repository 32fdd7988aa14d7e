// samekey.ini's tables: every row can be set, shows its default, and refuses what it cannot be.
// SPDX-License-Identifier: MIT
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_rows.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// A text that a row of each type takes, and one that it refuses.
static const char *good_text(const struct setting *row)
{
	if (row->type == SETTING_CHOICE)
		return row->choices[0][0] ? row->choices[0] : row->choices[1];
	return row->type == SETTING_FLAG       ? "no"
	       : row->type == SETTING_DURATION ? "7s"
	       : row->type == SETTING_SIZE     ? "7K"
	       : row->type == SETTING_COUNT    ? "7"
					       : "some, text";
}

static const char *bad_text(const struct setting *row)
{
	return row->type == SETTING_TEXT ? NULL : setting_is_list(row) ? "a,,b" : "nonsense";
}

static void check_table(const struct setting *rows, size_t count)
{
	own(pool_release) struct pool *pool = pool_new();
	void *object = pool_take(pool, sizeof(struct settings) + sizeof(struct settings_key));

	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_NONE;

		assert_true(rows[i].doc && *rows[i].doc && !text_ends(rows[i].doc, "."));
		assert_ptr_equal(setting_find(rows, count, rows[i].section, rows[i].key), &rows[i]);
		if (rows[i].fallback)
			assert_int_equal(
				setting_apply(&rows[i], object, rows[i].fallback, pool, &err), 0);
		assert_int_equal(
			setting_apply(&rows[i], object, good_text(&rows[i]), pool, &err), 0);
		if (!bad_text(&rows[i]))
			continue;
		assert_int_equal(
			setting_apply(&rows[i], object, bad_text(&rows[i]), pool, &err), -EINVAL);
		assert_non_null(strstr(err.what, rows[i].key));
	}
}

static void every_row_takes_and_refuses(void **state)
{
	(void)state;
	check_table(settings_rows, settings_rows_count);
	check_table(settings_rows_of_key, settings_rows_of_key_count);
}

static void defaults_are_those_of_the_design(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	struct settings *settings = settings_new(pool);
	static const char *const order[] = {"env", "credentials", "secrets", "dotenv"};

	(void)state;
	assert_non_null(settings);
	assert_null(settings->name);
	assert_string_equal(settings->group, "default");
	assert_int_equal(settings->rotation_ms, 5 * 60 * 1000);
	assert_int_equal(settings->order.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(settings->order.items[i], order[i]);
	assert_int_equal(settings->captured, SETTINGS_CAPTURED_DEMOTE);
	assert_string_equal(settings->secrets.items[0], "/run/secrets");
	assert_false(settings->secrets.given);
	assert_int_equal(settings->cascade, SETTINGS_CASCADE_NEXT);
	assert_string_equal(settings->dialect, "portable");
	assert_int_equal(settings->interpolate, SETTING_NO);
	assert_string_equal(settings->example, ".env.example");
	assert_int_equal(settings->max_file, 1 << 20);
	assert_int_equal(settings->timeout_ms, 2000);
	assert_int_equal(settings->verifier_required, SETTING_NO);
}

static int read_text(
	struct settings *settings, struct pool *pool, struct diag *diag, const char *text)
{
	return settings_read(settings, text, strlen(text), "samekey.ini", pool, diag);
}

static void a_key_section_fills_its_struct(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *diag = diag_new();
	struct settings *settings = settings_new(pool);
	const struct settings_key *key;

	(void)state;
	assert_int_equal(read_text(settings, pool, diag,
				 "[key A]\n"
				 "[key B_TOKEN]\n"
				 "required = yes\nsecret = yes\nfrom = dotenv\nfile = no\n"
				 "type = hex\nmin_length = 32\ndeny = a, b\ndeny = c\n"
				 "same_as = A\nconflict = fail\nshared = no\nphases = start\n"
				 "build_drift = fail\nempty = fail\nquotes = keep\ninject = no\n"),
		0);
	assert_int_equal(settings->key_count, 2);
	key = settings->keys[0];
	assert_string_equal(key->name, "A");
	assert_int_equal(key->required, SETTING_NO);
	assert_int_equal(key->secret, SETTING_UNSET);
	assert_int_equal(key->conflict, SETTINGS_CONFLICT_WARN);
	assert_int_equal(key->inject, SETTING_YES);
	key = settings->keys[1];
	assert_int_equal(key->line, 2);
	assert_int_equal(key->required, SETTING_YES);
	assert_int_equal(key->from, SETTINGS_FROM_DOTENV);
	assert_int_equal(key->file, SETTING_NO);
	assert_int_equal(key->min_length, 32);
	assert_int_equal(key->deny.count, 3);
	assert_string_equal(key->deny.items[2], "c");
	assert_int_equal(key->conflict, SETTINGS_CONFLICT_FAIL);
	assert_int_equal(key->shared, SETTING_NO);
	assert_int_equal(key->phases, SETTINGS_PHASES_START);
	assert_int_equal(key->build_drift, SETTINGS_DRIFT_FAIL);
	assert_int_equal(key->empty, SETTINGS_EMPTY_FAIL);
	assert_int_equal(key->quotes, SETTINGS_QUOTES_KEEP);
	assert_int_equal(key->inject, SETTING_NO);
	assert_int_equal(diag_size(diag), 0);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *diag = diag_new();
	struct settings *settings = settings_new(pool);
	static const char *const origins[] = {
		"samekey.ini:2", "samekey.ini:3", "samekey.ini:5", "samekey.ini:4"};

	(void)state;
	assert_int_equal(read_text(settings, pool, diag,
				 "[app]\nnam = x\n[keys A]\n[key A]\nrequired = ture\n[key A]\n"),
		-EINVAL);
	assert_int_equal(diag_count(diag, DIAG_ERROR), 4);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(diag_at(diag, i)->origin, origins[i]);
	assert_string_equal(diag_at(diag, 3)->origin, "samekey.ini:6");
	assert_non_null(strstr(diag_at(diag, 3)->hint, "line 4"));
}

static void an_option_replaces_the_files_list_and_then_grows(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *diag = diag_new();
	struct settings *settings = settings_new(pool);
	const struct setting *row =
		setting_find(settings_rows, settings_rows_count, "sources", "secrets");

	(void)state;
	assert_int_equal(
		read_text(settings, pool, diag, "[sources]\nsecrets = a, b\nsecrets = c\n"), 0);
	assert_int_equal(settings->secrets.count, 3);
	assert_int_equal(settings_override(settings, row, "x", pool, NULL), 0);
	assert_int_equal(settings_override(settings, row, "y, z", pool, NULL), 0);
	assert_int_equal(settings->secrets.count, 3);
	assert_string_equal(settings->secrets.items[0], "x");
	assert_string_equal(settings->secrets.items[2], "z");
}

static void modes_are_parts_of_file_names(void **state)
{
	static const char *const good[] = {"production", "test", "staging-2", "a.b_C", "1"};
	static const char *const bad[] = {"", ".", "..", ".x", "a/b", "a b", "a\n", "\xC3\xA9"};
	char longest[66];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(settings_is_mode(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(settings_is_mode(bad[i]));
	memset(longest, 'a', 65);
	longest[65] = '\0';
	assert_false(settings_is_mode(longest));
	assert_true(settings_is_mode(longest + 1));
}

static void near_spellings_stay_in_their_section(void **state)
{
	(void)state;
	assert_string_equal(
		setting_suggest(settings_rows, settings_rows_count, "sources", "dialct"),
		"dialect");
	assert_null(setting_suggest(settings_rows, settings_rows_count, "app", "dialct"));
	assert_null(setting_suggest(settings_rows, settings_rows_count, "app", "nonsense"));
}

static void a_list_has_a_cap(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setting *row =
		setting_find(settings_rows, settings_rows_count, "sources", "files");
	struct settings *settings = settings_new(pool);
	struct err err = ERR_NONE;

	(void)state;
	for (int i = 0; i < 256; i++)
		assert_int_equal(setting_apply(row, settings, "x", pool, &err), 0);
	assert_int_equal(setting_apply(row, settings, "x", pool, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_takes_and_refuses),
		cmocka_unit_test(defaults_are_those_of_the_design),
		cmocka_unit_test(a_key_section_fills_its_struct),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(an_option_replaces_the_files_list_and_then_grows),
		cmocka_unit_test(modes_are_parts_of_file_names),
		cmocka_unit_test(near_spellings_stay_in_their_section),
		cmocka_unit_test(a_list_has_a_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
