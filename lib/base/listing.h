// The names in a folder: all of them, or an error; readdir(3) has the same answer for an end and
// for a failure.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LISTING_H
#define LIB_BASE_LISTING_H

#include "lib/base/base.h"

// Gets one name; `folder` is the handle of the folder that it is in, as long as the call lasts.
// Returns: 0 to go on; what else it returns ends the listing.
typedef int listing_visitor(void *user, int folder, const char *name);

// Lists the folder `path` below `above` (or AT_FDCWD), in no order, without "." and "..".
// Returns: 0, what `visit` returned when it is not 0, or the negative errno of opening or reading;
// then names may be missing.
int listing_read(int above, const char *path, listing_visitor *visit, void *user) must_check;

#endif
