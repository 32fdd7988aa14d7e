// What a process is to a census: the app's own program, or one that only stands around it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_CENSUS_ROLE_H
#define LOADER_INSPECT_RUNNING_CENSUS_ROLE_H

#include "lib/base/base.h"
#include "loader/inspect/running/census.h"

struct process;

// The role by what a process is called; `primary`: it listens for workers.
enum census_role census_role_of(const struct process *process, bool primary);

#endif
