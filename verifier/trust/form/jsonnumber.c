// Integers, which dates of tokens are, are read by hand; others by libc.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/jsonnumber.h"

#include "lib/base/ascii.h"

#include <locale.h>

#define INTEGER_DIGITS_MAX 18 // always fit in an int64_t

// Returns: the first byte from `at` on that is no digit, or `end`.
static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && ascii_is_digit(*at))
		at++;
	return at;
}

static bool is_byte(const char *at, const char *end, char byte)
{
	return at < end && *at == byte;
}

enum strictjson_result jsonnumber_read(const char **at, const char *end)
{
	const char *start = *at, *digits = start + is_byte(start, end, '-');
	const char *behind = is_byte(digits, end, '0') ? digits + 1 : skip_digits(digits, end);

	if (behind > digits && is_byte(behind, end, '.')) {
		digits = behind + 1;
		behind = skip_digits(digits, end);
	}
	if (behind > digits && (is_byte(behind, end, 'e') || is_byte(behind, end, 'E'))) {
		digits = behind + 1;
		digits += is_byte(digits, end, '+') || is_byte(digits, end, '-');
		behind = skip_digits(digits, end);
	}
	*at = behind;
	if (behind == digits)
		return STRICTJSON_E_SYNTAX;
	if (behind - start <= STRICTJSON_NUMBER_MAX)
		return STRICTJSON_OK;
	*at = start;
	return STRICTJSON_E_LIMIT;
}

// Any number.
static bool any_number(const char *text, size_t length, double *ret_number)
{
	char copy[STRICTJSON_NUMBER_MAX + 1];
	locale_t plain;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	plain = newlocale(
		LC_ALL_MASK, "C", (locale_t)0); // a constant of libc: nothing is allocated
	if (!plain)
		return false;
	*ret_number = strtod_l(copy, NULL, plain);
	freelocale(plain);
	return true;
}

bool jsonnumber_double(const char *text, size_t length, double *ret_number)
{
	bool negative = *text == '-';
	const char *digit = text + negative, *end = text + length;
	int64_t number = 0;

	if (length > INTEGER_DIGITS_MAX + (size_t)negative)
		return any_number(text, length, ret_number);
	for (; digit < end; digit++) {
		if (!ascii_is_digit(*digit))
			return any_number(text, length, ret_number);
		number = number * 10 + (*digit - '0');
	}
	*ret_number = negative ? -(double)number : (double)number; // there is a -0
	return true;
}
