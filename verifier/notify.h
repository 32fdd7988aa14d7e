// Tells the service manager how we are (sd_notify(3)'s protocol, without its library).
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_NOTIFY_H
#define VERIFIER_NOTIFY_H

#include "lib/base/base.h"

// Sends lines such as "READY=1\nSTATUS=..." to $NOTIFY_SOCKET; without one, nothing happens. A
// message that cannot be sent is lost.
void notify_send(const char *format, ...) printf_like(1, 2);

#endif
