// Rewrites the assignments that loaders read differently so that all of them read the value that is
// meant: the reference's. Everything else stays byte for byte. Writes no file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_FIX_H
#define LOADER_INSPECT_LINT_LINT_FIX_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct lint;
struct lint_file;

struct lint_fix_request {
	struct lint *before; // has read all files of the call
	const struct lint_file *file;
	bool asked; // the meant dialect was named for this call: it may drop a part of a value
	// Lints that read no files: what cannot be fixed is added to the one, and each line that is
	// rewritten to the other (NULL: to none), with the readings that it had.
	struct lint *refusals, *rewrites;
};

// Makes the new text of a file.
// Returns: 0 with the text (in the arena) and how many assignments changed; LINT_FIX_E_REFUSED when
// some cannot be fixed, or only by losing a part of a value; or -ENOMEM.
#define LINT_FIX_E_REFUSED 1
int lint_fix_make(const struct lint_fix_request *request, struct span *ret_text,
	size_t *ret_changed) must_check;

#endif
