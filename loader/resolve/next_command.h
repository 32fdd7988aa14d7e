// What a command line says about the Next.js app that it builds or starts: the verb, through npm
// scripts and shell text, and the folder. Starts nothing and reads no env file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_NEXT_COMMAND_H
#define LOADER_RESOLVE_NEXT_COMMAND_H

#include "lib/base/base.h"

struct pool;

#define NEXT_COMMAND_SCRIPTS_MAX 32 // npm scripts that are read, through those that call others
#define NEXT_COMMAND_WORDS_MAX 64   // words of one shell command that are looked at

// The later one counts when a command has several: `next build && next start` starts.
enum next_verb { NEXT_NONE, NEXT_DEV, NEXT_BUILD, NEXT_STANDALONE, NEXT_START };

struct next_command {
	enum next_verb verb;
	const char *folder; // absolute: where the app's env files lie; NULL: the current folder
	const char *output; // absolute: the folder of a standalone server; else NULL
	bool elsewhere;     // a workspace runner picks the folder, so nobody knows it here
};

// Reads `program` (ended by NULL) as it would run in the current folder.
// Returns: 0 or -ENOMEM.
int next_command_read(char *const *program, struct pool *pool, struct next_command *ret_command)
	must_check;

#endif
