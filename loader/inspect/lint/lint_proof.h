// The proof of a rewritten env file: every loader reads the new text, and it says what the old one
// said to the loader that is meant, and the same to all. Writes no file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_PROOF_H
#define LOADER_INSPECT_LINT_LINT_PROOF_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct lint;
struct lint_file;

struct lint_proof {
	struct lint *before;          // has read all files of the call
	const struct lint_file *file; // the one that is rewritten
	struct span text;             // what becomes of it
	struct lint *refusals;        // gets what speaks against it
};

// Reads the text and compares.
// Returns: 0, with *ret_refused set where something speaks against it; or -ENOMEM.
int lint_proof_make(const struct lint_proof *proof, bool *ret_refused) must_check;

#endif
