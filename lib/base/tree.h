// A walk over the files below a folder, within limits. Links to folders are not followed.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_TREE_H
#define LIB_BASE_TREE_H

#include "lib/base/base.h"

#define TREE_DEPTH_MAX 16      // folders below the first
#define TREE_ENTRIES_MAX 20000 // of one walk

// A regular file, or a link to one, as long as the walk is there.
struct tree_file {
	int folder;       // that it lies in
	const char *name; // in that
	const char *path; // from where the walk began, with its prefix
};

struct tree_walk {
	const char *prefix; // before the paths: "", "../", "server"
	// Whether a folder of this name is entered; NULL: none is.
	bool (*enters)(const char *name);
	// Returns: 0 to go on; what else it returns ends the walk.
	int (*file)(void *user, const struct tree_file *file);
	void *user;
	unsigned depth; // how deep; 0: TREE_DEPTH_MAX
	bool links;     // a link counts as the file that it leads to; else it is passed over
};

// What a walk did not see.
struct tree_gaps {
	size_t skipped; // folders that cannot be read or lie too deep, and paths that are too long
	size_t linked;  // links to folders that would be entered, where links count
	bool cut;       // there are more than TREE_ENTRIES_MAX entries
};

// Walks in the order of names. `ret_gaps` is written in any case; it may be NULL.
// Returns: 0, what `file` returned when it is not 0, or -ENOMEM.
int tree_walk(int folder, const struct tree_walk *walk, struct tree_gaps *ret_gaps) must_check;

#endif
