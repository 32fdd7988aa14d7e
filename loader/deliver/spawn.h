// Starts a child that is, but for its parent, what exec in place would have made of us: same
// descriptors, limits, umask, signal mask and dispositions, same group and terminal.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_SPAWN_H
#define LOADER_DELIVER_SPAWN_H

#include "lib/base/base.h"

#include <signal.h>

struct spawn_options {
	char *const *program; // ended by NULL, found by the PATH of `environment`
	char **environment;   // ended by NULL; pid variables of systemd in it become the child's
	const sigset_t *mask; // the child's
	const struct sigaction *on_child_end; // its disposition of SIGCHLD
	int parent_death;                     // the signal that it gets when this process dies
};

// Starts it. All signals that a handler could take must be blocked meanwhile.
// Returns: the child's pid, or a negative errno: of execve(2) when it could not be run.
pid_t spawn_child(const struct spawn_options *options) must_check;

#endif
