// A source that is read by two: the taker gets every piece as it comes, a decoder gets the same
// bytes at its own pace. Holds the first bytes back until it is clear what they are.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_TAP_H
#define LOADER_SCAN_UNPACK_TAP_H

#include "lib/base/base.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/source.h"

struct tap {
	struct look *look;
	struct source *source;
	struct scanreport_place place; // its offset is where the taker's stream begins
	void *stream;                  // of the taker, or NULL
	bool given, ended;
	const uint8_t *bytes; // what is left of the current piece
	size_t size;
	uint64_t at;                      // the offset of `bytes`
	struct source_piece piece, later; // the current piece whole; the next, if it was read
	uint8_t head[LOOK_HEAD];
};

// Opens a tap and reads up to LOOK_HEAD bytes: `bytes` and `size` show them. Nothing is given yet.
void tap_open(struct tap *tap, struct look *look, struct source *source,
	const struct scanreport_place *place);

// Ends the taker's stream.
void tap_close(struct tap *tap);

// From here on the taker gets what comes, beginning with what is left of the current piece.
void tap_give(struct tap *tap);

// Makes sure that there are bytes.
// Returns: false at the end and before a hole.
bool tap_more(struct tap *tap);

// Goes over the hole that tap_more stopped at.
// Returns: false when it was the end.
bool tap_jump(struct tap *tap);

// Consumes bytes, at most `size` of the tap.
void tap_skip(struct tap *tap, size_t size);

// Goes back to an offset, as far as the current piece reaches.
void tap_rewind(struct tap *tap, uint64_t offset);

#endif
