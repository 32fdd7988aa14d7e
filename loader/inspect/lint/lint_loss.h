// What --fix must not write: a value that has become empty, that lacks a part of what stands in the
// file, or the text of a reference that some loader resolves. Each would change a value silently.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_LOSS_H
#define LOADER_INSPECT_LINT_LINT_LOSS_H

#include "lib/base/base.h"

struct lint;
struct lint_file;
struct lint_outcome;

struct lint_loss_request {
	const struct lint *lint; // with all files of the call
	const struct lint_file *file;
	size_t item;                      // an assignment with a meant value
	const struct lint_outcome *plain; // what the portable reading makes of the item; or NULL
	bool asked;                       // the meant dialect was named for this call
};

struct lint_loss {
	const char *text, *hint; // text is NULL when nothing is lost
};

// Judges one assignment before its meant value is written.
// Returns: 0 or -ENOMEM.
int lint_loss_judge(const struct lint_loss_request *request, struct lint_loss *ret_loss) must_check;

#endif
