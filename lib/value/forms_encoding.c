// Bit by bit, so that base64 may begin and end inside of a group.
// SPDX-License-Identifier: MIT
#include "lib/value/forms_encoding.h"

#include "lib/base/text.h"
#include "lib/value/forms_style.h"

#define LAST_WIDE 0xFFFFu

// So many bits from bit `at` on, of which those outside of the value are 0.
static unsigned six_bits(struct secret value, size_t at, size_t before)
{
	unsigned bits = 0;

	for (size_t i = at; i < at + 6; i++) {
		size_t bit = i - before;
		bool inside = i >= before && bit < value.length * 8;

		bits <<= 1;
		if (inside)
			bits |= (unsigned)(secret_bytes(value)[bit / 8] >> (7 - bit % 8)) & 1u;
	}
	return bits;
}

void forms_encoding_base64(
	struct forms_writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t before = (size_t)(detail & FORMS_BASE64_PHASE) * 8, end = before + value.length * 8;
	size_t at = (before + 5) / 6 * 6, last = end / 6 * 6;

	if (before % 6)
		text->before = (struct forms_edge){.mask = (uint8_t)((1u << (at - before)) - 1),
			.bits = (uint8_t)six_bits(value, at - 6, before)};
	for (; at < last; at += 6) {
		unsigned bits = six_bits(value, at, before);
		char digit = digits[bits];

		if (detail & FORMS_BASE64_URL && bits >= 62)
			digit = bits == 62 ? '-' : '_';
		forms_writer_byte(writer, (uint8_t)digit);
	}
	if (end % 6)
		text->after = (struct forms_edge){
			.mask = (uint8_t)(0x3Fu & ~((1u << (last + 6 - end)) - 1)),
			.bits = (uint8_t)six_bits(value, last, before)};
}

void forms_encoding_hex(
	struct forms_writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	(void)text;
	for (size_t i = 0; i < value.length; i++)
		forms_writer_digits(
			writer, secret_bytes(value)[i], 16, 2, detail & FORMS_HEX_UPPER);
}

static void write_unit(struct forms_writer *writer, uint32_t unit, bool big)
{
	forms_writer_byte(writer, (uint8_t)(big ? unit >> 8 : unit & 0xFF));
	forms_writer_byte(writer, (uint8_t)(big ? unit & 0xFF : unit >> 8));
}

void forms_encoding_utf16(
	struct forms_writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length;
	bool bytes = text_utf8_error(at, value.length) != value.length,
	     big = detail & FORMS_UTF16_BIG;

	(void)text;
	while (at < end) {
		uint32_t point = forms_style_point(&at, end, bytes);

		if (point > LAST_WIDE) {
			write_unit(writer, 0xD800 + ((point - 0x10000) >> 10), big);
			point = 0xDC00 + (point & 0x3FF);
		}
		write_unit(writer, point, big);
	}
}
