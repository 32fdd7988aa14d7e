// Bytes written one behind the other into room that was there before: what does not fit is left off
// and remembered.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FORMS_WRITER_H
#define LIB_VALUE_FORMS_WRITER_H

#include "lib/base/base.h"

struct forms_writer {
	uint8_t *out;
	size_t size, length;
	bool full; // something did not fit
};

// Writes a byte, or nothing and `full` where there is no room.
static inline void forms_writer_byte(struct forms_writer *writer, uint8_t byte)
{
	if (writer->length < writer->size)
		writer->out[writer->length++] = byte;
	else
		writer->full = true;
}

// Writes a text without its NUL.
void forms_writer_text(struct forms_writer *writer, const char *text);

// Writes a number to base 10 or 16, with zeros before it up to `least` digits.
void forms_writer_digits(
	struct forms_writer *writer, uint32_t number, unsigned base, unsigned least, bool upper);

#endif
