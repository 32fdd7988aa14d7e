// The JSON that the upstream answers a login with: values by paths as "userData.id", and claims
// made of them. Taken as they were written: a number keeps its digits.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_USERDATA_H
#define VERIFIER_DOOR_SESSION_USERDATA_H

#include "lib/base/base.h"
#include "verifier/trust/form/strictjson.h"

struct sessionrules_maps;

// Reads a text that is one object; the value is a view of it.
bool userdata_read(const char *text, size_t length, struct strictjson_value *ret_root) must_check;

// Finds a value; '.' stands between the names of members. Absent where there is none.
struct strictjson_value userdata_find(const struct strictjson_value *root, const char *path);

// The value as it stands in the text, a STRING with its quotes.
const char *userdata_raw(const struct strictjson_value *value, size_t *ret_length);

// Writes the object of claims that the maps say, with a NUL. A claim is a text, a number, true or
// false; sub is a text, also of a number.
// Returns: NULL, or the path whose value is missing, of another type, or too long for `out`.
const char *userdata_claims(const struct strictjson_value *root,
	const struct sessionrules_maps *maps, char *out, size_t size) must_check;

// Reads whose session it is: a text without control characters, or a number as it is written; with
// a NUL, not empty.
bool userdata_subject(const struct strictjson_value *root, const char *path, char *out, size_t size)
	must_check;

#endif
