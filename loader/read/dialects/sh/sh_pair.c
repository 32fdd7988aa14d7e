// Quotes, brackets and ${...} of a shell, read up to their ends onto the emulation's stack, each
// with its own rule of what ends it. What stands in $(...) and `...` is left out there.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_lex.h"

// Where in ${...} we are; it decides whether quotes in it are quotes when it is in "...".
enum brace_part { PART_NONE, PART_NAME, PART_OPERATOR, PART_WORD, PART_PATTERN };

// What the parentheses after a $ (or < or >) hold is known only in arithmetic; `begun` is where
// the text after the first of them begins.
static bool is_arithmetic(struct span inside)
{
	int depth = 0;

	if (inside.length < 3 || inside.at[0] != '(' || inside.at[inside.length - 2] != ')')
		return false;
	for (size_t i = 1; i + 2 < inside.length; i++) {
		if (inside.at[i] == '(')
			depth++;
		else if (inside.at[i] == ')' && --depth < 0)
			return false;
	}
	return depth == 0;
}

// Reads what follows $( and leaves only its end, or all of an arithmetic expression.
static bool read_substitution(struct sh *sh)
{
	size_t begun = scratch_begin(sh->emulation);
	const struct sh_pair pair = {.open = '(', .close = ')', .arithmetic = true};
	bool ended;

	if (sh_byte_ahead(sh, true) == '(') {
		if (!sh_pair_read(sh, &pair))
			return false;
		if (is_arithmetic(scratch_since(sh->emulation, begun)))
			return true;
	} else {
		ended = sh_parse_substitution(sh);
		scratch_drop(sh->emulation, begun);
		if (!ended)
			return false;
	}
	scratch_drop(sh->emulation, begun);
	scratch_put_byte(sh->emulation, ')');
	return true;
}

bool sh_pair_read_dollar(struct sh *sh, int byte, bool in_double)
{
	const struct sh_pair brace = {.open = '{',
				     .close = '}',
				     .first_close = true,
				     .brace = true,
				     .in_double = in_double},
			     bracket = {.open = '[',
				     .close = ']',
				     .arithmetic = true,
				     .in_double = in_double};

	if (byte == '(')
		return read_substitution(sh);
	return sh_pair_read(sh, byte == '{' ? &brace : &bracket);
}

// Reads a quoted text inside of a pair, behind its opening quote.
static bool read_quoted(
	struct sh *sh, int quote, bool dollar, const struct sh_pair *outer, enum brace_part part)
{
	struct sh_pair pair = {.open = quote,
		.close = quote,
		.escapes = dollar && quote == '\'',
		.in_double = outer->in_double};
	size_t begun = scratch_begin(sh->emulation) - 1 - dollar;

	if (!sh_pair_read(sh, &pair))
		return false;
	if (dollar && quote == '\'') {
		sh_ansi_rewrite(
			sh, begun, !outer->in_double || (part == PART_PATTERN && outer->brace));
	} else if (dollar && quote == '"') {
		struct span text = scratch_end(sh->emulation, begun + 1);

		scratch_drop(sh->emulation, begun);
		scratch_put(sh->emulation, text);
	}
	return true;
}

static enum brace_part part_after(enum brace_part part, int byte, bool first)
{
	bool joins = byte && strchr("#%^,~:-=?+/", byte);

	if (part == PART_NAME && !first && strchr("%#/^,", byte) && byte)
		return PART_PATTERN;
	if (part == PART_NAME && joins)
		return PART_OPERATOR;
	if (part == PART_OPERATOR && !joins)
		return PART_WORD;
	return part;
}

// How many of the next bytes mean nothing in a pair of quotes.
static size_t plain_run(const struct sh *sh, const struct sh_pair *pair)
{
	const uint8_t *at = sh->at;

	if (pair->open == '\'' && !pair->escapes) {
		const uint8_t *quote = memchr(at, '\'', (size_t)(sh->end - at));

		return (size_t)((quote ? quote : sh->end) - at);
	}
	if (pair->open != '"')
		return 0;
	while (at < sh->end && *at != '"' && *at != '\\' && *at != '$' && *at != '`')
		at++;
	return (size_t)(at - sh->at);
}

// What a pair's reader remembers from byte to byte.
struct pair_state {
	size_t begun;
	int depth;
	bool pass, dollar, angle;
	enum brace_part part;
};

// Reads what begins inside of a pair with this byte, if anything does.
// Returns: false when that has no end.
static bool read_nested(
	struct sh *sh, const struct sh_pair *pair, struct pair_state *state, int byte)
{
	const struct sh_pair tick = {.open = '`', .close = '`', .in_double = pair->in_double};
	bool group = pair->open != pair->close, quote = byte == '\'' || byte == '"' || byte == '`';
	bool in_double = pair->in_double || pair->open == '"';
	bool opens = byte == '(' || byte == '{' || byte == '[', starts = false;

	if (group && quote)
		return read_quoted(sh, byte, state->dollar && byte != '`', pair, state->part);
	if (!group && pair->open == '"' && byte == '`') {
		size_t begun = scratch_begin(sh->emulation);

		if (!sh_pair_read(sh, &tick))
			return false;
		scratch_drop(sh->emulation, begun);
		scratch_put_byte(sh->emulation, '`');
		return true;
	}
	if (group && (pair->subscript || pair->brace))
		starts = (state->dollar && opens) || (state->angle && byte == '(');
	else if (group)
		starts = pair->arithmetic && state->dollar && byte == '(';
	else
		starts = pair->open != '`' && state->dollar && opens;
	if (!starts)
		return true;
	if (pair->open == byte)
		state->depth--;
	return sh_pair_read_dollar(sh, byte, in_double);
}

// Takes one byte of a pair.
// Returns: false at an error.
static bool take_byte(struct sh *sh, const struct sh_pair *pair, struct pair_state *state, int byte)
{
	if (state->pass) {
		state->pass = false;
		scratch_put_byte(sh->emulation, (uint8_t)byte);
		return true;
	}
	if (byte == pair->close)
		state->depth--;
	else if (pair->open == byte && (!pair->first_close || (state->dollar && byte == '{')))
		state->depth++;
	scratch_put_byte(sh->emulation, (uint8_t)byte);
	if (!state->depth)
		return true;
	if (pair->open == '\'') {
		state->pass = pair->escapes && byte == '\\';
		return true;
	}
	state->pass = byte == '\\';
	if (pair->brace)
		state->part = part_after(
			state->part, byte, scratch_begin(sh->emulation) - state->begun <= 1);
	if (!read_nested(sh, pair, state, byte))
		return false;
	state->angle = (byte == '<' || byte == '>') && !state->angle;
	state->dollar = byte == '$' && !state->dollar;
	return true;
}

// A line that the shell begins to read inside single quotes gets a newline at its end even where
// the file has none, so that a backslash there is gone.
static void note_line(struct sh *sh, const struct sh_pair *pair, size_t taken)
{
	const uint8_t *newline = pair->open == '\'' ? memrchr(sh->at - taken, '\n', taken) : NULL;

	if (newline && sh->end == span_end(emulation_text(sh->emulation)))
		sh->verbatim_line = newline + 1;
}

bool sh_pair_read(struct sh *sh, const struct sh_pair *pair)
{
	struct pair_state state = {.begun = scratch_begin(sh->emulation),
		.depth = 1,
		.part = pair->brace ? PART_NAME : PART_NONE};
	bool ended = true;

	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(sh->emulation, FINDING_TOO_LARGE, sh->at,
			"quotes and brackets inside of each other without end");
	while (state.depth && ended && !emulation_stopped(sh->emulation)) {
		size_t plain = state.pass || state.dollar ? 0 : plain_run(sh, pair);
		int byte;

		if (plain) {
			scratch_put(sh->emulation, (struct span){sh->at, plain});
			sh->at += plain;
			note_line(sh, pair, plain);
			state.dollar = state.angle = false;
			continue;
		}
		if (state.pass && pair->open != '\'' && sh_byte_ahead(sh, false) == '\n') {
			sh->at++;
			state.pass = false;
			scratch_drop(sh->emulation, scratch_begin(sh->emulation) - 1);
			continue;
		}
		byte = sh_byte(sh, pair->open != '\'' && !state.pass);
		note_line(sh, pair, 1);
		ended = byte != SH_NO_BYTE && take_byte(sh, pair, &state, byte);
		sh->end_met |= byte == SH_NO_BYTE;
	}
	sh->depth--;
	return ended && !emulation_stopped(sh->emulation);
}
