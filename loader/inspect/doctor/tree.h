// A walk over the files below a folder, within limits. Links are not followed.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_TREE_H
#define LOADER_INSPECT_DOCTOR_TREE_H

#include "lib/base/base.h"

#include <sys/stat.h>

#define TREE_DEPTH_MAX 16
#define TREE_ENTRIES_MAX 20000 // of one walk

struct tree_file {
	int folder;       // that it lies in
	const char *name; // in that
	const char *path; // from where the walk began, with its prefix
	struct stat facts;
};

struct tree_walk {
	const char *prefix; // before the paths: "", "../"
	// Whether a folder is entered, by its name and path.
	bool (*enters)(const char *name, const char *path);
	// Returns: 0 to go on; what else it returns ends the walk.
	int (*file)(void *user, const struct tree_file *file);
	void *user;
	unsigned depth; // how deep; 0: TREE_DEPTH_MAX
};

// Walks in the order of names. `ret_cut`: there was more than the limits allow, or a folder could
// not be read; may be NULL.
// Returns: 0, what `file` returned when it is not 0, or -ENOMEM.
int tree_walk(int folder, const struct tree_walk *walk, bool *ret_cut) must_check;

// Where a project's own sources are: no hidden folder, no dependency, no build output.
bool tree_enters_sources(const char *name, const char *path);

#endif
