// What is known of a record by the place that it is in.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_SCANNED_PLACE_H
#define LOADER_INSPECT_BUILT_SCANNED_PLACE_H

#include "lib/base/base.h"

struct pool;
struct scanreport;

// Whether it is in an installed package.
bool scanned_place_is_package(const struct scanreport *record);

// Whether it is in what only speeds up the next build, and is not what runs.
bool scanned_place_is_cache(const struct scanreport *record);

// The containers one in another, without line, offset and what changes from build to build.
// Returns: the text (of the pool), or NULL when memory is short.
const char *scanned_place_stable(const struct scanreport *record, struct pool *pool);

// The place for people: "build.tgz!package/app.js:12", "... at byte 40".
// Returns: the text (of the pool), or NULL when memory is short.
const char *scanned_place_shown(const struct scanreport *record, struct pool *pool);

#endif
