// Many literals looked for at once: the one place that knows vectorscan.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_LITERALS_H
#define LOADER_SCAN_SEARCH_LITERALS_H

#include "lib/base/base.h"

struct err;
struct literals;
struct secret_arena;

// Longer ones gain nothing: vectorscan looks at the last eight bytes first.
#define LITERALS_LONGEST 16

struct literal {
	const uint8_t *bytes; // not empty, and the first one is not NUL
	size_t length;        // at most LITERALS_LONGEST
};

// Compiles the literals. What is compiled holds their bytes and lies in the arena; what the
// compiler itself uses lies in the heap for that moment and is overwritten as it is freed.
// Returns: 0, -ENOMEM, or -EINVAL when vectorscan refuses (err has its reason).
int literals_open(const struct literal *list, size_t count, struct secret_arena *arena,
	struct literals **ret_literals, struct err *err) must_check;
struct literals *literals_close(struct literals *literals); // NULL is fine; returns NULL

// Told of every place where a literal ends; in the order of the ends.
typedef void literals_found(void *user, size_t literal, size_t end);

// vectorscan (5.4.9 and others, on x86) overlooks literals near the end of a block, unless so many
// bytes follow.
#define LITERALS_BEHIND 64

// Looks through bytes, behind which LITERALS_BEHIND more may be read; what they are does not
// matter. Returns: 0, or -ENOMEM.
int literals_scan(const struct literals *literals, const uint8_t *bytes, size_t size,
	literals_found *found, void *user) must_check;

#endif
