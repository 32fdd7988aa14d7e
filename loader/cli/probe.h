// A question of an orchestrator: does the verifier answer, is it ready, is this app. Reads
// settings, but no source of values, so that a broken env file is no reason to restart a verifier.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_PROBE_H
#define LOADER_CLI_PROBE_H

#include "lib/base/base.h"

struct options;
struct pool;

// Shorter than the second that Kubernetes gives a probe.
#define PROBE_TIMEOUT_MS 800

// Whether --health or --ready is given.
bool probe_is_wanted(const struct options *options);

// Asks, says on stderr what is wrong, and nothing when all is well; --json prints the answer.
// Returns: the exit code.
int probe_run(const struct options *options, struct pool *pool);

#endif
