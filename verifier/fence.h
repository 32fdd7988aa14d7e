// What samekeyd keeps itself from once it has all that it needs: whoever takes it over by its
// sockets finds a process that runs no program, opens no file of others and no way to the network.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_FENCE_H
#define VERIFIER_FENCE_H

#include "lib/base/base.h"

#include <sys/types.h>

struct daemon_options;
struct err;
struct fence;
struct guards;
struct log;
struct setup;

struct fence_parts {
	const struct daemon_options *options;
	const struct setup *setup;
	const struct log *log;
	pid_t helper; // may be ended; 0: none
};

// Goes inside for good, and logs what is not in force. Comes after sockets, store and helper are
// there, and before any thread and any peer. The caller owns the fence.
// Returns: 0, or a negative errno when a guard that the kernel has cannot be set up.
int fence_enter(const struct fence_parts *parts, struct guards *guards, struct fence **ret_fence,
	struct err *err) must_check;

// Judges settings that were read again: files that can no longer be opened are logged.
// Returns: 0 or -EACCES. Without a fence all is fine.
int fence_judge(const struct fence *fence, const struct setup *fresh, const struct log *log)
	must_check;

// Says what a refused file may come from, when settings could not be read again.
void fence_explain(const struct fence *fence, int code, const struct log *log);

// NULL is fine. Returns: NULL; nothing becomes possible again.
struct fence *fence_free(struct fence *fence);

#endif
