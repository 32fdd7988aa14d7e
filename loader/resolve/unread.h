// Env files that are not read though they may have been meant: of another mode, misspelt, or in a
// folder above; and keys that only the example file names.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_UNREAD_H
#define LOADER_RESOLVE_UNREAD_H

#include "lib/base/base.h"

struct resolution;

// Fills ->unread and adds findings about these files and keys, once the contests are held.
// Returns: 0 or -ENOMEM.
int unread_look(struct resolution *resolution) must_check;

#endif
