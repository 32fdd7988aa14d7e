// One setter for every type of setting; the tables live with the programs.
// SPDX-License-Identifier: MIT
#include "lib/base/setting.h"

#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>

#define HELP_COLUMN 30
#define HELP_WIDTH 47 // of what stands behind it
#define SETTING_LIST_MAX 256
#define SETTING_COUNT_MAX UINT64_C(1000000000)

const struct setting *setting_find(
	const struct setting *table, size_t count, const char *section, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(table[i].section, section) && text_equal(table[i].key, key))
			return &table[i];
	return NULL;
}

bool setting_is_quoted(const char *text)
{
	size_t length = strlen(text);

	return length > 1 && (*text == '"' || *text == '\'') && text[length - 1] == *text;
}

// A word that is misspelt, or begins as the text does.
static const char *nearest_choice(const char *const *choices, const char *text)
{
	for (size_t i = 0; strlen(text) > 2 && choices[i]; i++)
		if (text_starts(choices[i], text))
			return choices[i];
	return text_nearest(text, choices);
}

static int apply_choice(const struct setting *row, int *field, const char *text, struct err *err)
{
	const char *near = nearest_choice(row->choices, text);
	char expected[160] = "";
	size_t used = 0;

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*field = i;
			return 0;
		}
		if (row->choices[i][0] && used < sizeof(expected))
			used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s",
				used ? ", " : "", row->choices[i]);
	}
	(void)err_set(err, -EINVAL, NULL, "'%s' must be one of: %s", row->key, expected);
	return near ? err_hint(err, "did you mean %s?", near) : -EINVAL;
}

static int apply_flag(const struct setting *row, int *field, const char *text, struct err *err)
{
	bool flag;

	if (num_parse_flag(text, &flag) < 0)
		return err_set(err, -EINVAL, NULL, "'%s' must be yes or no", row->key);
	*field = flag ? SETTING_YES : SETTING_NO;
	return 0;
}

static int add_item(struct setting_list *list, const char *text, size_t length, struct pool *pool)
{
	const char **items = pool_array(pool, list->count + 2, sizeof(*items));

	if (!items)
		return -ENOMEM;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count] = pool_text(pool, text, length);
	if (!items[list->count])
		return -ENOMEM;
	list->items = items;
	list->count++;
	return 0;
}

static size_t count_blanks(const char *text)
{
	return strspn(text, " \t");
}

// The next item of a list: up to a comma, of words also up to white space.
// Returns: where the one after it begins.
static const char *next_item(
	const struct setting *row, const char *text, const char **ret_item, size_t *ret_length)
{
	const char *item = text + count_blanks(text);
	size_t length = strcspn(item, row->type == SETTING_WORDS ? ", \t" : ",");
	const char *rest = item + length + count_blanks(item + length);

	while (length && (item[length - 1] == ' ' || item[length - 1] == '\t'))
		length--;
	*ret_item = item;
	*ret_length = length;
	return *rest == ',' ? rest + 1 : rest;
}

static int apply_list(const struct setting *row, struct setting_list *list, const char *text,
	bool is_default, struct pool *pool, struct err *err)
{
	if (!is_default && !list->given)
		*list = (struct setting_list){.given = true};
	while (*text) {
		const char *item;
		size_t length;

		text = next_item(row, text, &item, &length);
		if (!length)
			return err_set(err, -EINVAL, NULL, "'%s' has an empty item", row->key);
		if (list->count == SETTING_LIST_MAX)
			return err_set(err, -EINVAL, NULL, "'%s' has over %d items", row->key,
				SETTING_LIST_MAX);
		if (add_item(list, item, length, pool) < 0)
			return err_no_memory(err);
	}
	return 0;
}

bool setting_is_list(const struct setting *row)
{
	return row->type == SETTING_LIST || row->type == SETTING_WORDS;
}

static int apply_number(
	const struct setting *row, uint64_t *field, const char *text, struct err *err)
{
	int code;

	if (row->type == SETTING_SIZE)
		code = num_parse_size(text, field);
	else if (row->type == SETTING_DURATION)
		code = num_parse_duration(text, field);
	else
		code = num_parse(text, SETTING_COUNT_MAX, field);
	if (code == 0)
		return 0;
	return err_set(err, -EINVAL, NULL, "'%s' must be %s%s", row->key,
		row->type == SETTING_SIZE       ? "a size such as 64K or 1M"
		: row->type == SETTING_DURATION ? "a duration such as 500ms, 2s or 5m"
						: "a whole number",
		code == -ERANGE ? ", and not so large" : "");
}

static int apply(const struct setting *row, void *object, const char *text, bool is_default,
	struct pool *pool, struct err *err)
{
	void *field = (char *)object + row->offset;
	const char *copied;

	switch (row->type) {
	case SETTING_TEXT:
		copied = pool_copy(pool, text);
		if (!copied)
			return err_no_memory(err);
		*(const char **)field = copied;
		return 0;
	case SETTING_FLAG:
		return apply_flag(row, field, text, err);
	case SETTING_CHOICE:
		return apply_choice(row, field, text, err);
	case SETTING_LIST:
	case SETTING_WORDS:
		return apply_list(row, field, text, is_default, pool, err);
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_DURATION:
		break;
	}
	return apply_number(row, field, text, err);
}

int setting_apply(const struct setting *row, void *object, const char *text, struct pool *pool,
	struct err *err)
{
	return apply(row, object, text, false, pool, err);
}

int setting_defaults(const struct setting *table, size_t count, const char *section, void *object,
	struct pool *pool)
{
	for (size_t i = 0; i < count; i++) {
		if (!table[i].fallback || (section && !text_equal(table[i].section, section)))
			continue;
		if (apply(&table[i], object, table[i].fallback, true, pool, NULL) < 0)
			return -ENOMEM; // a default that does not parse fails the table's own test
	}
	return 0;
}

const char *setting_suggest(
	const struct setting *table, size_t count, const char *section, const char *key)
{
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; i < count; i++) {
		unsigned distance;

		if (!text_equal(table[i].section, section))
			continue;
		distance = text_distance(key, table[i].key);
		if (distance >= best)
			continue;
		best = distance;
		nearest = table[i].key;
	}
	return nearest;
}

const char *setting_argument(const struct setting *row)
{
	static const char *const by_type[] = {
		[SETTING_TEXT] = "TEXT",
		[SETTING_FLAG] = "yes|no",
		[SETTING_CHOICE] = "WORD",
		[SETTING_COUNT] = "N",
		[SETTING_SIZE] = "SIZE",
		[SETTING_DURATION] = "DURATION",
		[SETTING_LIST] = "ITEM",
		[SETTING_WORDS] = "WORD",
	};

	return row->metavar ? row->metavar : by_type[row->type];
}

// Prints words where `width` columns are used already; a new line begins below the first.
// Returns: how many are used then.
static size_t print_words(FILE *out, const char *words, size_t width)
{
	while (*words) {
		size_t length = strcspn(words, " ");

		if (width && width + 1 + length > HELP_WIDTH) {
			(void)fprintf(out, "\n  %*s", HELP_COLUMN, "");
			width = 0;
		}
		(void)fprintf(out, "%s%.*s", width ? " " : "", (int)length, words);
		width += (width > 0) + length;
		words += length + strspn(words + length, " ");
	}
	return width;
}

void setting_print_row(FILE *out, const char *left, const struct setting *row)
{
	size_t width;

	if (strlen(left) < HELP_COLUMN)
		(void)fprintf(out, "  %-*s", HELP_COLUMN, left);
	else
		(void)fprintf(out, "  %s\n  %*s", left, HELP_COLUMN, "");
	width = print_words(out, row->doc, 0);
	if (row->fallback) {
		width = print_words(out, "(default:", width);
		(void)print_words(out, row->fallback, width);
		(void)fputc(')', out);
	}
	(void)fputc('\n', out);
}

void setting_print(FILE *out, const struct setting *table, size_t count, const char *const *named)
{
	const char *section = "";

	for (size_t i = 0; i < count; i++) {
		const struct setting *row = &table[i];
		char left[96];

		if (!text_equal(row->section, section))
			(void)fprintf(out, "\n[%s%s]\n", row->section,
				text_is_among(row->section, named) ? " NAME" : "");
		section = row->section;
		(void)snprintf(left, sizeof(left), "%s = %s%s", row->key, setting_argument(row),
			setting_is_list(row) ? ", ..." : "");
		setting_print_row(out, left, row);
	}
}
