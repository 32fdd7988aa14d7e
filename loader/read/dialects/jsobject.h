// What a JavaScript object brings with it where loaders keep variables in one: properties that
// every object has, and the order of its keys.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_JSOBJECT_H
#define LOADER_READ_DIALECTS_JSOBJECT_H

#include "loader/read/dialects/span.h"

struct emulation;

// What every JavaScript object has under a name, which the loaders do not expect.
enum jsobject_property {
	JSOBJECT_NO_PROPERTY,
	JSOBJECT_TEXT,   // in place of a reference it becomes `ret_text`
	JSOBJECT_ITSELF, // the reference stays
	JSOBJECT_THROWS,
};
enum jsobject_property jsobject_inherited(struct span name, struct span *ret_text);

// The order in which JavaScript walks what is set so far; the caller frees it.
// Returns: the numbers for emulation_set_at, or NULL after a stop for lack of memory.
size_t *jsobject_order(struct emulation *emulation) must_check;

#endif
