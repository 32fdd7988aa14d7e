// Containers made for tests, in memory, by libarchive's writers.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_PACKED_H
#define TESTS_UNIT_PACKED_H

#include "lib/base/base.h"

struct packed {
	uint8_t *bytes;
	size_t size;
};

struct packed_member {
	const char *name;
	const void *bytes;
	size_t size;
};

// Packs members: format "ustar", "pax", "gnutar", "v7tar" or "zip"; options as libarchive reads
// them ("compression=store"), or NULL.
struct packed packed_archive(
	const char *format, const char *options, const struct packed_member *members, size_t count);

// Compresses bytes by a filter: "gzip", "zstd".
struct packed packed_filter(const char *filter, const void *bytes, size_t size);
// The same with `size` zeros, which need not fit into memory.
struct packed packed_zeros(const char *filter, uint64_t size);

// One behind the other; both are given up.
struct packed packed_join(struct packed a, struct packed b);
// A copy of bytes.
struct packed packed_copy(const void *bytes, size_t size);

void packed_done(struct packed *packed);

#endif
