// A baseline: findings of a scan that somebody looked at and accepted, by what stays the same from
// one build to the next. A file of JSON to be kept with the code; names only, never a value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_BASELINE_H
#define LOADER_INSPECT_BUILT_BASELINE_H

#include "lib/base/base.h"

struct err;
struct pool;
struct scanned;
struct secret_arena;

#define BASELINE_SIZE_MAX (8u * 1024 * 1024) // bytes of the file
#define BASELINE_ENTRIES_MAX 20000

// One accepted finding; texts are "" where it has none. The place is a lasting one (lasting.h), and
// an entry accepts one finding: where a folder gets one hashed file more that is alike, that is
// new.
struct baseline_entry {
	const char *place, *code, *key, *kind, *form;
	bool met; // by a scan
};

struct baseline {
	struct baseline_entry *entries;
	size_t count;
};

// Reads a baseline.
// Returns: 0; -EBADMSG (no baseline; err says what); another negative errno when the file cannot be
// read: see fs_read.
int baseline_read(const char *path, struct secret_arena *arena, struct pool *pool,
	struct baseline *ret_baseline, struct err *err) must_check;

// Reads the bytes of one; `path` is how it is called in messages.
// Returns: 0, -EBADMSG or -ENOMEM.
int baseline_decode(const char *path, const uint8_t *bytes, size_t size, struct pool *pool,
	struct baseline *ret_baseline, struct err *err) must_check;

// Marks what the baseline accepts, and the entries that were met.
void baseline_apply(struct baseline *baseline, struct scanned *scanned);

// Writes all errors and warnings of a scan as a baseline, in place of one that is there; but not
// that it did not come to its end, for then nobody knows what would be accepted.
// Returns: 0 or a negative errno.
int baseline_write(const char *path, const struct scanned *scanned, struct err *err) must_check;

#endif
