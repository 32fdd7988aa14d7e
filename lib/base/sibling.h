// Programs of ours that lie beside this one, wherever both were unpacked: trusted as this program
// is, and found without a PATH.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_SIBLING_H
#define LIB_BASE_SIBLING_H

#include "lib/base/base.h"

#include <limits.h>

struct err;

// Finds `name` in the folder of this program, in ../sbin, or in ../libexec/samekey: owned as this
// program is, and not writable by others, since it will hold secrets.
// Returns: 0, or -ENOENT with where and what to do.
int sibling_find(const char *name, char ret_path[static PATH_MAX], struct err *err) must_check;

// Chooses what of the environment it gets: what sanitizers read, and the variables in `more` (ended
// by NULL). Not the rest, in which there are secrets. `ret_chosen` has room for `room` strings,
// which are borrowed, and is ended by NULL.
void sibling_environment(const char *const *more, char **ret_chosen, size_t room);

#endif
