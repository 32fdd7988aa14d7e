// The env files that a unit of systemd names (EnvironmentFile=).
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_UNITGIFT_FILES_H
#define LOADER_INSPECT_DOCTOR_UNITGIFT_FILES_H

#include "lib/base/base.h"

struct unitgift_unit;

// Reads the env files that the unit names, once all of its own files are read (unitgift_read), and
// adds what they give.
// Returns: 0 or -ENOMEM.
int unitgift_files_read(struct unitgift_unit *unit) must_check;

#endif
