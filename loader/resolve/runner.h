// Programs that start other programs, and programs that run an app's code: a table. Tells whether a
// command is the server itself or something that only starts it. Starts nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RUNNER_H
#define LOADER_RESOLVE_RUNNER_H

#include "lib/base/base.h"

struct framework;

enum runner_kind {
	RUNNER_NONE,
	RUNNER_STARTER, // npm, env: its work is to start something else
	RUNNER_SHELL,
	RUNNER_RUNTIME, // node, python3: runs an app's code
};

// The kind of a program by its path or name; a version behind the name counts as none: python3.11.
enum runner_kind runner_of(const char *program);

// Whether `program` (ended by NULL) is the server itself: no runner in front, no script of a shell,
// and in the folder of a framework that has a server of its own no other program of a runtime,
// which is a start script. `path` is the PATH by which it is found; NULL: none.
bool runner_is_server(char *const *program, const struct framework *framework, const char *path);

#endif
