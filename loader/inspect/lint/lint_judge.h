// What is said of the items of one file: where loaders differ the causes that their outcomes bear
// out, and what no loader makes a value of though they agree.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_JUDGE_H
#define LOADER_INSPECT_LINT_LINT_JUDGE_H

#include "lib/base/base.h"

struct lint;
struct lint_file;

// Judges the items of a file that every loader has read, and notes in it which have a finding.
// Returns: 0 or -ENOMEM.
int lint_judge_items(struct lint *lint, struct lint_file *file) must_check;

#endif
