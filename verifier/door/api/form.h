// Reads the fields of a form (application/x-www-form-urlencoded), as OAuth's endpoints take them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_FORM_H
#define VERIFIER_DOOR_API_FORM_H

#include "lib/base/base.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define FORM_NAME_MAX 15 // bytes of a name that is looked for

// A field that is looked for, and room for its value, which is no text: no NUL follows.
struct form_field {
	const char *name;
	char *out;
	size_t size;
	size_t length; // a longer value is cut, as one that names nothing anyway
	bool found;
};

// Finds fields; others are left alone.
// Returns: NULL, or what is wrong: a broken escape, or a field that stands twice.
const char *form_read(const char *body, size_t length, struct form_field *fields, size_t count)
	must_check;

// Ends a field's value with a NUL; its room needs one byte more than `size`.
// Returns: whether there was none in it.
bool form_is_text(struct form_field *field) must_check;

#endif
