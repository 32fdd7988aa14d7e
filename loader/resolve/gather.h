// Reads every source that the settings name. Which of them goes before another is for the contests.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_GATHER_H
#define LOADER_RESOLVE_GATHER_H

#include "lib/base/base.h"
#include "loader/read/source.h"

struct resolution;

// Fills ->found and ->files. Wrong files become findings.
// Returns: 0 or -ENOMEM.
int gather_sources(struct resolution *resolution) must_check;

// What reads the sources of this resolution: its found values, its memory, its settings' dialect
// and caps. Everything in it is borrowed from the resolution.
struct source_reader gather_reader(struct resolution *resolution);

#endif
