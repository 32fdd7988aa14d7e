// Four digits at a time through a table; what is wrong is gathered on the way and judged at the
// end.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/base64url.h"

#include <endian.h>

#define DIGIT_MARK 0x01000000u // set in the tables for each digit, so that 0 is none
#define FOUR_MARKS 0x04000000u // what the marks of four digits add up to, and of no fewer

// The digits of a row, beginning with that of value v, at their place in a word of four.
// clang-format off
#define DIGIT(v, shift) (DIGIT_MARK | (v##u) << (shift))
#define LETTERS(a, b, c, d, e, f, g, h, i, j, k, l, m, s) \
	DIGIT(a, s), DIGIT(b, s), DIGIT(c, s), DIGIT(d, s), DIGIT(e, s), DIGIT(f, s), DIGIT(g, s), \
	DIGIT(h, s), DIGIT(i, s), DIGIT(j, s), DIGIT(k, s), DIGIT(l, s), DIGIT(m, s)
#define DIGITS(s) { \
	['A'] = LETTERS(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, s), \
	['N'] = LETTERS(13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, s), \
	['a'] = LETTERS(26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, s), \
	['n'] = LETTERS(39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, s), \
	['0'] = DIGIT(52, s), DIGIT(53, s), DIGIT(54, s), DIGIT(55, s), DIGIT(56, s), \
		DIGIT(57, s), DIGIT(58, s), DIGIT(59, s), DIGIT(60, s), DIGIT(61, s), \
	['-'] = DIGIT(62, s), \
	['_'] = DIGIT(63, s), \
}
// clang-format on

// A table for each of four places.
static const uint32_t digits[4][256] = {DIGITS(18), DIGITS(12), DIGITS(6), DIGITS(0)};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Four digits as 24 bits, with their marks above them.
static uint32_t decode_four(const uint8_t *at)
{
	return digits[0][at[0]] + digits[1][at[1]] + digits[2][at[2]] + digits[3][at[3]];
}

// The two to four last digits; the spare bits of two or three are zero.
static bool decode_last(const uint8_t *at, size_t length, uint8_t *out)
{
	static const uint32_t spare[] = {[2] = 0xFFFF, [3] = 0xFF, [4] = 0};
	uint8_t last[4] = {'A', 'A', 'A', 'A'};
	uint32_t word;

	memcpy(last, at, length);
	word = decode_four(last);
	for (size_t i = 0; i + 1 < length; i++)
		out[i] = (uint8_t)(word >> (16 - 8 * i));
	return (word & FOUR_MARKS) && !(word & spare[length]);
}

bool base64url_decode(const char *text, size_t length, uint8_t *out)
{
	const uint8_t *at = (const uint8_t *)text;
	uint32_t all = FOUR_MARKS;

	if (length % 4 == 1)
		return false;
	// One byte too many is written each time: at least one more is to come.
	for (; length > 4; length -= 4, at += 4, out += 3) {
		uint32_t word = decode_four(at);

		all &= word;
		word = htobe32(word << 8);
		memcpy(out, &word, sizeof(word));
	}
	return all && (length == 0 || decode_last(at, length, out));
}

void base64url_encode(const uint8_t *bytes, size_t length, char *out)
{
	uint32_t word;

	for (; length >= 3; length -= 3, bytes += 3, out += 4) {
		word = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
		out[0] = alphabet[word >> 18];
		out[1] = alphabet[word >> 12 & 0x3F];
		out[2] = alphabet[word >> 6 & 0x3F];
		out[3] = alphabet[word & 0x3F];
	}
	if (length == 0)
		return;
	word = (uint32_t)bytes[0] << 16 | (length == 2 ? (uint32_t)bytes[1] << 8 : 0);
	out[0] = alphabet[word >> 18];
	out[1] = alphabet[word >> 12 & 0x3F];
	if (length == 2)
		out[2] = alphabet[word >> 6 & 0x3F];
}
