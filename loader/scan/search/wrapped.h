// Base64 as it is written in lines (RFC 2045: 76 digits, RFC 7468: 64) and in strings of a language
// that hold such lines: breaks between the digits, and escapes of those that are no letters.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_WRAPPED_H
#define LOADER_SCAN_SEARCH_WRAPPED_H

#include "lib/base/base.h"
#include "loader/scan/search/loose.h"

#define WRAPPED_ANCHORS 2

// Two parts of the digits, one behind the other and near: no line is so short that both are broken.
// Where it can be they are letters and figures only. `ret_length`: of each, at most `most`.
void wrapped_anchors(const uint8_t *digits, size_t length, size_t most,
	size_t ret_at[static WRAPPED_ANCHORS], size_t *ret_length);

// Whether the digits stand there, so that the one at `anchor_at` stands at `at` of the text.
// Returns: whether they do; `ret_span` says from where to where.
bool wrapped_stands(const struct loose_value *digits, const struct loose_text *text, size_t at,
	struct loose_span *ret_span) must_check;

// Where the break begins that ends at `at`.
// Returns: that place, or `at`: there is none.
size_t wrapped_before_break(const struct loose_text *text, size_t at) must_check;

#endif
