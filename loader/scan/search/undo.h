// Undoes encodings of a whole literal: what it means if it is one. Strict, since most are none.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_UNDO_H
#define LOADER_SCAN_SEARCH_UNDO_H

#include "lib/base/base.h"

// Pairs of hex digits in either case. `out` has half of `length` bytes.
// Returns: how many bytes were written; 0: it is none.
size_t undo_hex(const uint8_t *text, size_t length, uint8_t *out) must_check;

// How many bytes a text of so many digits means; 0: none has that length.
size_t undo_base64_size(const uint8_t *text, size_t length) must_check;

// Base64 or base64url, with or without padding. `out` has three quarters of `length` bytes.
// Returns: as above.
size_t undo_base64(const uint8_t *text, size_t length, uint8_t *out) must_check;

// UTF-16 as UTF-8. `out` has three halves of `length` bytes. Returns: as above.
size_t undo_utf16(const uint8_t *text, size_t length, bool big, uint8_t *out) must_check;

// %41 and its like; all else stays. `out` may be `text`. Returns: how many bytes were written.
size_t undo_percents(const uint8_t *text, size_t length, uint8_t *out) must_check;

#endif
