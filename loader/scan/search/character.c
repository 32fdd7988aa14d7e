// Reads one character forwards or backwards.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/character.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

bool character_is_plain(uint32_t point)
{
	return ascii_is_alphanumeric((int)point);
}

struct character character_at(const uint8_t *value, size_t value_length, size_t at)
{
	const uint8_t *bytes = value + at;
	size_t left = value_length - at, length = *bytes >= 0xF0   ? 4
						  : *bytes >= 0xE0 ? 3
						  : *bytes >= 0xC0 ? 2
								   : 1;
	struct character character = {bytes, 1, *bytes};

	if (length == 1 || length > left || text_utf8_error(bytes, length) != length)
		return character;
	character.length = length;
	character.point = *bytes & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
		character.point = character.point << 6 | (bytes[i] & 0x3Fu);
	return character;
}

struct character character_before(const uint8_t *value, size_t end)
{
	for (size_t length = CHARACTER_BYTES_MAX; length > 1; length--) {
		struct character character;

		if (length > end)
			continue;
		character = character_at(value, end, end - length);
		if (character.length == length)
			return character;
	}
	return character_at(value, end, end - 1);
}
