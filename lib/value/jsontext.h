// JSON text, judged where it lies: a value that is JSON may be a secret, and a parser that
// builds a tree would leave copies of it in the heap.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_JSONTEXT_H
#define LIB_VALUE_JSONTEXT_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Arrays and objects deeper than this are refused.
#define JSONTEXT_DEPTH_MAX 128

// One JSON value of any type with nothing but white space around it (RFC 8259, UTF-8).
bool jsontext_is_valid(struct secret text);

// Finds a member of the outermost object whose value is a string without escapes.
// `text` need not be valid as a whole.
// Returns: whether there is exactly one such member; then `ret_value` is a view of the string's
// bytes without the quotes.
bool jsontext_string_member(struct secret text, const char *name, struct secret *ret_value)
	must_check;

#endif
