// A JSON value as text: all of it, or nothing when memory is short.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_DUMP_H
#define LIB_VALUE_DUMP_H

#include "lib/base/base.h"

struct json_t;

// Writes a value compactly, with a NUL behind it; the caller frees the text.
// Returns: the text, or NULL when memory is short.
char *dump_json(const struct json_t *json, size_t *ret_length) must_check;

#endif
