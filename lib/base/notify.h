// The service manager: tells it how we are (sd_notify(3)'s protocol, without its library).
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_NOTIFY_H
#define LIB_BASE_NOTIFY_H

#include "lib/base/base.h"

// Sends lines such as "READY=1\nSTATUS=..." to $NOTIFY_SOCKET; without one, nothing happens. A
// message that cannot be sent is lost.
void notify_send(const char *format, ...) printf_like(1, 2);

// The same of a state that the manager waits for, such as READY=1: without it a start is taken for
// one that failed, and a reload never ends. Waits a moment for the manager.
void notify_send_surely(const char *lines);

// The same of lines that are ready, with a descriptor that the manager gets a copy of, or -1. Waits
// a moment for the manager: a message that got lost leaves it with another set than ours.
// Returns: whether it was sent.
bool notify_send_descriptor(const char *lines, int descriptor);

// Whether there is a manager that listens.
bool notify_is_there(void) must_check;

#endif
