// Whether a process belongs to a project: it runs in the project's folder, or a program of it. In a
// container the same path is another folder, and the project's own may have another path.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_BELONGING_H
#define LOADER_INSPECT_RUNNING_BELONGING_H

#include "lib/base/base.h"

struct pool;
struct process;
struct resolution;

#define BELONGING_DEPTH_MAX 256 // folders from that of a process upwards

// The folder of all that belongs together: the nearest one from the bundle's root upwards that is a
// repository, else the root.
// Returns: its path in the pool, or NULL when memory is short.
const char *belonging_project(const struct resolution *resolution, struct pool *pool);

// Whether a process runs in that folder or below it, by the folder itself; by its path where the
// process's own was deleted.
bool belonging_runs_in(const struct process *process, const char *folder);

// Whether its program lies there.
bool belonging_is_program_of(const struct process *process, const char *folder);

#endif
