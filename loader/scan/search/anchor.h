// The part of a text that is looked for first: as many bytes as the search can use, from where they
// differ most, since those are found in few other places.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_ANCHOR_H
#define LOADER_SCAN_SEARCH_ANCHOR_H

#include "lib/base/base.h"
#include "loader/scan/search/literals.h"

// Chooses it; `ret_anchor` is a view of the text, and *ret_at where it stands in it.
// Returns: whether there is one: not in a text of NULs alone.
bool anchor_choose(const uint8_t *text, size_t length, struct literal *ret_anchor, size_t *ret_at)
	must_check;

#endif
