// Line ends, counted many bytes at a time.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_NEWLINES_H
#define LOADER_SCAN_SEARCH_NEWLINES_H

#include "lib/base/base.h"

// How many line feeds there are.
uint64_t newlines_count(const uint8_t *bytes, size_t size) must_check;

#endif
