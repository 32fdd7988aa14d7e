// What places looked like, as a number to compare: no bytes of them are read.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_LIKENESS_H
#define LOADER_DELIVER_LIKENESS_H

#include "lib/base/base.h"

struct whereabouts;

// The attributes of all the places, of links both their own and those of what they lead to.
// Returns: a number that differs when one of them does.
uint64_t likeness_of(const struct whereabouts *list, size_t count) must_check;

#endif
