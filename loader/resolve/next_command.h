// The words of Next.js on a command line, and the standalone server that its build leaves; read by
// appcommand.h.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_NEXT_COMMAND_H
#define LOADER_RESOLVE_NEXT_COMMAND_H

#include "lib/base/base.h"

struct pool;

// The later one counts when a command has several: `next build && next start` starts.
enum next_verb { NEXT_NONE, NEXT_DEV, NEXT_BUILD, NEXT_STANDALONE, NEXT_START };

struct next_command {
	enum next_verb verb;
	const char *folder; // absolute: where the app's env files lie; NULL: the current folder
	const char *output; // absolute: the folder of a standalone server; else NULL
	bool direct;        // the program itself is Next, nothing starts it
	bool elsewhere;     // a workspace runner picks the folder, so nobody knows it here
};

// Reads `program` (ended by NULL) as it would run in the current folder.
// Returns: 0, -ENOMEM, or another negative errno of reading package.json or a server.
int next_command_read(char *const *program, struct pool *pool, struct next_command *ret_command)
	must_check;

#endif
