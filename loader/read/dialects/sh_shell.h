// A shell that follows a file without running anything: what its parts share. The lexer makes
// tokens, the parser a small tree of one complete command, the runner walks it; words are expanded
// into text, and whatever would have to be run leaves that text tainted.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SHELL_H
#define LOADER_READ_DIALECTS_SH_SHELL_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct emulation;
struct map;

#define SH_STATUS_UNKNOWN (-1) // of a command that was not run

enum sh_token {
	SH_NONE, // not read yet
	SH_EOF,
	SH_BAD, // a quote or bracket without its end, or a word that is no token
	SH_NEWLINE,
	SH_SEMI,
	SH_AND,
	SH_PIPE,
	SH_OPEN,
	SH_CLOSE,
	SH_AND_AND,
	SH_OR_OR,
	SH_BAR_AND,
	SH_CASE_END,  // ;; ;& ;;&
	SH_REDIRECT,  // an operator that a word follows
	SH_DUPLICATE, // <& >&
	SH_HEREDOC,
	SH_HEREDOC_TABS, // <<-
	SH_DASH,         // after <& or >&
	SH_NUMBER,
	SH_REDIRECT_NAME, // {name} before a redirection
	SH_ARITHMETIC,    // ((...))
	SH_ARITHMETIC_FOR,
	SH_START, // of $(...)
	SH_WORD,
	SH_ASSIGNMENT,
	SH_BANG,
	SH_BRACE_OPEN,
	SH_BRACE_CLOSE,
	SH_CASE,
	SH_CONDITION,
	SH_COPROC,
	SH_DO,
	SH_DONE,
	SH_ELIF,
	SH_ELSE,
	SH_ESAC,
	SH_FI,
	SH_FOR,
	SH_FUNCTION,
	SH_IF,
	SH_IN,
	SH_SELECT,
	SH_THEN,
	SH_TIME,
	SH_TIME_OPTION, // -p or -- after it
	SH_UNTIL,
	SH_WHILE,
};

// Where a redirection leads.
enum sh_direction {
	SH_NO_DIRECTION,
	SH_FROM_FILE,
	SH_FROM_TEXT, // <<<
	SH_TO_FILE,
	SH_TO_DESCRIPTOR,
};

// A word with its continuation lines joined and $'...' rewritten; $(...) and `...` are empty.
struct sh_word {
	struct span text;
	const uint8_t *place;
	uint32_t equals; // of an assignment: where its = or += begins
	bool assignment; // looks like one
	bool leading;    // and stands where it is one
	bool quoted, array;
	enum sh_direction direction; // of a redirection's word
	bool named;                  // the redirection sets a variable: {name}>
};

// A here-document whose lines are still to come.
struct sh_heredoc {
	struct span delimiter;
	bool quoted, strip_tabs;
};

// What the lexer knows beside its place; $(...) and lists of array elements have their own.
struct sh_lexing {
	enum sh_token last, before_last, token; // SH_NONE: the next one is not read yet
	const uint8_t *place;                   // of `token`
	struct sh_word word;
	size_t heredoc_base;
	uint32_t open_braces, expecting_in, esacs;
	bool case_pattern, case_statement, brace_after_name, assignments_follow, elements,
		redirected;
	bool discarding; // only where it ends is of interest
};

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

// ---- the lexer

#define SH_NO_BYTE (-1)

// The next byte; `join`: a backslash before a new line takes both away.
static inline int sh_byte(struct sh *sh, bool join)
{
	while (join && sh->end - sh->at >= 2 && sh->at[0] == '\\' && sh->at[1] == '\n')
		sh->at += 2;
	return sh->at < sh->end ? *sh->at++ : SH_NO_BYTE;
}
static inline int sh_byte_ahead(struct sh *sh, bool join)
{
	int byte = sh_byte(sh, join);

	if (byte != SH_NO_BYTE)
		sh->at--;
	return byte;
}

// The next token, which stays the next one until it is taken.
enum sh_token sh_lex_peek(struct sh *sh);
void sh_lex_next(struct sh *sh);

// Whether a text is a name.
bool sh_lex_is_name(struct span text);

// Where the = or += of an assignment stands.
// Returns: its offset, or 0.
size_t sh_lex_assignment(struct span text);

// ---- $'...'

// Decodes the escapes of $'...' onto the emulation's stack; ends at a NUL.
void sh_ansi_decode(struct sh *sh, struct span text);

// Puts text in single quotes onto the stack.
void sh_ansi_put_quoted(struct sh *sh, struct span text);

// What was put since `begun`, from the $ to the last quote, becomes what it means, in single
// quotes if `quoted`.
void sh_ansi_rewrite(struct sh *sh, size_t begun, bool quoted);

// ---- pairs

// A pair of delimiters.
struct sh_pair {
	int open, close;
	bool first_close; // an opening one inside counts only after $
	bool escapes;     // $'...'
	bool in_double;   // within "..."
	bool subscript, brace, arithmetic;
};

// Reads behind the opening delimiter up to the closing one, and puts both what is there and that.
// Returns: whether there is one.
bool sh_pair_read(struct sh *sh, const struct sh_pair *pair);

// Reads what a $ and `byte`, one of ({[, begin; or < and >, and a parenthesis.
// Returns: whether it ends.
bool sh_pair_read_dollar(struct sh *sh, int byte, bool in_double);

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

// ---- expansion

enum sh_mode {
	SH_TEXT,        // one text, no splitting
	SH_PATTERN,     // the same with what was quoted escaped
	SH_REPLACEMENT, // the same for what replaces a match
	SH_FIELDS,      // split into fields of the shell
};

// Expands onto the emulation's stack, or into fields.
struct sh_expansion {
	struct sh *sh;
	enum sh_mode mode;
	bool tainted;
	bool assigned;   // the right side of an assignment: ~ after ':' too
	bool colon;      // one that is not quoted came last
	bool open;       // a field is begun, though it may be empty
	bool vanishing;  // in "..." with $@, which is no field when nothing is in it
	bool separated;  // white space ends the field when more follows
	size_t begun;    // of the field
	bool arithmetic; // a double quote is no quote
};

// Expands a text; `quoted`: as inside of "...".
void sh_word_expand(struct sh_expansion *x, struct span text, bool quoted);

// Expands a text as a value.
// Returns: the text, which lasts; `ret_tainted` says whether something was not run.
struct span sh_word_value(struct sh *sh, struct span text, bool assigned, bool *ret_tainted);

// Expands a word of a command into fields.
void sh_word_fields(struct sh *sh, struct span text, bool assignment);

// Behind the ) of what a parenthesis before `from` opened.
size_t sh_word_paren_end(struct sh *sh, struct span text, size_t from);

// Behind the word of a list of elements that begins at `from`.
size_t sh_word_end(struct sh *sh, struct span text, size_t from);

// The end of ${...}: the place of its closing brace from inside.
// Returns: the offset, or SIZE_MAX.
size_t sh_word_brace_end(struct sh *sh, struct span text, size_t from);

// Expands ${...} whose inside begins at `*at`; `*at` ends behind its brace.
void sh_brace_expand(struct sh_expansion *x, struct span text, size_t *at, bool quoted);

// The value of a one-letter parameter such as $# or $1.
enum sh_value sh_brace_special(struct sh *sh, struct span name, struct span *ret_value);

// Puts the value of a reference.
void sh_word_put_value(struct sh_expansion *x, struct span value, bool quoted);

// Expands the braces of a word into `texts`.
void sh_braces_expand(struct sh *sh, struct span text);

// Evaluates an expression after its expansion. May abandon the line.
// Returns: its value; `ret_tainted` says that it depends on what is not known.
int64_t sh_arith(struct sh *sh, struct span text, bool *ret_tainted);

// Puts a number onto the stack.
void sh_arith_put(struct sh *sh, int64_t number);

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

// ---- text

// The length of the character at the start of a text that is not empty.
size_t sh_text_step(bool utf8, struct span text);
size_t sh_text_length(struct sh *sh, struct span text);

// Puts a text with the case of the characters that match `pattern` (empty: all) changed; `how` is
// '^', ',' or '~' for the other one.
void sh_text_case(
	struct sh *sh, struct span text, struct span pattern, uint8_t how, bool first_only);

// What is left when the shortest or longest match at one end is taken away.
struct span sh_text_strip(
	struct sh *sh, struct span text, struct span pattern, bool at_end, bool longest);

// Puts a text with matches replaced; `how` is '/' for all, '#' or '%' for one at an end, 0 for the
// first.
void sh_text_replace(
	struct sh *sh, struct span text, struct span pattern, struct span replacement, int how);

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
bool sh_builtin_assign(struct sh *sh, const struct sh_word *word);

#endif
