// The files that secrets were read from: who else may read them, and copies that a build made.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RULES_FILES_H
#define LOADER_RESOLVE_RULES_FILES_H

#include "lib/base/base.h"

struct resolution;

// Adds a finding for each file with a secret that everybody on the host may read (but in folders of
// secrets, where orchestrators set the mode), and for each env file that a build copied.
void rules_files_judge(struct resolution *resolution);

#endif
