// Reads every source that the settings name, in their order.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_GATHER_H
#define LOADER_RESOLVE_GATHER_H

#include "lib/base/base.h"

struct resolution;

// Fills ->found, ->files and ->unread. Wrong files become findings.
// Returns: 0 or -ENOMEM.
int gather_sources(struct resolution *resolution) must_check;

// Looks at env files that are not read and at the example file, once the contests are held.
// Returns: 0 or -ENOMEM.
int gather_look_around(struct resolution *resolution) must_check;

#endif
