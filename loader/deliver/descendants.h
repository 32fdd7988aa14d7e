// Processes that descend from one of ours: who they are, by pid and start time, a signal that
// reaches exactly them, and the end of them all. Looks at nothing else about them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_DESCENDANTS_H
#define LOADER_DELIVER_DESCENDANTS_H

#include "lib/base/base.h"

#define DESCENDANTS_MAX 100000         // processes of one look
#define DESCENDANTS_GENERATIONS_MAX 64 // parents that are followed upwards

struct descendant {
	pid_t pid, parent;
	uint64_t start; // clock ticks since boot: with the pid it names a process for good
};

struct descendants {
	struct descendant *items; // the caller's; see descendants_done
	size_t count;
};

// Leaves a session out from now on, with all that is in it: a private verifier, which the first
// process of a container adopts, is to outlive the app's restarts. 0: none, as in the beginning.
void descendants_spare(pid_t session);

// Reads who descends from `ancestor`, itself and zombies left out.
// Returns: 0, -ENOMEM, -ENOENT without /proc, or another negative errno; never a part of them.
int descendants_read(pid_t ancestor, struct descendants *ret_descendants) must_check;

// Frees what descendants_read gave; fine on an empty one.
void descendants_done(struct descendants *descendants);

// Holds on to a member that still is the process that was read.
// Returns: its pidfd, which the caller closes, or a negative errno; -ESRCH: it is gone.
int descendants_hold(const struct descendant *member) must_check;

// Sends a signal by a pidfd.
// Returns: 0 or a negative errno.
int descendants_signal(int pidfd, int signal) must_check;

// Stops every process below this one: SIGTERM, and SIGKILL after a grace. Only processes that were
// found below us, held by pidfd and compared by start time, are signalled.
void descendants_stop(uint64_t grace_ms);

// Whether a living process descends from `ancestor`.
bool descendants_has(pid_t ancestor, pid_t pid);

#endif
