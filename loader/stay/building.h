// What `run` does around a build that it watches: makes sure beforehand that a stamp can be left,
// and once the build has ended well looks through what was built, leaves the stamp and says what it
// found.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_BUILDING_H
#define LOADER_STAY_BUILDING_H

#include "lib/base/base.h"

struct options;
struct pool;
struct report;
struct resolution;

struct building {
	const struct options *options;
	const struct resolution *resolution;
	const struct report *report;
	struct pool *pool;
};

// Whether there is anything to watch: a build that leaves a stamp, was given stand-ins, or whose
// output was named. Any other build is started in place.
bool building_is_watched(const struct building *building);

// Makes ready; what is wrong is printed.
// Returns: EXIT_OK or another exit code.
int building_begin(const struct building *building) must_check;

// After the build has ended with 0. Findings are printed.
// Returns: EXIT_OK, EXIT_SETTINGS when an error stands, or another exit code when there can be no
// stamp.
int building_end(const struct building *building) must_check;

#endif
