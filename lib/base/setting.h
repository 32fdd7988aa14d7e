// Settings tables: section, key, type, default and meaning of every setting stand in one row;
// the ini reader and the command line are driven by it, the sample is checked against it.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_SETTING_H
#define LIB_BASE_SETTING_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct pool;

// What a row's field in the settings struct is.
enum setting_type {
	SETTING_TEXT,     // const char *, NULL while not given
	SETTING_FLAG,     // enum setting_flag (an int)
	SETTING_CHOICE,   // int, the index in `choices`
	SETTING_COUNT,    // uint64_t
	SETTING_SIZE,     // uint64_t bytes
	SETTING_DURATION, // uint64_t milliseconds
	SETTING_LIST,     // struct setting_list: items between commas; may repeat
	SETTING_WORDS,    // the same of words: between commas or white space
};

enum setting_flag { SETTING_UNSET, SETTING_NO, SETTING_YES };

struct setting_list {
	const char **items;
	size_t count;
	bool given; // by a file or an option, so no longer the default
};

struct setting {
	const char *section; // "" for a command's own options
	const char *key;
	enum setting_type type;
	size_t offset;              // of the field in the settings struct
	const char *const *choices; // for SETTING_CHOICE, ended by NULL
	const char *fallback;       // the default, as one would write it; NULL: none
	const char *metavar;        // how the argument is called in help; NULL: by its type
	const char *doc;            // one line, no final dot
};

// Whether a setting takes several items, so that its line may repeat.
bool setting_is_list(const struct setting *row);

// Finds a row.
// Returns: the row or NULL.
const struct setting *setting_find(
	const struct setting *table, size_t count, const char *section, const char *key);

// Whether a value stands in quotes, which a settings file would make part of it.
bool setting_is_quoted(const char *text);

// Sets one field from text; lists grow, the first item given replaces the default.
// Returns: 0, -EINVAL with what is expected, or -ENOMEM.
int setting_apply(const struct setting *row, void *object, const char *text, struct pool *pool,
	struct err *err) must_check;

// Fills every field of a section (NULL: of all) with its default.
// Returns: 0 or -ENOMEM.
int setting_defaults(const struct setting *table, size_t count, const char *section, void *object,
	struct pool *pool) must_check;

// The spelling that was probably meant.
// Returns: a key of that section, or NULL.
const char *setting_suggest(
	const struct setting *table, size_t count, const char *section, const char *key);

// How a setting's argument is called in help: its metavar, or a word for its type.
const char *setting_argument(const struct setting *row);

// Prints one line of help: `left`, then from a column on what the row does and its default.
void setting_print_row(FILE *out, const char *left, const struct setting *row);

// Prints a table as its file has it, section by section; those of `named` (ended by NULL) have a
// name behind them.
void setting_print(FILE *out, const struct setting *table, size_t count, const char *const *named);

#endif
