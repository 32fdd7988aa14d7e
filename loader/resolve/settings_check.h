// Whether a setting of samekey.ini may be what it was set to, as far as it shows by itself.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_SETTINGS_CHECK_H
#define LOADER_RESOLVE_SETTINGS_CHECK_H

#include "lib/base/base.h"

struct err;
struct setting;
struct settings;

// Judges a field of `settings_rows` that was just set, as far as it shows by itself.
// Returns: 0 or -EINVAL.
int settings_check(const struct settings *settings, const struct setting *row, struct err *err)
	must_check;

#endif
