// A regular file as a source: its holes are passed over, and it is read no further than it reached
// when it was opened.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_REGULAR_H
#define LOADER_SCAN_UNPACK_REGULAR_H

#include "lib/base/base.h"
#include "loader/scan/unpack/source.h"

#include <sys/stat.h>

#define REGULAR_BUFFER (256 * 1024)
#define REGULAR_HOLE_MIN (1024 * 1024) // shorter holes are read as the zeros that they stand for

struct regular {
	struct source source;
	int fd;            // borrowed
	struct stat facts; // when it was opened
	uint64_t at, left; // left: bytes of data that may still be looked at
	uint64_t data_end; // up to here there is no hole
	uint8_t *buffer;   // REGULAR_BUFFER bytes, borrowed
	bool cut;          // at the limit
	bool unsized;      // the kernel says 0 bytes, as of files in /proc, and there are some
};

// Begins. `max`: bytes of data that are looked at; 0: no limit.
void regular_begin(
	struct regular *file, int fd, const struct stat *facts, uint8_t *buffer, uint64_t max);

// Why the file was not looked at whole, or not as one state of it, when the source did not say.
// Returns: a text that stays, or NULL.
const char *regular_end(const struct regular *file);

#endif
