// A taker that keeps what it is given: a stream by the text of its place. And the scratch folder
// that tests of the walk fill.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_UNPACKED_H
#define TESTS_UNIT_UNPACKED_H

#include "lib/base/base.h"
#include "lib/wire/scanjob.h"
#include "loader/scan/unpack/walk.h"

#define UNPACKED_KEPT (64 * 1024) // bytes of a stream that are kept; the rest is counted

struct unpacked_stream {
	char place[2048]; // "a.zip: inner.tar: x"
	uint64_t offset, size;
	uint8_t bytes[UNPACKED_KEPT];
	struct unpacked *all;
	bool open;
};

// What a walk gave.
struct unpacked {
	struct unpacked_stream **streams;
	size_t count;
	char *named, *skipped; // a line each: "PLACE HEAD_SIZE", "PLACE: WHY"
	struct walk_total total;
	int result;
	bool keep; // else only counted
};

// Walks the paths of a job.
void unpacked_walk(const struct scanjob *job, struct unpacked *ret_unpacked);
// The same with one path and no limits.
void unpacked_path(const char *path, struct unpacked *ret_unpacked);
void unpacked_done(struct unpacked *unpacked);

// The stream of a place that begins at an offset, or NULL.
const struct unpacked_stream *unpacked_at(
	const struct unpacked *unpacked, const char *place, uint64_t offset);
// Whether a stream of this place holds a text.
bool unpacked_has(const struct unpacked *unpacked, const char *place, const char *text);
// The places of all streams, in their order, with a space before each.
char *unpacked_places(const struct unpacked *unpacked);

// A new folder that is the current one from now on, and its end.
void unpacked_scratch(void);
void unpacked_scratch_done(void);
// Writes a file of the scratch folder.
void unpacked_write(const char *path, const void *bytes, size_t size);
// The same with the bytes of a text.
void unpacked_write_text(const char *path, const char *text);

#endif
