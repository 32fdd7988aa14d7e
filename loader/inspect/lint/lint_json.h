// A lint's report as JSON.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_JSON_H
#define LOADER_INSPECT_LINT_LINT_JSON_H

#include "lib/base/base.h"

struct json_t;
struct lint_report;

// Makes {"v":1,"loaders","reference","files","findings","rewritten","fixed","ok"}.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *lint_json(const struct lint_report *report) must_check;

#endif
