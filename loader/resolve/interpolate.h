// ${NAME}, ${NAME:-default} and ${NAME:?message} in env files, opt-in: one pass after all files
// are merged. Never into values of the process environment; nothing is ever run.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_INTERPOLATE_H
#define LOADER_RESOLVE_INTERPOLATE_H

#include "lib/base/base.h"

struct resolution;

#define INTERPOLATE_DEPTH_MAX 64 // references that lead to references

// Fills in every value that came from an env file. What cannot be filled in becomes a finding.
// Returns: 0 or -ENOMEM.
int interpolate_all(struct resolution *resolution) must_check;

#endif
