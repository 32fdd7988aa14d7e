// What the lexer of a shell makes of a file: tokens, words, and what it knows beside its place.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_TOKEN_H
#define LOADER_READ_DIALECTS_SH_SH_TOKEN_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

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

// Whether a byte ends a word, quotes, escapes or begins an expansion, wherever it stands.
static inline bool sh_token_is_special(uint8_t byte)
{
	static const bool special[256] = {['\t'] = true,
		['\n'] = true,
		[' '] = true,
		['"'] = true,
		['$'] = true,
		['&'] = true,
		['\''] = true,
		['('] = true,
		[')'] = true,
		[';'] = true,
		['<'] = true,
		['>'] = true,
		['\\'] = true,
		['`'] = true,
		['|'] = true};

	return special[byte];
}

#endif
