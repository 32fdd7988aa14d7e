// The folders that must be watched so that nothing can happen to a path unseen: where it lies,
// where the links on its way lie and lead to, and the folders above.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_WAYPOINT_H
#define LOADER_DELIVER_WAYPOINT_H

#include "lib/base/base.h"

struct whereabouts;

enum waypoint_kind {
	WAYPOINT_NAME,  // `name` in the folder is the path, a link on its way, or may become it
	WAYPOINT_ABOVE, // `name` in the folder is a folder on the way
	WAYPOINT_FOLDER // the folder is what the path leads to
};

struct waypoint {
	enum waypoint_kind kind;
	const char *folder, *name; // live during the call; WAYPOINT_FOLDER has no name
};

// Returns: 0 to go on, or a negative errno, which ends it.
typedef int waypoint_met(void *user, const struct waypoint *point);

// Follows the path, as far as it leads, and tells of each folder that matters to it.
// Returns: 0, or the negative errno of `met`.
int waypoint_each(const struct whereabouts *wanted, waypoint_met *met, void *user) must_check;

#endif
