// JSON of others as a tree of jansson: all of it, or an error that tells a short machine from a bad
// text.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_JSONLOAD_H
#define LIB_VALUE_JSONLOAD_H

#include "lib/base/base.h"

struct json_t;
struct json_error_t;

// Reads a text; `form` is of jansson's (JSON_REJECT_DUPLICATES), ret_error may be NULL and quotes
// the text. The caller has the only reference.
// Returns: 0, -EBADMSG when it is no JSON, or -ENOMEM.
int jsonload_text(const char *text, size_t length, size_t form, struct json_t **ret_json,
	struct json_error_t *ret_error) must_check;

// Reads `size` bytes, or fewer where the file ends before, from where the descriptor stands.
// Returns: 0, -EBADMSG, -ENOMEM, or another negative errno of reading.
int jsonload_file(int fd, size_t size, struct json_t **ret_json) must_check;

#endif
