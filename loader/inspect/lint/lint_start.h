// What happens to the keys of an env file when the loaders are started: in the environment that
// holds some of them already, and in a framework that freezes them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_START_H
#define LOADER_INSPECT_LINT_LINT_START_H

#include "lib/base/base.h"

struct lint;
struct lint_file;

// Judges one file that was read.
// Returns: 0 or -ENOMEM.
int lint_start_judge(struct lint *lint, const struct lint_file *file) must_check;

#endif
