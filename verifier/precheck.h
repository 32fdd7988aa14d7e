// A first look at the settings: all that they can have wrong shows here, before anything is opened.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_PRECHECK_H
#define VERIFIER_PRECHECK_H

#include "lib/base/base.h"

struct daemon_options;
struct log;

// Reads the settings and the key that they name, and logs what is wrong. They name the vault's
// size, and reading them needs guarded memory: hence the look. When they are only checked, key
// files of profiles are read as well, which a start would do without. Returns: 0 (`ret_memory` is
// the vault's size) or a negative errno.
int precheck_settings(const struct daemon_options *options, const struct log *log,
	bool only_checked, uint64_t *ret_memory) must_check;

#endif
