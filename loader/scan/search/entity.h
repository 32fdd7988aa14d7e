// The names that HTML has for characters: all of HTML 4, and those of HTML 5 for the signs of
// ASCII.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_ENTITY_H
#define LOADER_SCAN_SEARCH_ENTITY_H

#include "lib/base/base.h"

#define ENTITY_NAME_MAX 8

// Reads a name with its semicolon, as it stands behind `&`.
// Returns: how many bytes it takes, and `ret_point` which character it means; or 0: there is none.
size_t entity_read(const uint8_t *at, size_t size, uint32_t *ret_point) must_check;

// The names of a character, one after the other. Returns: NULL behind the last one.
const char *entity_name(uint32_t point, size_t index) must_check;

#endif
