// What may begin anywhere in a file: zstd frames (Turbopack's caches are rows of them), source maps
// in scripts, a zip or a gzip behind a program that unpacks it. Found by the bytes that they begin
// with.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_EMBEDDED_H
#define LOADER_SCAN_UNPACK_EMBEDDED_H

#include "lib/base/base.h"

struct decoder_kind;
struct members_kind;
struct tap;

#define EMBEDDED_KINDS 4
#define EMBEDDED_NEEDLE_MAX 24

// One of them is set.
struct embedded_kind {
	const char *needle;
	size_t size, rare; // of the needle; which byte of it text has not
	const struct decoder_kind *decoder;
	const struct members_kind *members;
};

// How far a tap was searched.
struct embedded {
	uint8_t tail[EMBEDDED_NEEDLE_MAX - 1]; // the end of what was searched last
	size_t tail_size;
	uint64_t tail_end;
	const uint8_t *piece; // that `next` is about
	uint64_t piece_at;
	uint64_t next[EMBEDDED_KINDS]; // offsets; UINT64_MAX: none in this piece
};

// Searches on, through the current piece of the tap. With a find, the tap stands behind the bytes
// that were looked for, which begin at an offset; without one, at the end of the piece. Returns:
// what undoes it, or NULL.
const struct embedded_kind *embedded_next(
	struct embedded *embedded, struct tap *tap, uint64_t *ret_offset) must_check;

#endif
