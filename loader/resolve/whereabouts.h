// Where a resolution's sources are or would be: the files that were read, those of the cascade that
// are absent, secrets folders, what KEY_FILE names, samekey.ini. For whoever waits for a change;
// what the process environment holds does not change.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_WHEREABOUTS_H
#define LOADER_RESOLVE_WHEREABOUTS_H

#include "lib/base/base.h"

struct pool;
struct resolution;

enum whereabouts_kind {
	WHEREABOUTS_FILE,   // this very file
	WHEREABOUTS_ENV,    // a folder, of which env files and samekey.ini count
	WHEREABOUTS_FOLDER, // a folder, of which everything counts
};

struct whereabouts {
	enum whereabouts_kind kind;
	const char *path; // absolute; need not exist
};

// Lists them, all: there are no more than the caps of sources let in. Paths in the pool.
// Returns: 0 or -ENOMEM.
int whereabouts_list(const struct resolution *resolution, struct pool *pool,
	const struct whereabouts **ret_list, size_t *ret_count) must_check;

#endif
