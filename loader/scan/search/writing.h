// The ways in which one character may be written: as it is, behind backslashes, as a number in any
// base, as a reference of markup, in percents; each in any depth of languages.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_WRITING_H
#define LOADER_SCAN_SEARCH_WRITING_H

#include "lib/base/base.h"

struct character;
struct loose_text;

#define WRITING_MAX 64        // bytes of one character as it is written
#define WRITING_PLACES_MAX 48 // kept at once

// Offsets in a text, no two of them equal; more than fit are dropped.
struct writing_places {
	size_t at[WRITING_PLACES_MAX];
	size_t count;
};

// Adds a place.
void writing_keep(struct writing_places *places, size_t at);

// Adds every place where a writing of the character ends that begins at `at`.
void writing_ends(const struct loose_text *text, size_t at, const struct character *character,
	struct writing_places *places);

// Whether a writing of the character may begin with this byte.
bool writing_may_start(const struct character *character, uint8_t byte);

#endif
