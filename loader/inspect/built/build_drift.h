// What the build was given, by its stamp, against what a start is given now. A rotation alone is a
// warning: dynamic code reads its values at start. What was found in the build's output stays.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_BUILD_DRIFT_H
#define LOADER_INSPECT_BUILT_BUILD_DRIFT_H

#include "lib/base/base.h"

struct drift;
struct pool;
struct pool_list;
struct resolution;
struct stamp;

// Compares each key of both sides, and appends a `struct drift` to the list for each one that
// differs; `path` is how the stamp is called. Keys with build_drift = ignore are left out; one for
// which the build had a stand-in counts only where that was found in the output.
// Returns: 0 or -ENOMEM.
int build_drift_compare(const struct stamp *stamp, const char *path,
	const struct resolution *resolution, struct pool *pool, struct pool_list *drifts)
	must_check;

// Reads the stamp at `path` and adds what differs, or what is wrong with the stamp, to the
// resolution's findings.
// Returns: 0 or -ENOMEM.
int build_drift_judge(const char *path, const struct resolution *resolution, struct pool *pool)
	must_check;

#endif
