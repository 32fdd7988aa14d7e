// A lint as SARIF 2.1.0 (OASIS), as code scanning services take it: a rule for each kind of finding
// that was made, a result for each finding.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_SARIF_H
#define LOADER_INSPECT_LINT_LINT_SARIF_H

#include "lib/base/base.h"

struct json_t;
struct lint_report;

// Makes the log.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *lint_sarif_json(const struct lint_report *report) must_check;

#endif
