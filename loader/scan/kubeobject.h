// An object of Kubernetes: what it gives to the keys of a job.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_KUBEOBJECT_H
#define LOADER_SCAN_KUBEOBJECT_H

#include "lib/base/base.h"

struct yamltree_node;

// Reads one object; for yamltree_each, with struct mention_look. `key` does not matter.
// Returns: 0, what the listener returned, or -ENOMEM.
int kubeobject_read(void *user, const struct yamltree_node *key, const struct yamltree_node *object)
	must_check;

#endif
