// A text with values in the making: it grows inside the arena and is never copied to the heap.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_DRAFT_H
#define LIB_VALUE_DRAFT_H

#include "lib/base/base.h"

struct secret_arena;

struct draft {
	struct secret_arena *arena;
	uint8_t *bytes;
	size_t length, room;
	bool failed; // memory is short; then nothing is put any more
};

// Wipes it and gives its bytes back; a zeroed one is fine.
void draft_done(struct draft *draft);

// Adds bytes at the end; after a failure nothing.
void draft_put(struct draft *draft, const void *bytes, size_t length);
void draft_put_text(struct draft *draft, const char *text);

// The same as a string of JSON, in its quotes; the bytes are UTF-8.
void draft_put_json(struct draft *draft, const uint8_t *text, size_t length);

// The same as base64, with '=' at its end.
void draft_put_base64(struct draft *draft, const uint8_t *bytes, size_t length);

#endif
