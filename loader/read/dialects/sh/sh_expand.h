// From words to texts: what the parts of a word stand for, where each of them ends, and what is
// computed and replaced on the way.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_EXPAND_H
#define LOADER_READ_DIALECTS_SH_SH_EXPAND_H

#include "loader/read/dialects/sh/sh_shell.h"

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

// The value of a home-directory prefix such as ~ or ~root.
// Returns: SH_UNSET where it means nothing.
enum sh_value sh_tilde_value(struct sh *sh, struct span prefix, struct span *ret_value);

// ---- where things end

// Behind the ) of what a parenthesis before `from` opened.
size_t sh_extent_paren(struct sh *sh, struct span text, size_t from);

// Behind the word of a list of elements that begins at `from`.
size_t sh_extent_word(struct sh *sh, struct span text, size_t from);

// The end of ${...}: the place of its closing brace from inside.
// Returns: the offset, or SIZE_MAX.
size_t sh_extent_brace(struct sh *sh, struct span text, size_t from);

// Behind the ` or the " that ends what begins at `from`.
size_t sh_extent_tick(struct span text, size_t from);
size_t sh_extent_double(struct sh *sh, struct span text, size_t from);

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

#endif
