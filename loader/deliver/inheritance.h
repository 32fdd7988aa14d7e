// Lets go of what a small parent was given for its child: an environment with values, and
// descriptors.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_INHERITANCE_H
#define LOADER_DELIVER_INHERITANCE_H

#include "lib/base/base.h"

// Wipes the environment where it lies, and leaves an empty one: what was inherited is in our own
// memory as well, and in /proc/PID/environ.
void inheritance_wipe_environment(void);

// Closes all descriptors but the standard ones and `kept`: what the caller of all gave to the
// child, a pipe or a socket, ends with the child. Before Linux 5.9 they stay open.
void inheritance_close(int kept);

// The same of what belongs to the child only; what is ours is close-on-exec, and stays.
void inheritance_close_given(void);

#endif
