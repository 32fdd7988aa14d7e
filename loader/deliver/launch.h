// The environment that the app gets: exactly the resolved values over what was inherited; and its
// start in place of this process.
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

// Makes the environment that the child gets. `own` is ended by a name of NULL and has
// LAUNCH_OWN_MAX at most; NULL: there is none.
// Returns: 0, or -ENOMEM. The strings lie in the resolution's arena and pool.
int launch_environment(const struct resolution *resolution, const struct launch_own *own,
	char ***ret_environment) must_check;

// Replaces this process by `program` (ended by NULL), found by the PATH of `environment`.
// Descriptors, limits, umask, signal mask and dispositions are left as they were.
// Returns: only on failure: -E2BIG (arguments and environment are over the kernel's limit), -ENOENT
// (no such program), or another errno of execve(2).
int launch_exec(char *const *program, char **environment) must_check;

// Says why a program could not be run.
// Returns: `code`.
int launch_failed(char *const *program, char *const *environment, int code, struct err *err)
	must_check;

// Whether a child is given a key: it has a value, and the rules let it out.
bool launch_gives(const struct bundle_key *key);

#endif
