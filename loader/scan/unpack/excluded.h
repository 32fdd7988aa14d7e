// What the job passes over, by name or by path.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_EXCLUDED_H
#define LOADER_SCAN_UNPACK_EXCLUDED_H

#include "lib/base/base.h"

struct scanjob;

// Whether a path, of a folder, a file or a member, from its root on without a slash at its start,
// is passed over: one of its parts is a name of the job's list, or it begins with a path of it.
bool excluded_is(const struct scanjob *job, const char *path) must_check;

#endif
