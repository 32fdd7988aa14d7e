// Where an app's sources lie: the folder where all begins, samekey.ini above it, and the folders
// between and above.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_PLACE_H
#define LOADER_RESOLVE_PLACE_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct pool;

#define PLACE_DEPTH_MAX 64 // folders looked at on the way up

struct place {
	const char *start; // absolute: --root, else the current folder
	const char *root;  // absolute: samekey.ini's folder, else start
	const char *ini;   // as people see it, relative to start; NULL: none
	const char *base;  // prefix of paths that the ini names: its folder, "" without one
	// From start up to root, as prefixes for shown paths: "", "../", "../../".
	const char *const *folders;
	size_t folder_count;
	// The folders above root, up to the repository's or the last trusted one.
	const char *const *above;
	size_t above_count;
	int handle; // of start; place_done closes it
};

// Finds the place. `root` and `ini` come from the options, or are NULL.
// Returns: 0; -ENOENT, -ENOTDIR, -EACCES and the like when `root` cannot be entered or `ini` is
// not there; -ENOMEM.
int place_find(const char *root, const char *ini, struct pool *pool, struct place *ret_place,
	struct err *err) must_check;

// Makes a path that samekey.ini names one that is found from anywhere: a relative one counts from
// samekey.ini's folder. An absolute one, an empty one and NULL stay.
// Returns: 0 or -ENOMEM.
int place_base_path(const struct place *place, struct pool *pool, const char **path) must_check;

// Closes the handle.
void place_done(struct place *place);

#endif
