// What a command line says about the app that it builds or starts: the verb, through npm scripts
// and shell text, and the folder. Each framework has its words, the reader is one. Starts nothing
// and reads no env file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_APPCOMMAND_H
#define LOADER_RESOLVE_APPCOMMAND_H

#include "lib/base/base.h"

#include <limits.h>

struct pool;

#define APPCOMMAND_SCRIPTS_MAX 32 // npm scripts that are read, through those that call others
#define APPCOMMAND_WORDS_MAX 64   // words of one shell command that are looked at

// The later one counts when a command has several: `next build && next start` starts.
enum appcommand_verb {
	APPCOMMAND_NONE,
	APPCOMMAND_DEV,
	APPCOMMAND_BUILD,
	APPCOMMAND_SERVER, // a server that the build left, run by node
	APPCOMMAND_START,
	APPCOMMAND_VERBS, // how many there are
};

// A server that a build left: where its app's env files lie, and its own folder when that is
// another; absolute.
struct appcommand_server {
	char folder[PATH_MAX], output[PATH_MAX];
};

struct appcommand_grammar {
	const char *const *programs; // ended by NULL: "next"
	struct {
		const char *word;
		enum appcommand_verb verb;
		bool elsewhere;          // another process is the server then
	} verbs[8];                      // ended by a word of NULL
	enum appcommand_verb alone;      // of the program without a verb
	const char *const *options;      // those that take a value; ended by NULL
	const char *const *mode_options; // of these, that name the mode; or NULL
	const char *server;              // base name of a server that the build leaves
	// Whether the file at an absolute path is one. Returns: 1 with *ret_server filled, 0, or a
	// negative errno of reading it.
	int (*is_server)(const char *path, struct appcommand_server *ret_server);
};

struct appcommand {
	enum appcommand_verb verb;
	const char *folder; // absolute: where the app's env files lie; NULL: the current folder
	const char *output; // absolute: the folder of APPCOMMAND_SERVER; else NULL
	const char *mode;   // as an option names it; or NULL
	bool direct;        // the program itself is what the verb says, nothing starts it
	bool elsewhere;     // a workspace runner picks the folder, so nobody knows it here
};

// Reads `program` (ended by NULL) as it would run in the current folder.
// Returns: 0, -ENOMEM, or another negative errno of reading package.json or a server.
int appcommand_read(char *const *program, const struct appcommand_grammar *grammar,
	struct pool *pool, struct appcommand *ret_command) must_check;

#endif
