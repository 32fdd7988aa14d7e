// The table of forms: a row is a style or an encoding, and the style of what it stands in.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FORMS_ROWS_H
#define LIB_VALUE_FORMS_ROWS_H

#include "lib/value/forms_encoding.h"

struct forms_style;

// A value is written in `style`, that is encoded, and stands in a text of `outer`.
struct forms_row {
	const char *name;
	const struct forms_style *style;
	forms_encoder *encode;
	unsigned detail;
	const struct forms_style *outer;
};

extern const struct forms_row forms_rows[];

#endif
