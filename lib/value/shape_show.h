// How a text that people gave is repeated in a message: printable, and without what looks like a
// value.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_SHAPE_SHOW_H
#define LIB_VALUE_SHAPE_SHOW_H

#include "lib/base/base.h"

// What of a command line is shown between two blanks, at most.
#define SHAPE_PART_MAX 256

// A name as it stands in a file, for a message: nothing where it is longer than `out` or looks like
// a piece of a value.
// Returns: out
char *shape_show_name(char *out, size_t size, const char *name, size_t length);

// A word from a settings file or an option for a message: printable, or "..." where a value seems
// to have been put in its place.
// Returns: out.
char *shape_show(char *out, size_t size, const char *text);

// A word of a command line for a message, printable and without the values that people put there:
// what follows KEY=, --key= or stands behind --key for a KEY that looks secret, and what itself
// looks secret. `before` is the word in front of it or NULL.
// Returns: out.
char *shape_show_argument(char *out, size_t size, const char *before, const char *word);

#endif
