// Two readers of escapes, each a table and what numbers look like. What is written never overtakes
// what is read.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/unescape.h"

#include "lib/base/text.h"
#include "loader/scan/search/entity.h"

#define POINT_MAX 0x10FFFFu
#define DIGITS_MAX 8

struct reader {
	const uint8_t *at, *end;
	uint8_t *out;
};

static void put_point(struct reader *reader, uint32_t point)
{
	reader->out += text_put_point(point, reader->out);
}

static bool skip(struct reader *reader, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, text, length) != 0)
		return false;
	reader->at += length;
	return true;
}

// A number of so many digits at least and at most.
static bool read_number(
	struct reader *reader, unsigned base, size_t least, size_t most, uint32_t *ret_number)
{
	const uint8_t *at = reader->at;
	uint32_t number = 0;
	size_t count = 0;
	int digit;

	while (at < reader->end && count < most && (digit = text_hex_digit((char)*at)) >= 0 &&
		(unsigned)digit < base) {
		number = number * base + (uint32_t)digit;
		at++;
		count++;
	}
	if (count < least || number > POINT_MAX)
		return false;
	reader->at = at;
	*ret_number = number;
	return true;
}

static bool read_unit(struct reader *reader, uint32_t *ret_unit)
{
	struct reader ahead = *reader;

	if (!skip(&ahead, "u") || !read_number(&ahead, 16, 4, 4, ret_unit))
		return false;
	reader->at = ahead.at;
	return true;
}

// \u with four digits, two of which may be a pair of surrogates.
static bool read_units(struct reader *reader, uint32_t *ret_point)
{
	struct reader ahead;
	uint32_t low;

	if (!read_unit(reader, ret_point))
		return false;
	ahead = *reader;
	if (*ret_point >= 0xD800 && *ret_point < 0xDC00 && skip(&ahead, "\\") &&
		read_unit(&ahead, &low) && low >= 0xDC00 && low < 0xE000) {
		*ret_point = 0x10000 + ((*ret_point - 0xD800) << 10) + (low - 0xDC00);
		reader->at = ahead.at;
	}
	return true;
}

// A number behind a backslash.
static bool read_numbered(struct reader *reader)
{
	struct reader ahead = *reader;
	uint32_t point;

	if (read_units(reader, &point)) {
		put_point(reader, point);
		return true;
	}
	if (!(skip(&ahead, "x") && read_number(&ahead, 16, 2, 2, &point)) &&
		!(skip(&ahead, "u{") && read_number(&ahead, 16, 1, DIGITS_MAX, &point) &&
			skip(&ahead, "}")))
		return false;
	reader->at = ahead.at;
	put_point(reader, point);
	return true;
}

size_t unescape_script(const uint8_t *text, size_t length, uint8_t *out)
{
	static const char letters[] = "nrtbfv0", meant[] = "\n\r\t\b\f\v";
	struct reader reader = {text, text + length, out};

	while (reader.at < reader.end) {
		uint8_t byte = *reader.at++;
		const char *letter;

		if (byte != '\\' || reader.at == reader.end) {
			*reader.out++ = byte;
			continue;
		}
		if (read_numbered(&reader) || skip(&reader, "\r\n") || skip(&reader, "\n"))
			continue;
		byte = *reader.at++;
		letter = byte ? strchr(letters, byte) : NULL;
		*reader.out++ = letter ? (uint8_t)meant[letter - letters] : byte;
	}
	return (size_t)(reader.out - out);
}

static bool read_reference(struct reader *reader)
{
	struct reader ahead = *reader;
	uint32_t point;
	unsigned base;
	size_t length = entity_read(reader->at, (size_t)(reader->end - reader->at), &point);

	if (length > 0) {
		reader->at += length;
		put_point(reader, point);
		return true;
	}
	if (!skip(&ahead, "#"))
		return false;
	base = skip(&ahead, "x") || skip(&ahead, "X") ? 16 : 10;
	if (!read_number(&ahead, base, 1, DIGITS_MAX, &point) || !skip(&ahead, ";"))
		return false;
	reader->at = ahead.at;
	put_point(reader, point);
	return true;
}

size_t unescape_markup(const uint8_t *text, size_t length, uint8_t *out)
{
	struct reader reader = {text, text + length, out};

	while (reader.at < reader.end) {
		uint8_t byte = *reader.at++;

		if (byte != '&' || !read_reference(&reader))
			*reader.out++ = byte;
	}
	return (size_t)(reader.out - out);
}
