// Which files were seen: one with several names is looked at once.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_SEEN_H
#define LOADER_SCAN_UNPACK_SEEN_H

#include "lib/base/base.h"

#include <sys/stat.h>

#define SEEN_MAX (1u << 21) // more are looked at again

struct seen_file {
	uint64_t device, inode; // inode 0: free
};

struct seen {
	struct seen_file *files;
	size_t count, room; // a power of two
};

// Notes a file.
// Returns: 1 when it was there already, 0, or -ENOMEM.
int seen_add(struct seen *seen, const struct stat *facts) must_check;

// Gives up the memory.
void seen_done(struct seen *seen);

#endif
