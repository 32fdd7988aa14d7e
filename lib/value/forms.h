// The forms in which a value may be written: raw, as the text of another language would write it,
// in an encoding, or both. A form is a row of a table; many rows give the same bytes for a plain
// value, and whoever uses them drops what is there already.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FORMS_H
#define LIB_VALUE_FORMS_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Room that forms_write needs for a value of so many bytes: the text itself, and what it is made
// from where one language stands inside another.
#define FORMS_ROOM(length) (24 * (length) + 64)

// A base64 digit beside the text that the value determines only in part: `mask` says which of its
// six bits, `bits` what they are. A mask of 0: no such digit.
struct forms_edge {
	uint8_t mask, bits;
};

struct forms_text {
	size_t length;
	struct forms_edge before, after;
	bool wraps; // digits of base64, which may be broken into lines
};

// How many forms there are.
extern const size_t forms_count;

// How a form is called: "raw", "json", "base64", ... Several forms bear one name, since a language
// leaves its writers a choice. NULL behind the last one.
const char *forms_name(size_t form);

// Writes a value in a form. `out` is guarded memory of at least FORMS_ROOM(value.length) bytes; the
// text stands at its beginning. Of base64 only the digits are written that the value determines
// wholly, so that they are found inside of a longer text.
// Returns: whether the value has that form.
bool forms_write(size_t form, struct secret value, uint8_t *out, size_t size,
	struct forms_text *ret_text) must_check;

#endif
