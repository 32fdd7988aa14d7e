// Rewrites the assignments that loaders read differently so that all of them read the value that is
// meant: the reference's. Everything else stays byte for byte. Writes no file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_FIX_H
#define LOADER_INSPECT_LINT_FIX_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct lint;
struct lint_file;

// Makes the new text of a file. `before` has read the file; what cannot be fixed is added to
// `refusals`, a lint without files of its own.
// Returns: 0 with the text (in the arena) and how many assignments changed; LINT_FIX_E_REFUSED when
// some cannot be fixed; or -ENOMEM.
#define LINT_FIX_E_REFUSED 1
int lint_fix_make(struct lint *before, const struct lint_file *file, struct lint *refusals,
	struct span *ret_text, size_t *ret_changed) must_check;

#endif
