// Bytes that are pulled, piece by piece: a file, a member of an archive, what a decoder makes.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_SOURCE_H
#define LOADER_SCAN_UNPACK_SOURCE_H

#include "lib/base/base.h"

// Borrowed until the source is read again. A piece that does not begin where the one before ended
// comes from behind a hole of a sparse file.
struct source_piece {
	const uint8_t *bytes;
	size_t size; // never 0
	uint64_t offset;
};

// Embedded in what makes the bytes.
struct source {
	// The next piece; false: there is none, and `why` says so if there should have been one.
	bool (*read)(struct source *source, struct source_piece *ret_piece);
	const char *why; // a text that outlives the source, or NULL
};

#endif
