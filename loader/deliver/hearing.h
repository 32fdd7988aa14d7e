// Whether a process has made itself ready for a signal, by /proc/PID/status. Sends nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_HEARING_H
#define LOADER_DELIVER_HEARING_H

#include "lib/base/base.h"

// Whether the process catches, ignores or blocks the signal, so that its default action is not what
// comes of it at once.
// Returns: whether it does; true also where nobody can tell.
bool hearing_is_ready(pid_t pid, int signal);

#endif
