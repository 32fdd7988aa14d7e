// Metrics of what processes prove to hold.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ATTESTMETRICS_H
#define VERIFIER_DOOR_API_ATTESTMETRICS_H

#include "lib/base/base.h"

#include <stdio.h>

struct attestations;

// Writes those whose labels name keys.
void attestmetrics_write(FILE *out, const struct attestations *list);

// Returns: how many keys processes hold another value of than they were given, whatever number of
// processes does.
uint64_t attestmetrics_disagreeing(const struct attestations *list);

#endif
