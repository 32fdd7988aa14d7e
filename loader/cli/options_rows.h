// The table of options, grouped: a command takes some of the groups, and one that resolves every
// setting of samekey.ini too. Help, completions and the reader of the command line go by it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_OPTIONS_ROWS_H
#define LOADER_CLI_OPTIONS_ROWS_H

#include "lib/base/base.h"

struct command;
struct err;
struct options;
struct pool;
struct setting;

// Visits the rows that a command takes, in the order of help.
// Returns: the row at `index`, or NULL past the last.
const struct setting *options_rows_at(const struct command *command, size_t index);

// The row that is written so, without the dashes.
// Returns: the row, or NULL: the command takes none of that name.
const struct setting *options_rows_find(const struct command *command, const char *name);

// How a row is written on the command line, without the dashes.
const char *options_rows_name(const struct setting *row);

// Whether a row is a setting of samekey.ini rather than an option of its own.
bool options_rows_is_setting(const struct setting *row);

// Whether a row is the option that fills the field at `offset` of struct options.
bool options_rows_fills(const struct setting *row, size_t offset);

// Whether a command takes the options of a group.
bool options_rows_in(const struct command *command, const char *group);

// Sets every option that has a default to it.
// Returns: 0, or a negative errno with err.
int options_rows_defaults(struct options *options, struct pool *pool, struct err *err) must_check;

#endif
