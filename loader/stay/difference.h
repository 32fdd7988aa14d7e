// How two sets of an app differ. Names keys, and shows no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_DIFFERENCE_H
#define LOADER_STAY_DIFFERENCE_H

#include "lib/base/base.h"

struct bundle;

#define DIFFERENCE_NAMES 8 // that are listed

// Whether both are of one app, group and mode and hold the same keys with the same flags and
// values; where these come from does not count.
bool difference_is_none(const struct bundle *a, const struct bundle *b) must_check;

// The names of the first keys that are not the same in both, with blanks between.
// Returns: how many there are.
size_t difference_list(const struct bundle *a, const struct bundle *b, char *out, size_t size);

#endif
