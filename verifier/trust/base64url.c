// Four digits at a time through a table; what is wrong is gathered on the way and judged at the
// end.
// SPDX-License-Identifier: MIT
#include "verifier/trust/base64url.h"

#define DIGIT_MARK 0x40u // set in the table for each digit, so that 0 is none
#define DIGIT_BITS 0x3Fu

// clang-format off
static const uint8_t digits[256] = {
	['A'] = 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C,
	['N'] = 0x4D, 0x4E, 0x4F, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
	['a'] = 0x5A, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
	['n'] = 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73,
	['0'] = 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x7D,
	['-'] = 0x7E,
	['_'] = 0x7F,
};
// clang-format on

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The two or three digits behind the last four.
static bool decode_rest(const uint8_t *at, size_t length, uint8_t *out)
{
	uint32_t a = digits[at[0]], b = digits[at[1]], word;
	uint32_t c = length == 3 ? digits[at[2]] : DIGIT_MARK;

	if (!(a & b & c & DIGIT_MARK))
		return false;
	word = (a & DIGIT_BITS) << 18 | (b & DIGIT_BITS) << 12 | (c & DIGIT_BITS) << 6;
	out[0] = (uint8_t)(word >> 16);
	if (length == 2)
		return (word & 0xFFFF) == 0;
	out[1] = (uint8_t)(word >> 8);
	return (word & 0xFF) == 0;
}

bool base64url_decode(const char *text, size_t length, uint8_t *out)
{
	const uint8_t *at = (const uint8_t *)text;
	uint32_t all = DIGIT_MARK;

	if (length % 4 == 1)
		return false;
	for (; length >= 4; length -= 4, at += 4, out += 3) {
		uint32_t a = digits[at[0]], b = digits[at[1]], c = digits[at[2]], d = digits[at[3]];
		// The marks are subtracted below in one go.
		uint32_t word = (a << 18) + (b << 12) + (c << 6) + d;

		word -= (DIGIT_MARK << 18) + (DIGIT_MARK << 12) + (DIGIT_MARK << 6) + DIGIT_MARK;
		all &= a & b & c & d;
		out[0] = (uint8_t)(word >> 16);
		out[1] = (uint8_t)(word >> 8);
		out[2] = (uint8_t)word;
	}
	return all && (length == 0 || decode_rest(at, length, out));
}

void base64url_encode(const uint8_t *bytes, size_t length, char *out)
{
	uint32_t word;

	for (; length >= 3; length -= 3, bytes += 3, out += 4) {
		word = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
		out[0] = alphabet[word >> 18];
		out[1] = alphabet[word >> 12 & DIGIT_BITS];
		out[2] = alphabet[word >> 6 & DIGIT_BITS];
		out[3] = alphabet[word & DIGIT_BITS];
	}
	if (length == 0)
		return;
	word = (uint32_t)bytes[0] << 16 | (length == 2 ? (uint32_t)bytes[1] << 8 : 0);
	out[0] = alphabet[word >> 18];
	out[1] = alphabet[word >> 12 & DIGIT_BITS];
	if (length == 2)
		out[2] = alphabet[word >> 6 & DIGIT_BITS];
}
