// Judges the contests: what is missing, empty, a placeholder, of the wrong type, in conflict.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RULES_H
#define LOADER_RESOLVE_RULES_H

#include "lib/base/base.h"

struct resolution;

// Adds a finding for everything that a rule or common sense objects to.
// Returns: 0 or -ENOMEM.
int rules_judge(struct resolution *resolution) must_check;

#endif
