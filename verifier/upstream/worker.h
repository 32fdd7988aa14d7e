// Between the socket pair and the transfers: reads requests, sends answers. Ends when the other end
// is gone.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAM_WORKER_H
#define VERIFIER_UPSTREAM_WORKER_H

#include "lib/base/base.h"

// Serves the socket `fd`.
// Returns: 0 (the other end is gone) or a negative errno: it cannot go on.
int worker_run(int fd) must_check;

#endif
