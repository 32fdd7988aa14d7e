// Names that some loader sets though no line of the file, as it is written, assigns them: inside a
// quote that others close elsewhere, or with `export` as a part of the name.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_STRAY_H
#define LOADER_INSPECT_LINT_LINT_STRAY_H

#include "lib/base/base.h"
#include "loader/inspect/lint/lint.h"

struct lint_stray {
	struct span name; // guarded bytes
	size_t item;      // that it stands in
	uint32_t line;    // where the first loader that sets it finds it
	struct lint_outcome outcomes;
};

// The stray of that name, made where there is none.
// Returns: it, or NULL when memory is short.
struct lint_stray *lint_stray_of(
	struct lint_file *file, struct pool *pool, const struct lint_stray *stray) must_check;

// Judges the strays of a file, at most one in each item, where the item has no finding of its own.
// Returns: 0 or -ENOMEM.
int lint_stray_judge(struct lint *lint, struct lint_file *file) must_check;

#endif
