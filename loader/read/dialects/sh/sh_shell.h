// A shell that follows a file without running anything: what its parts share. The lexer makes
// tokens, the parser a small tree of one complete command, the runner walks it; words are expanded
// into text, and whatever would have to be run leaves that text tainted.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_SHELL_H
#define LOADER_READ_DIALECTS_SH_SH_SHELL_H

#include "lib/base/base.h"
#include "loader/read/dialects/sh/sh_token.h"

struct emulation;
struct map;

#define SH_STATUS_UNKNOWN (-1) // of a command that was not run

enum sh_node_kind {
	SH_SIMPLE,
	SH_GROUP,    // { list; }
	SH_SUBSHELL, // (list), a | b: sets nothing here
	SH_COMPOUND, // if, for, while, case, [[, ((, functions: not followed
};

enum sh_joint {
	SH_THEN_RUN, // ; or a new line
	SH_IF_DONE,  // &&
	SH_IF_FAILED // ||
};

// A command of a list.
struct sh_node {
	enum sh_node_kind kind;
	enum sh_joint joint;        // with the one before it
	bool negated, background;   // background: this one and those that && and || join to it
	uint32_t words, word_count; // of SH_SIMPLE
	uint32_t child, next;       // indices of nodes, 0: none
	const uint8_t *place;
};

// A variable that is not simply set and exported.
struct sh_variable {
	struct span name, value;
	bool set, exported, readonly, array, tainted, integer, upper, lower;
};

// A word of a command after its expansion.
struct sh_field {
	struct span text;
	bool tainted;
	bool elements; // NAME of a NAME=(...), which is done already
};

struct sh {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t *verbatim_line; // the last line of the file that begins inside '...'
	struct sh_lexing lexing;
	uint32_t depth;
	bool end_met;      // while something was open
	bool line_dropped; // a list of elements is wrong: the line is not run

	struct sh_word *words;
	size_t word_count, word_room;
	struct sh_node *nodes;
	size_t node_count, node_room;
	struct sh_heredoc *heredocs;
	size_t heredoc_count, heredoc_room;
	struct sh_field *fields;
	size_t field_count, field_room;

	struct span *texts; // what braces make of a word
	size_t text_count, text_room;

	struct map *names; // of `variables`
	struct sh_variable *variables;
	size_t variable_count, variable_room;
	struct sh_field last_argument; // $_
	const uint8_t *place;          // of what is run
	int status;
	uint32_t guards;     // && || and ! around what is run, under which set -e does nothing
	bool export_all;     // set -a
	bool exits_on_error; // set -e
	bool needs_set;      // set -u
	bool forked;         // something ran in the background
	bool abandoned;      // an error: the rest of the line is not run
	bool returned;
	bool parameters; // set -- gave some
};

// Makes room in a growing array of the shell.
// Returns: whether there is; else the emulation was stopped.
bool sh_room(struct sh *sh, void *array, size_t *room, size_t count, size_t size);

// Stops because something would have to be run, or ends the line as an error of the shell does.
void sh_refuse(struct sh *sh, const char *text);
void sh_abandon(struct sh *sh);

// Stops as the shell would, which loses everything.
void sh_end(struct sh *sh, const char *text);

// Ends the shell under `set -u`, where a variable is not set.
void sh_need(struct sh *sh);

// ---- the parser

enum sh_parsed {
	SH_PARSED_NOTHING, // the end of the file
	SH_PARSED,
	SH_PARSED_BAD,
	SH_PARSED_DROPPED, // an error that loses this line only
};

// Reads one complete command.
enum sh_parsed sh_parse(struct sh *sh, uint32_t *ret_first);

// Reads what is in $(...) up to its end, only to know where that is.
// Returns: whether it ends.
bool sh_parse_substitution(struct sh *sh);

// ---- variables

enum sh_value {
	SH_UNSET,
	SH_SET,
	SH_TAINTED, // depends on the machine, the process or a command
};

// Whether the shell has, or watches, a variable by itself.
bool sh_variables_special(struct span name);

// What a variable holds.
enum sh_value sh_variables_get(struct sh *sh, struct span name, struct span *ret_value);

// Whether a variable has an attribute: then there is one, though it may not be set.
bool sh_variables_declared(const struct sh *sh, struct span name);

// Sets a variable; `added`: what `+=` does. May abandon the line.
// Returns: whether it may be set.
bool sh_variables_set(struct sh *sh, struct span name, struct span value, bool added);

// The row of an odd variable, made when it is not there.
// Returns: the row or NULL when memory is short.
struct sh_variable *sh_variables_odd(struct sh *sh, struct span name);

// Brings the results in line with what a row says now.
void sh_variables_publish(struct sh *sh, const struct sh_variable *variable);

// Makes a variable an array, which is never exported; `first` is its first element.
void sh_variables_set_array(struct sh *sh, struct span name, struct sh_field first);

// Whether text is UTF-8 to the shell.
bool sh_variables_utf8(struct sh *sh);

// ---- redirections

enum sh_redirected {
	SH_WORKS,
	SH_FAILS,
	SH_MAY_WORK,
};

// Judges the redirections among the words of a command; `forks`: one that has no other words.
// Returns: whether all of them would work.
enum sh_redirected sh_redirect(
	struct sh *sh, const struct sh_word *words, size_t count, bool forks);

// ---- commands

// Runs the command in the fields: a builtin that matters, or nothing.
// Returns: its status.
int sh_builtin_run(struct sh *sh, const struct sh_word *words, size_t count);

// Whether a command is one of the shell that is known here.
bool sh_builtin_exists(struct span name);

// Whether a command's arguments may be assignments.
bool sh_builtin_declares(struct span name);

// Whether a command of that name could change something.
bool sh_builtin_matters(struct span name);

// Assigns as a word says: NAME=value, NAME+=value, NAME[0]=value, NAME=(...).
// Returns: whether it could.
bool sh_assign_word(struct sh *sh, const struct sh_word *word);

// Reads a line that only sets a variable to a plain value, or does nothing, as most lines do.
// Returns: whether it was one; if not, nothing was read.
bool sh_plain_read(struct sh *sh);

#endif
