// Why loaders read a line differently: a table. A row says how such a line is written, what an
// outcome shows where a loader falls for it, and the finding that explains it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_CAUSE_H
#define LOADER_INSPECT_LINT_LINT_CAUSE_H

#include "lib/base/base.h"
#include "lib/value/finding.h"
#include "loader/inspect/lint/lint_shows.h"

struct lint_file;
struct lint_outcome;
struct written;

struct lint_cause {
	enum finding finding;
	bool (*applies)(const struct lint_file *file, const struct written *item);
	// NULL: whatever the outcomes are, as long as they differ.
	lint_shows *shows;
	const char *hint; // in place of what is said of the item's spelling; NULL: nothing
};

// The rows in the order in which they are told, ended by one without `applies`.
extern const struct lint_cause lint_cause_rows[];

#endif
