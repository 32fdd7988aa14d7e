// The characters of a value: code points where it is UTF-8, single bytes where it is not.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_CHARACTER_H
#define LOADER_SCAN_SEARCH_CHARACTER_H

#include "lib/base/base.h"

#define CHARACTER_BYTES_MAX 4

struct character {
	const uint8_t *bytes; // of the value
	size_t length;
	uint32_t point;
};

// The character that begins at byte `at`, and the one that ends before byte `end`.
struct character character_at(const uint8_t *value, size_t length, size_t at) must_check;
struct character character_before(const uint8_t *value, size_t end) must_check;

// Whether nobody escapes it, but who escapes everything: a letter or digit of ASCII.
bool character_is_plain(uint32_t point) must_check;

#endif
