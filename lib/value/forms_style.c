// One code point after the other: spelled, as a number, or as it is.
// SPDX-License-Identifier: MIT
#include "lib/value/forms_style.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

#define LAST_BYTE 0xFFu
#define LAST_WIDE 0xFFFFu

static void write_digits(struct forms_writer *writer, uint32_t number, unsigned least,
	const struct forms_numbering *numbering)
{
	bool upper = numbering->upper && !(numbering->narrow_lower && number <= LAST_BYTE);

	forms_writer_digits(writer, number, numbering->decimal ? 10 : 16, least, upper);
}

static void write_number(
	struct forms_writer *writer, uint32_t point, const struct forms_numbering *numbering)
{
	if (point > LAST_WIDE && !numbering->beyond.prefix) {
		forms_writer_text(writer, "\\u");
		write_digits(writer, 0xD800 + ((point - 0x10000) >> 10), 4, numbering);
		forms_writer_text(writer, "\\u");
		write_digits(writer, 0xDC00 + ((point - 0x10000) & 0x3FF), 4, numbering);
		return;
	}
	if (point > LAST_WIDE) {
		forms_writer_text(writer, numbering->beyond.prefix);
		write_digits(writer, point, numbering->beyond.digits, numbering);
		forms_writer_text(writer, numbering->beyond.suffix);
	} else if (point > LAST_BYTE) {
		forms_writer_text(writer, numbering->wide.prefix);
		write_digits(writer, point, numbering->wide.digits, numbering);
		forms_writer_text(writer, numbering->wide.suffix);
	} else {
		forms_writer_text(writer, numbering->narrow.prefix);
		write_digits(writer, point, numbering->narrow.digits, numbering);
		forms_writer_text(writer, numbering->narrow.suffix);
	}
}

uint32_t forms_style_point(const uint8_t **at, const uint8_t *end, bool bytes)
{
	uint8_t first = *(*at)++;
	size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
	uint32_t point = more ? first & (0x3Fu >> more) : first;

	if (bytes || !more || more > (size_t)(end - *at))
		return first;
	while (more-- > 0)
		point = point << 6 | (*(*at)++ & 0x3Fu);
	return point;
}

static const struct forms_spelled *find_spelled(
	const struct forms_style *style, const uint8_t *at, const uint8_t *end)
{
	for (const struct forms_spelled *it = style->spelled; it && it->from; it++) {
		if ((uint8_t)it->from[0] == *at && strlen(it->from) <= (size_t)(end - at) &&
			memcmp(at, it->from, strlen(it->from)) == 0)
			return it;
	}
	return NULL;
}

static bool stays(const struct forms_numbering *numbering, uint32_t point)
{
	return numbering && !numbering->wide.prefix && point > LAST_BYTE && point <= LAST_WIDE;
}

// How a style writes a code point as a number, or NULL: as it is.
static const struct forms_numbering *numbering_of(const struct forms_style *style, uint32_t point)
{
	if (point < 0x20)
		return style->control;
	if (point >= 0x7F)
		return stays(style->foreign, point) ? NULL : style->foreign;
	if (style->all)
		return style->other;
	if (ascii_is_alphanumeric((int)point) || (style->plain && strchr(style->plain, (int)point)))
		return NULL;
	return style->other;
}

void forms_style_write(struct forms_writer *writer, const struct forms_style *style,
	const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length;
	bool bytes = style->bytes || text_utf8_error(at, length) != length;

	while (at < end) {
		const struct forms_spelled *spelled = find_spelled(style, at, end);
		const struct forms_numbering *numbering;
		const uint8_t *from = at;
		uint32_t point;

		if (spelled) {
			forms_writer_text(writer, spelled->to);
			at += strlen(spelled->from);
			continue;
		}
		point = forms_style_point(&at, end, bytes);
		numbering = numbering_of(style, point);
		if (numbering)
			write_number(writer, point, numbering);
		for (; !numbering && from < at; from++)
			forms_writer_byte(writer, *from);
	}
}
