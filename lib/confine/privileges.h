// What a process may do because of who started it, given up for good.
// SPDX-License-Identifier: MIT
#ifndef LIB_CONFINE_PRIVILEGES_H
#define LIB_CONFINE_PRIVILEGES_H

#include "lib/base/base.h"

struct err;

// No program that is run gives more than its starter has.
// Returns: 0 or a negative errno.
int privileges_keep(struct err *err) must_check;

// Gives up every capability, also those that could come back; comes after privileges_keep. Root's
// own files stay open to root, as to any owner. The bounding set takes CAP_SETPCAP to empty: of who
// has it not, no_new_privs keeps it from being used.
// Returns: 0 or a negative errno.
int privileges_drop(struct err *err) must_check;

#endif
