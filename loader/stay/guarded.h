// The process environment in guarded memory, for a samekey that stays.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_GUARDED_H
#define LOADER_STAY_GUARDED_H

#include "lib/base/base.h"

// Copies the process environment into guarded memory, wipes it where it was, and goes on with the
// copy, which lives as long as the process. Before anything is resolved: views of the old one are
// wiped as well.
// Returns: 0 or -ENOMEM.
int guarded_environment(void) must_check;

#endif
