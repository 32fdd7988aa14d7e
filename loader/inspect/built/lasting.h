// What stays the same of a place from one build to the next: bundlers put a hash of the content
// into the names of files, and Next.js an id of the build into those of folders.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_LASTING_H
#define LOADER_INSPECT_BUILT_LASTING_H

#include "lib/base/base.h"

struct pool;

// A place with an asterisk for each part that a build makes anew: "chunks/page-1a2b3c4d.js" becomes
// "chunks/page-*.js". Of a result it makes the same again.
// Returns: it, in the pool, or NULL when memory is short.
const char *lasting_place(const char *place, struct pool *pool) must_check;

#endif
