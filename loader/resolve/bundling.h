// The bundle that a resolution ends in.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_BUNDLING_H
#define LOADER_RESOLVE_BUNDLING_H

#include "lib/base/base.h"

struct err;
struct resolution;

// Refuses what would be too large to hand over, whether or not there is a verifier.
// Returns: 0 or -E2BIG with err set.
int bundling_judge_caps(const struct resolution *resolution, struct err *err) must_check;

// Fills resolution->bundle from the contests. `program` is what is started, or NULL.
// Returns: 0 or -ENOMEM.
int bundling_fill(struct resolution *resolution, char *const *program) must_check;

#endif
