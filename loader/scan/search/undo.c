// Four small readers.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/undo.h"

#include "lib/base/text.h"
#include "lib/value/encoding.h"

size_t undo_hex(const uint8_t *text, size_t length, uint8_t *out)
{
	if (length % 2)
		return 0;
	for (size_t i = 0; i < length; i += 2) {
		int high = text_hex_digit((char)text[i]), low = text_hex_digit((char)text[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return length / 2;
}

static size_t without_padding(const uint8_t *text, size_t length)
{
	for (int i = 0; i < 2 && length > 0 && text[length - 1] == '='; i++)
		length--;
	return length;
}

size_t undo_base64_size(const uint8_t *text, size_t length)
{
	size_t digits = without_padding(text, length);

	return digits % 4 == 1 ? 0 : digits / 4 * 3 + digits % 4 * 3 / 4;
}

size_t undo_base64(const uint8_t *text, size_t length, uint8_t *out)
{
	size_t digits = without_padding(text, length), written = 0;
	uint32_t bits = 0;

	if (digits % 4 == 1)
		return 0;
	for (size_t i = 0; i < digits; i++) {
		int digit = encoding_base64_digit(text[i]);

		if (digit < 0)
			return 0;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 > 0)
			out[written++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return written;
}

static uint32_t unit_at(const uint8_t *text, bool big)
{
	return big ? (uint32_t)text[0] << 8 | text[1] : (uint32_t)text[1] << 8 | text[0];
}

size_t undo_utf16(const uint8_t *text, size_t length, bool big, uint8_t *out)
{
	size_t written = 0;

	if (length % 2)
		return 0;
	for (size_t i = 0; i < length; i += 2) {
		uint32_t point = unit_at(text + i, big), low;

		if (point >= 0xD800 && point < 0xDC00 && i + 4 <= length &&
			(low = unit_at(text + i + 2, big)) >= 0xDC00 && low < 0xE000) {
			point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
			i += 2;
		}
		written += text_put_point(point, out + written);
	}
	return written;
}

size_t undo_percents(const uint8_t *text, size_t length, uint8_t *out)
{
	size_t written = 0;

	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;

		if (text[i] == '%' && i + 2 < length) {
			high = text_hex_digit((char)text[i + 1]);
			low = text_hex_digit((char)text[i + 2]);
		}
		if (high < 0 || low < 0) {
			out[written++] = text[i];
			continue;
		}
		out[written++] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
		i += 2;
	}
	return written;
}
