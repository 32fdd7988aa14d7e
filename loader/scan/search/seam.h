// Anchors for a value without a run of letters and digits, which nobody escapes: how some of its
// characters may look in any language where one of them ends and the next ones begin.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_SEAM_H
#define LOADER_SCAN_SEARCH_SEAM_H

#include "lib/base/base.h"
#include "loader/scan/search/literals.h"

#define SEAM_ANCHORS_MAX 1024 // anchors of one value

struct seam_anchor {
	uint8_t bytes[LITERALS_LONGEST];
	size_t length;
	size_t skip; // bytes of it up to where a character begins
};

// Chooses a place in the value, in front of a character that is not the first, and writes what may
// stand around that place. `ret_at` is that byte of the value.
// Returns: how many anchors there are, at most SEAM_ANCHORS_MAX. They hold parts of the value.
size_t seam_anchors(const uint8_t *value, size_t length,
	struct seam_anchor anchors[static SEAM_ANCHORS_MAX], size_t *ret_at) must_check;

#endif
