// What `samekeyd --help` prints.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_MANUAL_H
#define VERIFIER_MANUAL_H

#include "lib/base/base.h"

#include <stdio.h>

// Writes the options, the signals and every setting of samekeyd.ini, these from the table.
// Returns: 0, or -EIO when it cannot be written.
int manual_print(FILE *out) must_check;

#endif
