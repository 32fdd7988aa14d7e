// Paths as texts; no file is looked at.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_PATH_H
#define LIB_BASE_PATH_H

#include "lib/base/base.h"

// The last part of a path, never empty for a path that is not.
const char *path_basename(const char *path);

// What of a path lies below a folder, "" for the folder itself. Both are absolute, or relative to
// one place; slashes at the folder's end do not count.
// Returns: a part of `path`, or NULL when it lies elsewhere.
const char *path_below(const char *path, const char *folder);

#endif
