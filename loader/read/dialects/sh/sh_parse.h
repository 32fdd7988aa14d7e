// The grammar of a shell, for the files that read it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_PARSE_H
#define LOADER_READ_DIALECTS_SH_SH_PARSE_H

#include "loader/read/dialects/sh/sh_lex.h"

// Whether a token is the next one.
static inline bool sh_parse_at(struct sh *sh, enum sh_token token)
{
	return sh_lex_peek(sh) == token;
}

// Takes a token if it is the next one.
// Returns: whether it was.
static inline bool sh_parse_take(struct sh *sh, enum sh_token token)
{
	if (!sh_parse_at(sh, token))
		return false;
	sh_lex_next(sh);
	return true;
}

// Takes the ends of empty lines that come next.
static inline void sh_parse_take_newlines(struct sh *sh)
{
	while (sh_parse_take(sh, SH_NEWLINE))
		;
}

// Reads a list; `lines`: one inside of a command, where new lines separate.
// Returns: false at an error; `ret_first` is 0 for an empty list.
bool sh_parse_list(struct sh *sh, bool lines, uint32_t *ret_first);

// Reads the redirections that come next.
// Returns: false at an error.
bool sh_parse_redirections(struct sh *sh);

// Reads a command that begins with a reserved word or a parenthesis; of one that is followed
// `ret_child` is the list in it.
// Returns: false at an error.
bool sh_compound_read(struct sh *sh, enum sh_node_kind *ret_kind, uint32_t *ret_child);

// Reads a function behind the word `function`, or the body of one behind its name and parentheses.
// Returns: false at an error.
bool sh_compound_function(struct sh *sh);
bool sh_compound_function_body(struct sh *sh);

#endif
