// The compound commands of a shell: if, for, while, case, functions. They are not followed, only
// read up to their end; but for { list; }, which is.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_parse.h"

bool sh_compound_function_body(struct sh *sh)
{
	enum sh_node_kind kind;
	uint32_t child;

	sh_parse_take_newlines(sh);
	return sh_compound_read(sh, &kind, &child) && sh_parse_redirections(sh);
}

static bool parse_until(struct sh *sh, enum sh_token end)
{
	uint32_t first;

	return sh_parse_list(sh, true, &first) && sh_parse_take(sh, end);
}

static bool parse_if(struct sh *sh)
{
	if (!parse_until(sh, SH_THEN))
		return false;
	for (;;) {
		uint32_t first;

		if (!sh_parse_list(sh, true, &first))
			return false;
		if (sh_parse_take(sh, SH_FI))
			return true;
		if (sh_parse_take(sh, SH_ELSE))
			return parse_until(sh, SH_FI);
		if (!sh_parse_take(sh, SH_ELIF) || !parse_until(sh, SH_THEN))
			return false;
	}
}

// Reads `do ... done` or `{ ... }`.
static bool parse_loop_body(struct sh *sh)
{
	if (sh_parse_take(sh, SH_DO))
		return parse_until(sh, SH_DONE);
	return sh_parse_take(sh, SH_BRACE_OPEN) && parse_until(sh, SH_BRACE_CLOSE);
}

// Reads the rest of a for or select behind that word.
static bool parse_for(struct sh *sh)
{
	if (sh_parse_take(sh, SH_ARITHMETIC_FOR)) {
		if (sh_parse_take(sh, SH_SEMI) || sh_parse_at(sh, SH_NEWLINE))
			sh_parse_take_newlines(sh);
		return parse_loop_body(sh);
	}
	if (!sh_parse_take(sh, SH_WORD))
		return false;
	if (sh_parse_take(sh, SH_SEMI)) {
		sh_parse_take_newlines(sh);
		return parse_loop_body(sh);
	}
	sh_parse_take_newlines(sh);
	if (sh_parse_take(sh, SH_IN)) {
		while (sh_parse_take(sh, SH_WORD))
			;
		if (!sh_parse_take(sh, SH_SEMI) && !sh_parse_at(sh, SH_NEWLINE))
			return false;
		sh_parse_take_newlines(sh);
	}
	return parse_loop_body(sh);
}

// Reads the patterns of a case and the ) behind them.
static bool parse_patterns(struct sh *sh)
{
	(void)sh_parse_take(sh, SH_OPEN);
	do
		if (!sh_parse_take(sh, SH_WORD))
			return false;
	while (sh_parse_take(sh, SH_PIPE));
	return sh_parse_take(sh, SH_CLOSE);
}

static bool parse_case(struct sh *sh)
{
	uint32_t first;

	if (!sh_parse_take(sh, SH_WORD))
		return false;
	sh_parse_take_newlines(sh);
	if (!sh_parse_take(sh, SH_IN))
		return false;
	sh_parse_take_newlines(sh);
	while (!sh_parse_take(sh, SH_ESAC)) {
		if (!parse_patterns(sh))
			return false;
		sh_parse_take_newlines(sh);
		if (!sh_parse_at(sh, SH_CASE_END) && !sh_parse_at(sh, SH_ESAC) &&
			!sh_parse_list(sh, true, &first))
			return false;
		if (sh_parse_take(sh, SH_CASE_END))
			sh_parse_take_newlines(sh);
		else if (!sh_parse_at(sh, SH_ESAC))
			return false;
	}
	return true;
}

bool sh_compound_function(struct sh *sh)
{
	if (!sh_parse_take(sh, SH_WORD))
		return false;
	if (sh_parse_take(sh, SH_OPEN) && !sh_parse_take(sh, SH_CLOSE))
		return false;
	return sh_compound_function_body(sh);
}

bool sh_compound_read(struct sh *sh, enum sh_node_kind *ret_kind, uint32_t *ret_child)
{
	enum sh_token token = sh_lex_peek(sh);

	*ret_kind = SH_COMPOUND;
	sh_lex_next(sh);
	switch (token) {
	case SH_FOR:
	case SH_SELECT:
		return parse_for(sh);
	case SH_CASE:
		return parse_case(sh);
	case SH_WHILE:
	case SH_UNTIL:
		return parse_until(sh, SH_DO) && parse_until(sh, SH_DONE);
	case SH_IF:
		return parse_if(sh);
	case SH_OPEN:
		*ret_kind = SH_SUBSHELL;
		return parse_until(sh, SH_CLOSE);
	case SH_BRACE_OPEN:
		*ret_kind = SH_GROUP;
		return sh_parse_list(sh, true, ret_child) && sh_parse_take(sh, SH_BRACE_CLOSE);
	case SH_ARITHMETIC:
		return true;
	case SH_CONDITION:
		sh_refuse(sh, "[[ ]] is not followed");
		return false;
	default:
		return false;
	}
}
