// Whether a set may take the place of the one that a running command holds, however good it is by
// itself. What speaks against it becomes a finding of the new set, and names no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_SUCCESSION_H
#define LOADER_STAY_SUCCESSION_H

#include "lib/base/base.h"

struct resolution;

// Whether it is of another app or phase, which would be another start.
bool succession_is_other_app(const struct resolution *held, struct resolution *next) must_check;

// Whether it lacks secrets that the other one has: an env file that was moved away, or is being
// written anew, would start the command without its keys.
bool succession_loses_secrets(const struct resolution *held, struct resolution *next) must_check;

#endif
