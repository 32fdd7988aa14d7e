// Opens the parts of the daemon, and closes them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONPARTS_H
#define VERIFIER_DAEMONPARTS_H

#include "lib/base/loop.h"

struct daemon;

// Opens them all and says READY=1; what is in the way is logged. Whatever is returned,
// daemonparts_close follows. `on_signal` gets the daemon when daemon->signals can be read.
// Returns: 0, a negative errno or LISTEN_E_DENIED.
int daemonparts_open(struct daemon *daemon, loop_ready *on_signal) must_check;

// Closes what is open.
void daemonparts_close(struct daemon *daemon);

#endif
