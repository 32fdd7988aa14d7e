// The bundle that a resolution ends in.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_BUNDLING_H
#define LOADER_RESOLVE_BUNDLING_H

#include "lib/base/base.h"

struct resolution;

// Says what would be too large to hand over, whether or not there is a verifier; it can still be
// explained.
void bundling_judge_caps(const struct resolution *resolution);

// Fills resolution->bundle from the contests. `program` is what is started, or NULL.
// Returns: 0 or -ENOMEM.
int bundling_fill(struct resolution *resolution, char *const *program) must_check;

#endif
