// The digits of a number come out backwards, and are turned round on the way.
// SPDX-License-Identifier: MIT
#include "lib/value/forms_writer.h"

#define DIGITS_MAX 10

void forms_writer_text(struct forms_writer *writer, const char *text)
{
	for (; *text; text++)
		forms_writer_byte(writer, (uint8_t)*text);
}

void forms_writer_digits(
	struct forms_writer *writer, uint32_t number, unsigned base, unsigned least, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX];
	unsigned count = 0;

	do {
		text[count++] = digits[number % base];
		number /= base;
	} while (count < DIGITS_MAX && (number || count < least));
	while (count > 0)
		forms_writer_byte(writer, (uint8_t)text[--count]);
}
