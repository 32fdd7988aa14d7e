// JSON values from texts and lists, and as text: all of it, or nothing when memory is short.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_DUMP_H
#define LIB_VALUE_DUMP_H

#include "lib/base/base.h"

struct json_t;

// Writes a value compactly, with a NUL behind it; the caller frees the text.
// Returns: the text, or NULL when memory is short.
char *dump_json(const struct json_t *json, size_t *ret_length) must_check;

// The same in another form of jansson's (JSON_INDENT(1)).
char *dump_json_as(const struct json_t *json, size_t form, size_t *ret_length) must_check;

// Appends an item, whose reference is taken. A list that an item would be missing from is freed and
// becomes NULL, so what is packed from it fails too.
void dump_append(struct json_t **list, struct json_t *item);

// Adds a member in the same way: an object that a member would be missing from becomes NULL. The
// way for what is not always there: json_pack takes a lack of memory for an absent "s:o*".
void dump_set(struct json_t **object, const char *name, struct json_t *value);

// A text of strangers as a JSON string, as text_printable shows it; null of NULL.
// Returns: the caller's reference, or NULL when memory is short.
#define DUMP_SHOWN_SIZE 8192 // with the NUL; the rest is cut
struct json_t *dump_shown(const char *text) must_check;

// A member as text for people, as text_printable shows it: numbers in digits, the items of a list
// with ", " between; "" where it is absent or holds another object.
// Returns: out.
const char *dump_member(const struct json_t *object, const char *name, char *out, size_t size);

#endif
