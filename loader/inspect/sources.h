// Where a project's own sources are, as against what lies beside them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_SOURCES_H
#define LOADER_INSPECT_SOURCES_H

#include "lib/base/base.h"

// Whether a folder of this name may hold sources of the app: no hidden folder, no dependencies, no
// build output, no tests. For tree_walk.
bool sources_enter(const char *folder);

#endif
