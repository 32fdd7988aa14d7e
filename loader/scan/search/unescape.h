// Undoes the escapes of literals: what a text means that stands in quotes or in markup.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_UNESCAPE_H
#define LOADER_SCAN_SEARCH_UNESCAPE_H

#include "lib/base/base.h"

// Undoes the escapes of JavaScript, of which those of JSON are a part. An escape that nobody knows
// stands for the byte behind the backslash. `out` may be `text` and has `length` bytes at least.
// Returns: how many bytes were written, never more than `length`.
size_t unescape_script(const uint8_t *text, size_t length, uint8_t *out);

// Undoes &amp; and its like, and references by number. `out` as above.
size_t unescape_markup(const uint8_t *text, size_t length, uint8_t *out);

#endif
