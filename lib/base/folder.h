// The folder that a file of ours goes into, such as a socket or a database: nobody else may replace
// what lies there.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_FOLDER_H
#define LIB_BASE_FOLDER_H

#include "lib/base/base.h"
#include "lib/base/err.h"

#include <sys/types.h>

struct folder_rules {
	mode_t mode;          // of a folder that is made, whatever the umask says
	const char *holds;    // what others could replace there: "socket"
	const char *unmade;   // hints: what to do where it cannot be made,
	const char *unopened; // or cannot be opened
};

#define FOLDER_HINT_DESCRIPTORS "raise LimitNOFILE= of the unit, or ulimit -n"

// Opens the folder of the file `path`, which has a slash; makes it if it is missing and its own
// folder is there.
// Returns: a descriptor
//   -ENOTDIR   its own folder is not there
//   -EPERM     others can write it
//   another negative errno
int folder_open(const char *path, const struct folder_rules *rules, struct err *err) must_check;

#endif
