// What a value from outside an env file brings along that is not part of it: the newline of a
// secret file, the quotes of a compose file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_CLEANING_H
#define LOADER_RESOLVE_CLEANING_H

#include "lib/base/base.h"

struct contest;
struct contestant;
struct diag;

// Gives the contestant its value, cleaned as its source and the key's section say, and tells what
// was removed and what was left. An inherited variable that nothing names stays as it is.
void cleaning_do(struct diag *diag, const struct contest *contest, struct contestant *contestant);

#endif
