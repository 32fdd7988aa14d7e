// Writing a file whole or not at all: whoever looks sees what was there before or all of the new.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_FRESHFILE_H
#define LIB_BASE_FRESHFILE_H

#include "lib/base/base.h"

#include <sys/types.h>

struct err;
struct stat;

// Writes a new file (temporary name, fsync, link into place): never over an existing one unless
// `replace`, and never over a device, a FIFO or a socket, also by a link.
// Returns: 0
//   -EEXIST        it is there already, and not to be replaced
//   -EPERM         something that is no file is there, or the kernel's word
//   -ENAMETOOLONG  the path leaves no room for a temporary name
//   another negative errno: the kernel's word on making, filling or placing it; nothing is left
int freshfile_write(const char *path, const void *bytes, size_t size, mode_t mode, bool replace,
	struct err *err) must_check;

// Puts other bytes in the place of the file that `was` read, with its mode and group.
// Returns: 0
//   -EPERM   it has several names (hard links), of which only one would change; or as
//            freshfile_write
//   -EAGAIN  it changed since `was`
//   or another result of freshfile_write
int freshfile_replace(const char *path, const void *bytes, size_t size, const struct stat *was,
	struct err *err) must_check;

#endif
