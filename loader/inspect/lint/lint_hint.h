// The hint of a reading that differs: how the line is written so that every loader in play reads it
// alike. Names the kind of quotes and never the value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_HINT_H
#define LOADER_INSPECT_LINT_LINT_HINT_H

#include "lib/base/base.h"

struct lint;
struct lint_outcome;
struct written;

// Finds the hint for an item; NULL: the finding's own fix says it.
// Returns: 0 or -ENOMEM.
int lint_hint_for(struct lint *lint, const struct written *item,
	const struct lint_outcome *outcomes, const char **ret_hint) must_check;

#endif
