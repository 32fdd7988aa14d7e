// Running processes as witnesses, as `samekey ps` sees them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESS_WITNESS_PROCESSES_H
#define LOADER_WITNESS_WITNESS_PROCESSES_H

#include "lib/base/base.h"

struct witnesses;

// Looks at every running process that carries a secret of the bundle. Who may not be looked at is
// unasked.
// Returns: 0 or -ENOMEM.
int witness_processes_ask(struct witnesses *witnesses) must_check;

#endif
