// The cascade: which env files of a folder count in a mode, and which of them is above another.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_CASCADE_H
#define LOADER_RESOLVE_CASCADE_H

#include "lib/base/base.h"

#define CASCADE_MAX 4         // files of one folder
#define CASCADE_NAME_SIZE 128 // bytes, with the NUL

// Writes the file names of a cascade (enum settings_cascade) in one folder, highest first.
// Returns: how many.
size_t cascade_names(
	int cascade, const char *mode, char names[static CASCADE_MAX][CASCADE_NAME_SIZE]);

#endif
