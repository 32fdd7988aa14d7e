// The tokens of a shell: operators, the words between them, and here-documents, which are skipped.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_lex.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// ---- bytes

bool sh_lex_is_name(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!ascii_is_name(text.at[i], i == 0))
			return false;
	return text.length > 0;
}

// Behind the ] of a subscript that begins at `from`; 0: it has none.
static size_t subscript_end(struct span text, size_t from)
{
	size_t depth = 0;

	for (size_t i = from; i < text.length; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '[')
			depth++;
		else if (text.at[i] == ']' && --depth == 0)
			return i + 1;
	}
	return 0;
}

size_t sh_lex_assignment(struct span text)
{
	size_t i = 0;

	while (i < text.length && ascii_is_name(text.at[i], i == 0))
		i++;
	if (i && i < text.length && text.at[i] == '[')
		i = subscript_end(text, i);
	if (!i || i >= text.length)
		return 0;
	if (text.at[i] == '=' ||
		(text.at[i] == '+' && i + 1 < text.length && text.at[i + 1] == '='))
		return i;
	return 0;
}

// ---- here-documents

// Reads the lines of the here-documents that were announced.
static void skip_heredocs(struct sh *sh)
{
	for (size_t i = sh->lexing.heredoc_base; i < sh->heredoc_count; i++) {
		const struct sh_heredoc *heredoc = &sh->heredocs[i];
		bool found = false;

		while (!found && sh->at < sh->end) {
			size_t begun = scratch_begin(sh->emulation);
			int byte;

			while (heredoc->strip_tabs && sh_byte_ahead(sh, false) == '\t')
				sh->at++;
			while ((byte = sh_byte(sh, !heredoc->quoted)) != SH_NO_BYTE && byte != '\n')
				scratch_put_byte(sh->emulation, (uint8_t)byte);
			found = span_equal(scratch_since(sh->emulation, begun), heredoc->delimiter);
			if (!heredoc->quoted && !found && !sh->lexing.discarding &&
				memmem(scratch_since(sh->emulation, begun).at,
					scratch_since(sh->emulation, begun).length, "${", 2))
				sh_refuse(sh, "a here-document with ${...} is not followed");
			scratch_drop(sh->emulation, begun);
		}
	}
	sh->heredoc_count = sh->lexing.heredoc_base;
}

// ---- operators

// Reads (( where an arithmetic command may stand.
static enum sh_token read_double_paren(struct sh *sh)
{
	const struct sh_pair pair = {.open = '(', .close = ')', .arithmetic = true};
	const uint8_t *inside = sh->at;
	size_t begun = scratch_begin(sh->emulation);
	bool loop = sh->lexing.last == SH_FOR, good;

	(void)sh_byte(sh, true);
	good = sh_pair_read(sh, &pair);
	scratch_drop(sh->emulation, begun);
	if (!good)
		return SH_BAD;
	if (sh_byte(sh, false) == ')')
		return loop ? SH_ARITHMETIC_FOR : SH_ARITHMETIC;
	sh->at = inside;
	return loop ? SH_BAD : SH_OPEN;
}

static enum sh_token read_angle(struct sh *sh, int byte, int next)
{
	if (next == byte) {
		(void)sh_byte(sh, true);
		if (byte == '>')
			return SH_REDIRECT;
		if (sh_byte_ahead(sh, true) == '<') {
			(void)sh_byte(sh, true);
			return SH_REDIRECT;
		}
		if (sh_byte_ahead(sh, true) != '-')
			return SH_HEREDOC;
		(void)sh_byte(sh, true);
		return SH_HEREDOC_TABS;
	}
	if (next == '&') {
		(void)sh_byte(sh, true);
		return SH_DUPLICATE;
	}
	if ((byte == '<' && next == '>') || (byte == '>' && next == '|'))
		(void)sh_byte(sh, true);
	return SH_REDIRECT;
}

// Reads what begins with ; or & or |.
static enum sh_token read_separator(struct sh *sh, int byte, int next)
{
	bool doubled = next == byte;

	if (!doubled && next != (byte == '&' ? '>' : '&'))
		return byte == ';' ? SH_SEMI : byte == '&' ? SH_AND : SH_PIPE;
	(void)sh_byte(sh, true);
	switch (byte) {
	case ';':
		sh->lexing.case_pattern = true;
		if (doubled && sh_byte_ahead(sh, true) == '&')
			(void)sh_byte(sh, true);
		return SH_CASE_END;
	case '&':
		if (!doubled && sh_byte_ahead(sh, true) == '>')
			(void)sh_byte(sh, true);
		return doubled ? SH_AND_AND : SH_REDIRECT;
	default:
		return doubled ? SH_OR_OR : SH_BAR_AND;
	}
}

// Reads an operator that begins with `byte`.
// Returns: it, or SH_WORD for <( and >(.
static enum sh_token read_operator(struct sh *sh, int byte)
{
	struct sh_lexing *lexing = &sh->lexing;
	int next = sh_byte_ahead(sh, true);

	lexing->assignments_follow = false;
	switch (byte) {
	case '<':
	case '>':
		return next == '(' ? SH_WORD : read_angle(sh, byte, next);
	case ';':
	case '&':
	case '|':
		return read_separator(sh, byte, next);
	case '(':
		if (next == '(' && (lexing->last == SH_FOR || sh_reserved_may_follow(lexing)))
			return read_double_paren(sh);
		return SH_OPEN;
	default:
		if (lexing->last == SH_OPEN && lexing->before_last == SH_WORD)
			lexing->brace_after_name = true;
		lexing->case_pattern = false;
		return SH_CLOSE;
	}
}

enum sh_token sh_lex_read(struct sh *sh)
{
	struct sh_lexing *lexing = &sh->lexing;
	enum sh_token token;
	int byte;

	do
		byte = sh_byte(sh, true);
	while (ascii_is_blank(byte));
	lexing->place = byte == SH_NO_BYTE ? sh->end : sh->at - 1;
	if (byte == '#') {
		sh->at = span_line_end(sh->at, sh->end);
		byte = sh->at < sh->end ? sh_byte(sh, false) : '\n';
	}
	if (byte == SH_NO_BYTE) {
		sh->end_met = true;
		return SH_EOF;
	}
	if (byte == '\n') {
		skip_heredocs(sh);
		lexing->assignments_follow = false;
		return SH_NEWLINE;
	}
	if (sh_lex_is_meta(byte) && (token = read_operator(sh, byte)) != SH_WORD)
		return token;
	if (byte == '-' && lexing->last == SH_DUPLICATE)
		return SH_DASH;
	return sh_lexword_read(sh, byte);
}

enum sh_token sh_lex_peek(struct sh *sh)
{
	struct sh_lexing *lexing = &sh->lexing;
	enum sh_token token;

	if (emulation_stopped(sh->emulation))
		return SH_BAD;
	if (lexing->token != SH_NONE)
		return lexing->token;
	token = sh_lex_read(sh);
	lexing->before_last = lexing->last;
	lexing->last = token;
	return lexing->token = token;
}

void sh_lex_next(struct sh *sh)
{
	sh->lexing.token = SH_NONE;
}
