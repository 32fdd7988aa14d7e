// Starts the app in place of this process, with exactly the resolved values over what it inherited.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_LAUNCH_H
#define LOADER_DELIVER_LAUNCH_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct bundle_key;
struct resolution;

// A variable that samekey itself gives, whatever was resolved or inherited.
struct launch_own {
	const char *name, *value;
};

#define LAUNCH_OWN_MAX 2

// Replaces this process by `program` (ended by NULL), found by the PATH that it will itself see.
// `own` is ended by a name of NULL and has LAUNCH_OWN_MAX at most; NULL: there is none.
// Descriptors, limits, umask, signal mask and dispositions are left as they were.
// Returns: only on failure: -E2BIG (arguments and environment are over the kernel's limit), -ENOENT
// (no such program), another errno of execve(2), or -ENOMEM.
int launch_in_place(const struct resolution *resolution, char *const *program,
	const struct launch_own *own, struct err *err) must_check;

// Makes the environment that the child gets.
// Returns: 0, or -ENOMEM. The strings lie in the resolution's arena and pool.
int launch_environment(const struct resolution *resolution, const struct launch_own *own,
	char ***ret_environment) must_check;

// Whether a child is given a key: it has a value, and the rules let it out.
bool launch_gives(const struct bundle_key *key);

#endif
