// A word of a shell, with its quotes and brackets, and the elements of an array in it. A word's
// text has its continuation lines joined; $'...' became '...', and what stands in $(...), `...` and
// <(...) is left out.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_lex.h"

// Reads the elements of NAME=(...) behind the parenthesis and puts them with their own.
static bool read_elements(struct sh *sh)
{
	struct emulation *emulation = sh->emulation;
	struct sh_lexing outer = sh->lexing;
	enum sh_token token;
	bool good = true, first = true;

	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(emulation, FINDING_TOO_LARGE, sh->at,
			"quotes and brackets inside of each other without end");
	sh->lexing = (struct sh_lexing){.last = SH_WORD,
		.elements = true,
		.discarding = outer.discarding,
		.heredoc_base = sh->heredoc_count};
	scratch_put(emulation, span_of("=("));
	while (good && !emulation_stopped(emulation) && (token = sh_lex_read(sh)) != SH_CLOSE) {
		good = token == SH_NEWLINE || token == SH_WORD || token == SH_ASSIGNMENT;
		if (token == SH_WORD || token == SH_ASSIGNMENT) {
			if (!first)
				scratch_put_byte(emulation, ' ');
			scratch_put(emulation, sh->lexing.word.text);
			first = false;
		}
	}
	scratch_put_byte(emulation, ')');
	sh->lexing = outer;
	sh->line_dropped |= !good;
	sh->depth--;
	return good && !emulation_stopped(emulation);
}

// A word under construction.
struct making {
	size_t begun;
	int byte; // the next one
	bool digits, dollar, quoted, pass, array;
};

// Reads $x, <( and >( at the start of what they begin.
// Returns: 1 when something was read, 0 when not, -1 at an error.
static int take_dollar(struct sh *sh, struct making *making)
{
	size_t begun = scratch_begin(sh->emulation);
	int next = sh_byte_ahead(sh, true);
	const struct sh_pair quotes = {.open = next, .close = next, .escapes = next == '\''};

	if (next == '(' || (making->byte == '$' && (next == '{' || next == '['))) {
		(void)sh_byte(sh, true);
		scratch_put_byte(sh->emulation, (uint8_t)making->byte);
		scratch_put_byte(sh->emulation, (uint8_t)next);
		making->dollar = true;
		return sh_pair_read_dollar(sh, next, false) ? 1 : -1;
	}
	if (making->byte == '$' && (next == '\'' || next == '"')) {
		(void)sh_byte(sh, true);
		if (next == '\'')
			scratch_put_byte(sh->emulation, '$');
		scratch_put_byte(sh->emulation, (uint8_t)next);
		if (!sh_pair_read(sh, &quotes))
			return -1;
		if (next == '\'')
			sh_ansi_rewrite(sh, begun, true);
		making->quoted = true;
		return 1;
	}
	if (making->byte == '$' && next == '$') {
		(void)sh_byte(sh, true);
		scratch_put(sh->emulation, span_of("$$"));
		making->dollar = true;
		return 1;
	}
	return 0;
}

// Reads a quote, or the brackets of an array, at their start.
// Returns: 1 when something was read, 0 when not, -1 at an error.
static int take_pair(struct sh *sh, struct making *making)
{
	struct span text = scratch_since(sh->emulation, making->begun);
	const struct sh_pair quotes = {.open = making->byte, .close = making->byte},
			     subscript = {.open = '[', .close = ']', .subscript = true};
	size_t begun;

	switch (making->byte) {
	case '\'':
	case '"':
	case '`':
		scratch_put_byte(sh->emulation, (uint8_t)making->byte);
		begun = scratch_begin(sh->emulation);
		if (!sh_pair_read(sh, &quotes))
			return -1;
		making->dollar |=
			making->byte == '"' && span_find(scratch_since(sh->emulation, begun), '$');
		making->quoted |= making->byte != '`';
		if (making->byte == '`') {
			scratch_drop(sh->emulation, begun);
			scratch_put_byte(sh->emulation, '`');
		}
		return 1;
	case '$':
	case '<':
	case '>':
		return take_dollar(sh, making);
	case '[':
		if (!(text.length ? sh_reserved_assignment_may_follow(&sh->lexing) &&
					    sh_lex_is_name(text)
				  : sh->lexing.elements))
			return 0;
		scratch_put_byte(sh->emulation, '[');
		return sh_pair_read(sh, &subscript) ? 1 : -1;
	default:
		return 0;
	}
}

// Whether what was put, with = behind it, is the start of an assignment.
static bool begins_assignment(struct sh *sh, struct making *making)
{
	struct span text;
	size_t equals;
	bool begins;

	if (!sh_reserved_assignment_may_follow(&sh->lexing) && !sh->lexing.assignments_follow)
		return false;
	scratch_put_byte(sh->emulation, '=');
	text = scratch_since(sh->emulation, making->begun);
	equals = sh_lex_assignment(text); // its first =, or the + before it
	begins = equals && equals + 1 + (text.at[equals] == '+') == text.length;
	scratch_drop(sh->emulation, scratch_begin(sh->emulation) - 1);
	return begins;
}

// Takes the next bytes of a word.
// Returns: 1 to go on, 0 at its end, -1 at an error.
static int take_part(struct sh *sh, struct making *making)
{
	int byte = making->byte, taken;

	if (byte == '\\') {
		making->quoted = true;
		scratch_put_byte(sh->emulation, '\\');
		making->digits = false;
		byte = sh_byte(sh, false);
		if (byte != SH_NO_BYTE)
			scratch_put_byte(sh->emulation, (uint8_t)byte);
		else if (sh->verbatim_line && sh->end == span_end(emulation_text(sh->emulation)) &&
			 !memchr(sh->verbatim_line, '\n', (size_t)(sh->end - sh->verbatim_line)))
			scratch_drop(sh->emulation, scratch_begin(sh->emulation) - 1);
		return byte != SH_NO_BYTE;
	}
	if (byte == '=' && begins_assignment(sh, making) && sh_byte_ahead(sh, true) == '(') {
		(void)sh_byte(sh, true);
		making->array = true;
		making->digits = false;
		return read_elements(sh) ? 1 : -1;
	}
	taken = take_pair(sh, making);
	if (taken) {
		making->digits = false;
		return taken;
	}
	if (sh_lex_is_meta(byte)) {
		sh->at--;
		return 0;
	}
	making->dollar |= byte == '$';
	making->digits &= ascii_is_digit(byte);
	scratch_put_byte(sh->emulation, (uint8_t)byte);
	return 1;
}

// How many bytes from here are nothing but part of a word.
static size_t word_run(const struct sh *sh)
{
	const uint8_t *at = sh->at;

	while (at < sh->end && !sh_token_is_special(*at) && *at != '=' && *at != '[')
		at++;
	return (size_t)(at - sh->at);
}

static enum sh_token classify(struct sh *sh, const struct making *making)
{
	struct sh_lexing *lexing = &sh->lexing;
	struct span text = scratch_since(sh->emulation, making->begun);

	if (making->digits && text.length < 10 &&
		(making->byte == '<' || making->byte == '>' || lexing->last == SH_DUPLICATE))
		return SH_NUMBER;
	return sh_reserved_token(lexing, text, !making->dollar && !making->quoted);
}

enum sh_token sh_lexword_read(struct sh *sh, int byte)
{
	struct sh_lexing *lexing = &sh->lexing;
	struct making making = {.begun = scratch_begin(sh->emulation),
		.byte = byte,
		.digits = ascii_is_digit(byte)};
	const uint8_t *place = sh->at - 1;
	enum sh_token token;
	struct span text;
	int more = 1;

	while (making.byte != SH_NO_BYTE && (more = take_part(sh, &making)) > 0) {
		size_t run = making.digits ? 0 : word_run(sh);

		scratch_put(sh->emulation, (struct span){sh->at, run});
		sh->at += run;
		making.byte = sh_byte(sh, true);
	}
	if (more < 0)
		return SH_BAD;
	token = classify(sh, &making);
	text = scratch_since(sh->emulation, making.begun);
	if (token == SH_WORD && text.length > 2 && text.at[0] == '{' &&
		text.at[text.length - 1] == '}' && (making.byte == '<' || making.byte == '>') &&
		sh_lex_is_name((struct span){text.at + 1, text.length - 2}))
		token = SH_REDIRECT_NAME;
	if (token != SH_WORD) {
		scratch_drop(sh->emulation, making.begun);
		return token;
	}
	if (sh_reserved_command_may_follow(lexing))
		lexing->assignments_follow |= sh_builtin_declares(text) || span_is(text, "alias") ||
					      span_is(text, "eval") || span_is(text, "let");
	lexing->word = (struct sh_word){.place = place,
		.quoted = making.quoted,
		.array = making.array && text.at[text.length - 1] == ')',
		.equals = (uint32_t)sh_lex_assignment(text)};
	lexing->word.assignment = lexing->word.equals > 0;
	if (lexing->last == SH_FUNCTION)
		lexing->brace_after_name = true;
	if (lexing->last == SH_CASE || lexing->last == SH_SELECT || lexing->last == SH_FOR)
		lexing->expecting_in++;
	if (lexing->word.assignment && sh_reserved_assignment_may_follow(lexing))
		token = SH_ASSIGNMENT;
	lexing->word.text = scratch_end(sh->emulation, making.begun);
	return token;
}
