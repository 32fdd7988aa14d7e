// A value with escapes of any kind and depth: JSON in JSON in JSON, a URL in a URL, what a minifier
// chose for one character and not for the next. No table of writers can hold them all, so a part
// that nobody escapes is looked for, and what stands around it is read character by character.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_LOOSE_H
#define LOADER_SCAN_SEARCH_LOOSE_H

#include "lib/base/base.h"

// A part of letters and digits that is shorter would be found everywhere.
#define LOOSE_ANCHOR_MIN 4

// Whether a value has only letters and digits, which nobody escapes.
bool loose_is_plain(const uint8_t *value, size_t length) must_check;

// The longest part of letters and digits of a value, of at most `most` bytes.
// Returns: whether there is one of LOOSE_ANCHOR_MIN bytes.
bool loose_anchor(const uint8_t *value, size_t length, size_t most, size_t *ret_at,
	size_t *ret_length) must_check;

struct loose_value {
	const uint8_t *bytes;
	size_t length;
	size_t anchor_at; // of the byte, the first one of a character, that the anchor leads to
};

struct loose_text {
	const uint8_t *bytes;
	size_t size, most; // no value takes up more bytes than `most`
};

struct character;

struct loose_span {
	size_t start, end;
};

// Where a writing of the character ends that begins at `at`: the longest one.
// Returns: that place, or `at`: there is none.
size_t loose_character(const struct loose_text *text, size_t at, const struct character *character)
	must_check;

// Whether the value stands there, so that its character at `anchor_at` begins at `at` of the text.
// Returns: whether it does; `ret_span` says from where to where.
bool loose_stands(const struct loose_value *value, const struct loose_text *text, size_t at,
	struct loose_span *ret_span) must_check;

#endif
