// Puts what lint_fix.h makes in the place of the files: all of them, or none where one cannot be.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_REWRITE_H
#define LOADER_INSPECT_LINT_LINT_REWRITE_H

#include "lib/base/base.h"

struct err;
struct lint;
struct lint_input;

struct lint_rewrite_request {
	struct lint *before;      // has read all files of the input, in their order
	struct lint_input *input; // gets the contents that were written
	bool asked;               // the meant dialect was named for this call
};

// Rewrites the files that loaders read differently.
// Returns: 0 with how many assignments changed and a lint that holds each of them, which the caller
// owns; LINT_FIX_E_REFUSED with a lint that says what cannot be fixed, and nothing was written; or
// a negative errno with err, and files before the one that it names were written.
int lint_rewrite_all(const struct lint_rewrite_request *request, struct lint **ret_told,
	size_t *ret_changed, struct err *err) must_check;

#endif
