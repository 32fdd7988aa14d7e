// The service manager's watchdog: a sign of life at half the period that it asks for. The sign
// comes from the event loop, so a loop that hangs gives none and the service is started anew.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_WATCHDOG_H
#define VERIFIER_WATCHDOG_H

#include "lib/base/base.h"

struct loop;
struct watchdog;

// Starts to give signs if the environment asks this process for them; the caller owns it.
// Returns: the watchdog, or NULL: nobody asks, or memory is short.
struct watchdog *watchdog_new(struct loop *loop) must_check;

// Gives no more signs; NULL is fine.
// Returns: NULL.
struct watchdog *watchdog_free(struct watchdog *watchdog);

#endif
