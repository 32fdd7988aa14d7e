// One process of /proc, looked at until two looks agree: a process may end, or become another
// program, under whoever reads about it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_SIGHT_H
#define LOADER_INSPECT_RUNNING_SIGHT_H

#include "lib/base/base.h"
#include "lib/base/procfs.h"

struct pool;
struct process;
struct process_query;
struct secret_arena;

// What all sights of one look share.
struct sight_round {
	const struct process_query *query;
	struct secret_arena *arena; // for environments
	struct pool *pool;          // for texts
	int proc;                   // /proc
	uint64_t now_s;             // CLOCK_BOOTTIME
	uint64_t ticks;             // a second
	size_t environments;        // bytes that were read
};

// One process while it is looked at. All of it is read below its folder, which never becomes
// another's.
struct sight {
	int pidfd, folder, stat; // -1: there is none
	struct procfs_stat first;
};

// Opens /proc; a folder called so need not be one.
// Returns: a handle that the caller closes, -ENOENT, or another negative errno.
int sight_open_proc(void) must_check;

// Opens a process; `stat` is -1 where another user's may not be looked at.
// Returns: 0, -ESRCH where there is none, or another negative errno.
int sight_open(int proc, pid_t pid, struct sight *ret_sight) must_check;
void sight_close(const struct sight *sight);

// Looks at a process.
// Returns: 1, 0 when it is none that is shown, or a negative errno.
int sight_see(struct sight_round *round, pid_t pid, struct process *ret_process) must_check;

#endif
