// Strict number readers: no locale, no sign, no trailing text.
// SPDX-License-Identifier: MIT
#include "lib/base/num.h"

#include "lib/base/ascii.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define NUM_LONGEST_MS (UINT64_C(3653) * 24 * 3600 * 1000)

struct num_unit {
	const char *suffix;
	uint64_t factor;
};

static int parse_with_units(const char *text, const struct num_unit *units, size_t count,
	uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *at = text;

	if (!ascii_is_digit(*at))
		return -EINVAL;
	for (; ascii_is_digit(*at); at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (value > (max - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(at, units[i].suffix) != 0)
			continue;
		if (value > max / units[i].factor)
			return -ERANGE;
		*ret_value = value * units[i].factor;
		return 0;
	}
	return -EINVAL;
}

int num_parse(const char *text, uint64_t max, uint64_t *ret_value)
{
	static const struct num_unit units[] = {{"", 1}};

	return parse_with_units(text, units, ARRAY_SIZE(units), max, ret_value);
}

int num_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct num_unit units[] = {
		{"", 1},
		{"k", 1u << 10},
		{"m", 1u << 20},
		{"g", 1u << 30},
	};

	return parse_with_units(text, units, ARRAY_SIZE(units), SIZE_MAX / 2, ret_bytes);
}

int num_parse_duration(const char *text, uint64_t *ret_milliseconds)
{
	static const struct num_unit units[] = {
		{"", 1000},
		{"ms", 1},
		{"s", 1000},
		{"m", 60 * 1000},
		{"h", 3600 * 1000},
		{"d", 24 * 3600 * 1000},
	};

	return parse_with_units(text, units, ARRAY_SIZE(units), NUM_LONGEST_MS, ret_milliseconds);
}

int num_parse_flag(const char *text, bool *ret_flag)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {
		{"yes", true},
		{"no", false},
		{"true", true},
		{"false", false},
		{"on", true},
		{"off", false},
		{"1", true},
		{"0", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i].word) != 0)
			continue;
		*ret_flag = words[i].flag;
		return 0;
	}
	return -EINVAL;
}
