// Files of the app's own tree that tell what it is: package.json and what a build leaves. They are
// trusted like the app's code, so their mode is not judged.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_APPFILE_H
#define LOADER_RESOLVE_APPFILE_H

#include "lib/base/base.h"

#include <jansson.h>

#define APPFILE_SIZE_MAX (4u * 1024 * 1024)

// Reads a JSON file below `folder` (or AT_FDCWD). `ret_changed_at_s` may be NULL.
// Returns: the caller's reference; NULL when it is not there, too large or not JSON.
json_t *appfile_json(int folder, const char *path, uint64_t *ret_changed_at_s) must_check;

// Whether a text file below `folder` holds a word; one over the cap does not.
bool appfile_holds(int folder, const char *path, const char *word) must_check;

// For `own(appfile_release) json_t *json = NULL;`.
void appfile_release(json_t **json);

#endif
