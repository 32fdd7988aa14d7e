// samekeyd-upstream as a process: found, started with a socket and next to nothing else, ended.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_UPSTREAMPROGRAM_H
#define VERIFIER_DOOR_SESSION_UPSTREAMPROGRAM_H

#include "lib/base/base.h"

#include <limits.h>
#include <sys/types.h>

struct err;

#define UPSTREAMPROGRAM_NAME "samekeyd-upstream"

// Finds the program: $SAMEKEY_UPSTREAM, else beside this program, else ../libexec/samekey beside
// it.
// Returns: 0, or -ENOENT (err has a hint).
int upstreamprogram_find(char path[static PATH_MAX], struct err *err) must_check;

// Starts it with one end of a socket of packets, without those of its guards that `without` says
// (UPSTREAM_UNFILTERED and so on). The other end is the caller's.
// Returns: 0 or a negative errno (err says why).
int upstreamprogram_start(const char *program, unsigned without, int *ret_fd, pid_t *ret_pid,
	struct err *err) must_check;

// Takes back what has ended of this process's children, which are the program's alone: what was
// started, and what was adopted of it. `pid` becomes -1 where it is among them.
// Returns: whether there was any.
bool upstreamprogram_reap(pid_t *pid);

// Waits for its end, which comes by itself once the socket is closed; one that is held up is ended.
void upstreamprogram_end(pid_t pid);

#endif
