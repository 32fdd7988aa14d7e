// A build as a witness: its stamp, what its framework froze into it, and the files that it made.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESS_WITNESS_BUILD_H
#define LOADER_WITNESS_WITNESS_BUILD_H

#include "lib/base/base.h"

struct err;
struct witnesses;

// The stamp at `path`.
// Returns: 0, a STAMP_E_*, or a negative errno with err when it cannot be read.
int witness_build_ask_stamp(struct witnesses *witnesses, const char *path, struct err *err)
	must_check;

// What a recognised framework froze, as the resolution found it.
// Returns: 0 or -ENOMEM.
int witness_build_ask_framework(struct witnesses *witnesses) must_check;

struct witness_output {
	const char *const *paths;
	size_t path_count;
	const char *stamp; // a path: its older values count too; NULL: none
};

// What was built, as `samekey scan` sees it.
// Returns: 0, a RESIDUE_E_*, a STAMP_E_*, or a negative errno with err.
int witness_build_ask_output(struct witnesses *witnesses, const struct witness_output *output,
	struct err *err) must_check;

#endif
