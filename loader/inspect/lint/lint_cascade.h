// What loaders make of several env files together: .env, .env.local, .env.MODE and
// .env.MODE.local of one folder, which Next.js and Vite rank differently, and references from one
// file to another.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_CASCADE_H
#define LOADER_INSPECT_LINT_LINT_CASCADE_H

#include "lib/base/base.h"

struct lint;

enum lint_cascade_layer {
	LINT_CASCADE_BASE,       // .env
	LINT_CASCADE_MODE,       // .env.MODE
	LINT_CASCADE_LOCAL,      // .env.local
	LINT_CASCADE_MODE_LOCAL, // .env.MODE.local
	LINT_CASCADE_LAYERS,     // how many there are; also: no part of a cascade
};

// The layer that a file's name says, and its mode (a view of the path; NULL: none).
enum lint_cascade_layer lint_cascade_layer(
	const char *path, const char **ret_mode, size_t *ret_mode_length);

// Judges all files of a lint.
// Returns: 0 or -ENOMEM.
int lint_cascade_judge(struct lint *lint) must_check;

#endif
