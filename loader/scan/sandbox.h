// What samekey-scan may still do once it has all it needs: read below the paths of its job, and
// write what it found. It reads what strangers made, with libraries of others, and holds secrets.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SANDBOX_H
#define LOADER_SCAN_SANDBOX_H

#include "lib/base/base.h"

struct err;

#define SANDBOX_MEMORY_MAX (UINT64_C(3) << 30) // bytes of address space

// What holds from now on; a guard that the kernel has not is left out.
struct sandbox {
	bool filtered; // system calls by a list, all others end the process
	int landlock;  // version of Landlock that confines files to the paths; 0: none
};

// Whether this build can be confined: sanitizers make system calls of their own.
bool sandbox_is_built(void);

// Gives up for good: new privileges, more memory than SANDBOX_MEMORY_MAX, files outside of the
// paths, sockets, other programs, other processes, and opening anything for writing.
// Returns: 0, or a negative errno when a guard that the kernel has cannot be set up.
int sandbox_enter(const char *const *paths, size_t path_count, struct sandbox *ret_sandbox,
	struct err *err) must_check;

#endif
