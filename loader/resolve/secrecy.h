// Which keys are secrets, as far as their section, name and values tell.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_SECRECY_H
#define LOADER_RESOLVE_SECRECY_H

#include "lib/base/base.h"

struct contest;

// Whether an inherited variable that nothing names is probably a secret: by its name alone, and
// without those that every session has.
bool secrecy_of_inherited(const char *name);

// Sets `secret`, and `guessed` where no setting says it. `inherited` is what the environment has
// for the key; NULL: nothing.
void secrecy_decide(struct contest *contest, const char *inherited);

#endif
