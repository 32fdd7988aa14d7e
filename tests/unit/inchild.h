// What cannot be undone, or ends the process, is tried in one of its own.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_INCHILD_H
#define TESTS_UNIT_INCHILD_H

#include "lib/base/base.h"

// Runs `act` with `at` in a child, which ends with what it returns.
// Returns: what waitpid(2) says of the child: 0, or the result << 8, or the signal that ended it.
int inchild_run(int (*act)(size_t at), size_t at);

#endif
