// Big-endian fields, written into and read from a fixed range of bytes: consume or fail, never
// past the end. A failure sticks, so callers ask once at the end.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_BYTES_H
#define LIB_WIRE_BYTES_H

#include "lib/base/base.h"

struct pool;

// Where fields go. With `at` NULL nothing is written and only `used` counts.
struct bytes_out {
	uint8_t *at;
	size_t room;
	size_t used; // may pass room: then the bytes behind it were not written
	bool bad;    // a text was refused
};

// Begins to write into `room` bytes.
static inline struct bytes_out bytes_into(uint8_t *at, size_t room)
{
	return (struct bytes_out){.at = at, .room = room};
}

// A number of so many bits, or bytes as they are.
void bytes_put8(struct bytes_out *out, uint8_t value);
void bytes_put16(struct bytes_out *out, uint16_t value);
void bytes_put32(struct bytes_out *out, uint32_t value);
void bytes_put64(struct bytes_out *out, uint64_t value);
void bytes_put(struct bytes_out *out, const void *bytes, size_t length);

// A text with a 16-bit length before it; NULL counts as "". Control bytes and bad UTF-8 become
// \xNN and what is longer than `most` bytes (at most BYTES_TEXT_MAX) is cut: for texts that people
// read.
void bytes_put_shown(struct bytes_out *out, const char *text, size_t most);

// A text with a 16-bit length before it, as it is. One that bytes_get_text would refuse sets bad.
void bytes_put_text(struct bytes_out *out, const char *text, size_t most);

#define BYTES_TEXT_MAX 8191

// What fields are read from.
struct bytes_in {
	const uint8_t *at;
	size_t left;
	bool bad; // ran out of bytes, or a text was refused
	bool no_memory;
};

// Each gives 0 once `bad` is set.
uint8_t bytes_get8(struct bytes_in *in);
uint16_t bytes_get16(struct bytes_in *in);
uint32_t bytes_get32(struct bytes_in *in);
uint64_t bytes_get64(struct bytes_in *in);

// A view of the next `length` bytes, NULL once `bad` is set.
const uint8_t *bytes_get(struct bytes_in *in, size_t length);

// A text of at most `most` bytes, copied into the pool: UTF-8 without control characters.
// Returns: the text, "" once `bad` or `no_memory` is set.
const char *bytes_get_text(struct bytes_in *in, size_t most, struct pool *pool);

#endif
