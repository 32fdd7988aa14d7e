// Files of the app's own tree that tell what it is: package.json and what a build leaves. They are
// trusted like the app's code, so their mode is not judged.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_APPFILE_H
#define LOADER_RESOLVE_APPFILE_H

#include "lib/base/base.h"

#include <jansson.h>

struct err;

#define APPFILE_SIZE_MAX (4u * 1024 * 1024)

// Reads a JSON file below `folder` (or AT_FDCWD). `ret_changed_at_s` may be NULL.
// Returns: 0 with the caller's reference in *ret_json, or NULL there when it is not there, not for
// this user, too large or not JSON; -ENOMEM; or another negative errno (see appfile_failure).
int appfile_json(int folder, const char *path, json_t **ret_json, uint64_t *ret_changed_at_s)
	must_check;

// Whether a text file below `folder` holds a word; one over the cap does not.
// Returns: 1, 0, -ENOMEM, or another negative errno.
int appfile_holds(int folder, const char *path, const char *word) must_check;

// What an errno of looking for a file says.
// Returns: 0 when there is none that this user could read, so that the app's programs find none
// either; else its negative: nobody knows.
int appfile_failure(int reason) must_check;

// Says that what the app is made of could not be read, so that another set of keys might come of
// it. Returns: the code.
int appfile_complain(int code, struct err *err);

// For `own(appfile_release) json_t *json = NULL;`.
void appfile_release(json_t **json);

#endif
