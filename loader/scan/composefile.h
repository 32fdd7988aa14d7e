// A compose file: what it gives to the keys of a job.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_COMPOSEFILE_H
#define LOADER_SCAN_COMPOSEFILE_H

#include "lib/base/base.h"

struct mention_look;
struct yamltree_node;

// Reads one document of the look's tree.
// Returns: 0, what the listener returned, or -ENOMEM.
int composefile_read(struct mention_look *look, const struct yamltree_node *root) must_check;

#endif
