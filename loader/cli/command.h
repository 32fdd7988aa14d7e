// What a command is: a row that dispatch, usage and completions are generated from. Each
// cmd_VERB.c exports one.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_COMMAND_H
#define LOADER_CLI_COMMAND_H

#include "loader/cli/options.h"

struct json_t;

// The moments by which `help` groups the commands.
enum command_moment {
	COMMAND_BEFORE_START,
	COMMAND_START,
	COMMAND_RUNNING,
	COMMAND_TOKENS,
	COMMAND_FILES,
	COMMAND_HELP,
	COMMAND_MOMENTS, // how many there are
};

// What `beside` is for a command that may start a verifier.
#define COMMAND_BESIDE_PRIVATE \
	"with --private-verifier also the options of samekey run that say what is\n" \
	"resolved, such as --name, --mode and --dotenv"

struct command {
	const char *name;
	enum command_moment moment;
	const char *synopsis;      // what follows the name: "[OPTION]... -- COMMAND [ARGUMENT]..."
	const char *summary;       // one line for the list of commands, no final dot
	const char *details;       // paragraphs for `help NAME`, ended by a newline
	const char *const *groups; // groups of options it takes, ended by NULL; see options_rows.c
	bool settings;             // takes samekey.ini's settings as options
	bool takes_program;        // takes "-- COMMAND..."
	size_t max_arguments;      // words beside options
	const char *beside;        // it asks a verifier: what its help says instead of listing the
				   // options that are for resolving; or NULL

	// Runs it. Returns: an exit code (lib/base/exit.h).
	int (*run)(const struct options *options, struct pool *pool);
};

// Every command, ended by NULL.
extern const struct command *const command_table[];

// Finds a command by name.
// Returns: the command or NULL.
const struct command *command_find(const char *name);

// Prints a failure as people read it (stderr): what, where, hint.
void command_complain(const struct err *err);

// Says that memory ran out.
// Returns: EXIT_TRY_AGAIN.
int command_no_memory(void);

// Prints a failure, with --json also as JSON on stdout: {"v":1,"error":{"exit","where","text",
// "hint"}}.
// Returns: `exit`, or EXIT_TRY_AGAIN when memory ran out.
int command_fail(const struct options *options, const struct err *err, int exit);

// Prints as command_fail does that the words of the command line do not fit; `where` and `hint` may
// be NULL.
// Returns: EXIT_USAGE, or EXIT_TRY_AGAIN when memory ran out.
int command_misuse(
	const struct options *options, const char *where, const char *what, const char *hint);

// Prints JSON and a line end on stdout and drops the caller's reference; NULL means that memory
// ran out. Whether stdout took it all, main sees at its end.
// Returns: `exit`, or EXIT_TRY_AGAIN when memory ran out.
int command_print_json(struct json_t *json, int exit);

// Which exit code a failure means (lib/base/exit.h): a negative errno, or a positive outcome of
// asking the verifier or a program of ours.
// Returns: EXIT_OK for 0; EXIT_UNAVAILABLE for an outcome; of an errno EXIT_SETTINGS, EXIT_DATA,
// EXIT_DENIED or EXIT_TRY_AGAIN, and EXIT_NO_INPUT for any that has none of its own.
int command_exit_code(int code);

#endif
