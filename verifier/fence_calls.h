// What samekeyd may call once it is inside: a table.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_FENCE_CALLS_H
#define VERIFIER_FENCE_CALLS_H

#include "lib/base/base.h"

#include <sys/types.h>

struct err;

// Filters from now on. `helper` may be ended by a signal; 0: nobody may.
// Returns: 1, 0 where the kernel has no filter, or a negative errno.
int fence_calls_filter(pid_t helper, struct err *err) must_check;

#endif
