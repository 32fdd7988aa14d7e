// Text without a locale. Holds no state, allocates nothing.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/base/ascii.h"

#include <stdio.h>
#include <string.h>

#define TEXT_NAME_MAX 255
#define TEXT_NEAR 2
#define TEXT_WORD_MAX 64

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_join(char *out, size_t size, const char *first, const char *second)
{
	size_t length = strlen(first), more = strlen(second);

	if (length >= size || more >= size - length) {
		*out = '\0';
		return false;
	}
	memcpy(out, first, length);
	memcpy(out + length, second, more + 1);
	return true;
}

bool text_is_among(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (text_equal(word, *words))
			return true;
	return false;
}

static size_t skip_ascii(const unsigned char *at, size_t i, size_t length)
{
	while (length - i >= 32) {
		uint64_t word[4];

		memcpy(word, at + i, sizeof(word));
		if ((word[0] | word[1] | word[2] | word[3]) & UINT64_C(0x8080808080808080))
			break;
		i += 32;
	}
	while (i < length && at[i] < 0x80)
		i++;
	return i;
}

// The length of the sequence at `at`, or 0 when it is none.
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
	size_t length;
	unsigned low = 0x80, high = 0xBF;

	if (at[0] >= 0xC2 && at[0] <= 0xDF)
		length = 2;
	else if (at[0] >= 0xE0 && at[0] <= 0xEF)
		length = 3;
	else if (at[0] >= 0xF0 && at[0] <= 0xF4)
		length = 4;
	else
		return 0;
	if (left < length)
		return 0;
	if (at[0] == 0xE0)
		low = 0xA0; // overlong
	else if (at[0] == 0xED)
		high = 0x9F; // surrogates
	else if (at[0] == 0xF0)
		low = 0x90; // overlong
	else if (at[0] == 0xF4)
		high = 0x8F; // past U+10FFFF
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (at[i] < 0x80 || at[i] > 0xBF)
			return 0;
	return length;
}

size_t text_utf8_error(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	size_t i = skip_ascii(at, 0, length);

	while (i < length) {
		size_t step = utf8_sequence(at + i, length - i);

		if (!step)
			return i;
		i += step;
		if (i < length && at[i] < 0x80)
			i = skip_ascii(at, i, length);
	}
	return length;
}

size_t text_cut(const char *text, size_t most)
{
	size_t start = most, sequence;

	while (start && most - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (!start || (unsigned char)text[start - 1] < 0xC0)
		return most; // plain at its end, or no UTF-8
	sequence = utf8_sequence((const unsigned char *)text + start - 1, most - start + 1);
	return sequence == most - start + 1 ? most : start - 1;
}

void text_mark_cut(char *out, size_t size, int length)
{
	if (length >= 0 && (size_t)length >= size)
		memcpy(out + text_cut(out, size - sizeof(TEXT_MORE)), TEXT_MORE, sizeof(TEXT_MORE));
}

size_t text_put_point(uint32_t point, uint8_t *out)
{
	static const struct {
		uint32_t end; // the first number that is longer
		uint8_t lead;
	} lengths[TEXT_POINT_MAX] = {{0x80, 0}, {0x800, 0xC0}, {0x10000, 0xE0}, {0x200000, 0xF0},
		{0x4000000, 0xF8}, {0x80000000, 0xFC}};
	size_t more = 0;

	while (more + 1 < TEXT_POINT_MAX && point >= lengths[more].end)
		more++;
	for (size_t i = more; i > 0; i--, point >>= 6)
		out[i] = (uint8_t)(0x80 | (point & 0x3F));
	out[0] = (uint8_t)(lengths[more].lead | point);
	return more + 1;
}

// Whether 8 bytes are printable ASCII. In a word of bytes below 0x80, one under 0x20 borrows and
// one of 0x7F carries into its highest bit.
static bool is_printable_word(const uint8_t *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return !((word | (word + ones) | (word - ones * 0x20)) & highs);
}

// How many bytes from the start on are printable ASCII for sure, in steps of 8.
static size_t skip_printable(const uint8_t *at, size_t length)
{
	size_t i = 0;

	for (; length - i >= sizeof(uint64_t); i += sizeof(uint64_t))
		if (!is_printable_word(at + i))
			return i;
	// the last bytes together with those before them
	return i && i < length && is_printable_word(at + length - sizeof(uint64_t)) ? length : i;
}

bool text_is_line(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	size_t plain = skip_printable(at, length);

	while (plain < length && at[plain] >= 0x20 && at[plain] < 0x7F)
		plain++;
	if (plain == length)
		return true;
	for (size_t i = plain; i < length; i++) {
		if (at[i] < 0x20 || at[i] == 0x7F)
			return false;
		if (at[i] == 0xC2 && i + 1 < length && at[i + 1] < 0xA0)
			return false; // the C1 control characters
	}
	return text_utf8_error(at + plain, length - plain) == length - plain;
}

bool text_is_token(const char *text, size_t length)
{
	static const uint32_t may[4] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff}; // a bit for each

	for (size_t i = 0; i < length; i++) {
		unsigned at = (unsigned char)text[i];

		if (at > 0x7f || !(may[at / 32] >> at % 32 & 1u))
			return false;
	}
	return length > 0;
}

bool text_is_name(const char *text)
{
	size_t i = 0;

	for (; text[i]; i++)
		if (i >= TEXT_NAME_MAX || !ascii_is_name(text[i], i == 0))
			return false;
	return i > 0;
}

// Marks that turn the direction of a line, or end it: what is shown would not be what is there.
static bool is_turning(const unsigned char *at, size_t step)
{
	if (step == 2 && at[0] == 0xD8)
		return at[1] == 0x9C;
	if (step != 3 || at[0] != 0xE2)
		return false;
	return at[1] == 0x80 ? at[2] == 0x8E || at[2] == 0x8F || (at[2] >= 0xA8 && at[2] <= 0xAE)
			     : at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9;
}

// How many bytes are shown as they are: plain ones as far as there is room, or a character.
// Returns: 0 for what is not.
static size_t shown_as_is(const unsigned char *at, size_t left, size_t room)
{
	size_t step = skip_printable(at, left < room ? left : room);

	if (!step && *at >= 0x20 && *at < 0x7F)
		step = 1;
	else if (!step && *at >= 0x80)
		step = utf8_sequence(at, left);
	if (step == 2 && at[0] == 0xC2 && at[1] < 0xA0)
		return 0; // the C1 control characters
	return is_turning(at, step) ? 0 : step;
}

bool text_is_shown(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	size_t step = 1;

	for (size_t i = 0; i < length && step; i += step)
		step = shown_as_is(at + i, length - i, length - i);
	return step > 0;
}

char *text_printable(char *out, size_t size, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), used = 0;

	while (left) {
		size_t step = shown_as_is(at, left, size > used + 4 ? size - used - 4 : 0);
		size_t need = step ? step : 4;

		if (used + need + 4 > size) {
			(void)snprintf(out + used, size - used, TEXT_MORE);
			return out;
		}
		if (step)
			memcpy(out + used, at, step);
		else
			(void)snprintf(out + used, 5, "\\x%02x", *at);
		used += need;
		at += step ? step : 1;
		left -= step ? step : 1;
	}
	out[used] = '\0';
	return out;
}

unsigned text_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned char row[TEXT_WORD_MAX + 1];

	if (n > TEXT_WORD_MAX || m > TEXT_WORD_MAX)
		return TEXT_NEAR + 1;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned char)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1u < best)
				best = row[j] + 1u;
			if (row[j - 1] + 1u < best)
				best = row[j - 1] + 1u;
			row[j] = (unsigned char)best;
		}
	}
	return row[m] <= TEXT_NEAR ? row[m] : TEXT_NEAR + 1;
}

const char *text_nearest(const char *typed, const char *const *words)
{
	const char *nearest = NULL;
	unsigned best = TEXT_NEAR + 1;

	for (; *words; words++) {
		unsigned distance =
			strcasecmp(typed, *words) == 0 ? 0 : text_distance(typed, *words);

		if (distance >= best || distance >= strlen(*words))
			continue;
		best = distance;
		nearest = *words;
	}
	return nearest;
}

const char *text_plural(size_t count)
{
	return count == 1 ? "" : "s";
}

const char *text_span(char out[static TEXT_SPAN_SIZE], double seconds)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds < 2 * units[i].seconds)
			continue;
		(void)snprintf(
			out, TEXT_SPAN_SIZE, "%.0f %s", seconds / units[i].seconds, units[i].name);
		return out;
	}
	(void)snprintf(out, TEXT_SPAN_SIZE, "%.0f s", seconds);
	return out;
}

int text_hex_digit(char byte)
{
	if (ascii_is_digit(byte))
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

size_t text_from_form(const char *text, size_t length, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++, used++) {
		char byte = text[i] == '+' ? ' ' : text[i];

		if (byte == '%') {
			int high = i + 2 < length ? text_hex_digit(text[i + 1]) : -1;
			int low = high < 0 ? -1 : text_hex_digit(text[i + 2]);

			if (low < 0)
				return SIZE_MAX;
			byte = (char)(high * 16 + low);
			i += 2;
		}
		if (used < size)
			out[used] = byte;
	}
	return used;
}

char *text_encode(char *out, size_t size, const char *plain, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (; *text; text++) {
		unsigned byte = (unsigned char)*text;
		bool kept =
			ascii_is_name(*text, false) || strchr("-.~", *text) || strchr(plain, *text);

		if (used + (kept ? 1 : 3) >= size)
			break;
		if (!kept) {
			out[used++] = '%';
			out[used++] = digits[byte >> 4];
		}
		out[used++] = kept ? *text : digits[byte & 15];
	}
	out[used] = '\0';
	return out;
}
