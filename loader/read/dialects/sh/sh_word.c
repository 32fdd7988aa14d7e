// What a shell makes of a word: quotes removed, ~ and $ replaced, split into fields where that is
// asked for. What would have to be run leaves nothing but a taint. ${...} is in sh_brace.c.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"
#include "loader/read/dialects/sh/sh_lex.h"

// ---- fields

static void end_field(struct sh_expansion *x)
{
	struct sh *sh = x->sh;

	x->open = x->separated = false;
	if (!sh_room(sh, &sh->fields, &sh->field_room, sh->field_count, sizeof(*sh->fields)))
		return;
	sh->fields[sh->field_count++] = (struct sh_field){
		.text = scratch_end(sh->emulation, x->begun), .tainted = x->tainted};
	x->begun = scratch_begin(sh->emulation);
}

static void open_field(struct sh_expansion *x)
{
	if (x->mode != SH_FIELDS)
		return;
	if (x->separated)
		end_field(x);
	x->open = true;
}

// Puts text with a backslash before each byte that means something to a pattern, or to what
// replaces a match.
static void put_escaped(struct sh_expansion *x, struct span text, const char *special)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] && strchr(special, text.at[i]))
			scratch_put_byte(x->sh->emulation, '\\');
		scratch_put_byte(x->sh->emulation, text.at[i]);
	}
}

static void put(struct sh_expansion *x, struct span text, bool quoted)
{
	if (!x->vanishing || text.length)
		open_field(x);
	if (quoted && x->mode == SH_PATTERN)
		put_escaped(x, text, "*?[]\\!^-");
	else if (quoted && x->mode == SH_REPLACEMENT)
		put_escaped(x, text, "&\\");
	else
		scratch_put(x->sh->emulation, text);
}

void sh_word_put_value(struct sh_expansion *x, struct span value, bool quoted)
{
	struct span ifs;

	if (x->mode != SH_FIELDS || quoted) {
		if (value.length || quoted)
			put(x, value, quoted);
		return;
	}
	if (sh_variables_get(x->sh, span_of("IFS"), &ifs) != SH_SET)
		ifs = span_of(" \t\n");
	for (size_t i = 0; i < value.length; i++) {
		uint8_t byte = value.at[i];

		if (!span_find(ifs, byte)) {
			put(x, (struct span){value.at + i, 1}, false);
		} else if (byte == ' ' || byte == '\t' || byte == '\n') {
			x->separated = x->open;
		} else {
			x->separated = false;
			open_field(x);
			end_field(x);
		}
	}
}

// ---- $

// Expands the expression inside of $((...)) or $[...].
static void put_arithmetic(struct sh_expansion *x, struct span text, bool quoted)
{
	struct emulation *emulation = x->sh->emulation;
	struct sh_expansion inner = {.sh = x->sh, .arithmetic = true};
	size_t begun = scratch_begin(emulation);
	struct span expression;
	int64_t number;

	sh_word_expand(&inner, text, true);
	expression = scratch_end(emulation, begun);
	if (x->sh->abandoned)
		return;
	if (inner.tainted) {
		if (span_find(expression, '=') ||
			memmem(expression.at, expression.length, "++", 2) ||
			memmem(expression.at, expression.length, "--", 2))
			sh_refuse(x->sh, "an expression depends on what would be run");
		x->tainted = true;
		return;
	}
	number = sh_arith(x->sh, expression, &x->tainted);
	begun = scratch_begin(emulation);
	sh_arith_put(x->sh, number);
	if (!x->sh->abandoned)
		sh_word_put_value(x, scratch_end(emulation, begun), quoted);
	else
		scratch_drop(emulation, begun);
}

// Expands $( and $[ at `*at`, which ends behind them.
static void expand_bracket(struct sh_expansion *x, struct span text, size_t *at, bool quoted)
{
	size_t from = *at + 2, end;
	const uint8_t *close;

	if (text.at[*at + 1] == '[') {
		size_t depth = 1;

		for (end = from; end < text.length; end++)
			if (text.at[end] == '[')
				depth++;
			else if (text.at[end] == ']' && --depth == 0)
				break;
		put_arithmetic(x, (struct span){text.at + from, end - from}, quoted);
		*at = end < text.length ? end + 1 : end;
		return;
	}
	end = sh_extent_paren(x->sh, text, from);
	close = text.at + end - 1;
	if (end > from + 2 && text.at[from] == '(' && close[0] == ')' && close[-1] == ')')
		put_arithmetic(x, span_between(text.at + from + 1, close - 1), quoted);
	else
		x->tainted = true;
	*at = end;
}

// Expands what a $ at `*at` begins; `*at` ends behind it.
static void expand_dollar(struct sh_expansion *x, struct span text, size_t *at, bool quoted)
{
	uint8_t next = *at + 1 < text.length ? text.at[*at + 1] : 0;
	size_t length = 1;
	struct span name, value = span_of("");
	enum sh_value known;

	if (next == '{') {
		*at += 2;
		sh_brace_expand(x, text, at, quoted);
		return;
	}
	if (next == '(' || next == '[') {
		expand_bracket(x, text, at, quoted);
		return;
	}
	name = (struct span){text.at + *at + 1, next ? 1 : 0};
	if (sh_lex_is_name(name)) {
		while (*at + 1 + length < text.length &&
			sh_lex_is_name((struct span){name.at, length + 1}))
			length++;
		name.length = length;
		known = sh_variables_get(x->sh, name, &value);
	} else if (next && strchr("0123456789@*#?-$!", next)) {
		known = sh_brace_special(x->sh, name, &value);
	} else {
		put(x, (struct span){text.at + *at, 1}, quoted);
		*at += 1;
		return;
	}
	emulation_work(x->sh->emulation, length);
	*at += 1 + length;
	x->tainted |= known == SH_TAINTED;
	if (known == SH_SET)
		sh_word_put_value(x, value, quoted);
	else if (known == SH_UNSET && next != '@' && next != '*')
		sh_need(x->sh);
}

// ---- quotes

// Whether a backslash before this byte means something inside of "...".
static bool is_escaped_in_double(uint8_t byte)
{
	return byte == '$' || byte == '`' || byte == '"' || byte == '\\' || byte == '\n';
}

// Expands text as inside of "...". Without `closed` it is the word of a ${...} in quotes, or an
// expression, where quotes go away and \} is a brace.
// Returns: the offset behind it.
static size_t expand_double(struct sh_expansion *x, struct span text, size_t at, bool closed)
{
	bool inner = false;

	while (at < text.length && !emulation_stopped(x->sh->emulation) && !x->sh->abandoned) {
		uint8_t byte = text.at[at], next = at + 1 < text.length ? text.at[at + 1] : 0;
		size_t run = at;

		if (byte == '"' && closed)
			return at + 1;
		if (byte == '"') {
			inner = !inner;
			at++;
		} else if (byte == '\\' && at + 1 < text.length) {
			bool drop = is_escaped_in_double(next) ||
				    (!closed && (next == '}' || (inner && !x->arithmetic)));

			put(x, (struct span){text.at + at + drop, (size_t)2 - drop}, true);
			at += 2;
		} else if (byte == '`') {
			x->tainted = true;
			at = sh_extent_tick(text, at + 1);
		} else if (byte == '$') {
			expand_dollar(x, text, &at, true);
		} else {
			do
				run++;
			while (run < text.length && text.at[run] != '"' && text.at[run] != '\\' &&
				text.at[run] != '`' && text.at[run] != '$');
			put(x, (struct span){text.at + at, run - at}, true);
			at = run;
		}
	}
	return at;
}

// Expands the quoted text at `at`.
// Returns: the offset behind it.
static size_t expand_quoted(struct sh_expansion *x, struct span text, size_t at)
{
	const uint8_t *quote;
	struct span inside = span_after(text, at + 1);

	if (text.at[at] == '"') {
		inside.length = sh_extent_double(x->sh, text, at + 1) - at - 1;
		x->vanishing = memmem(inside.at, inside.length, "$@", 2) ||
			       memmem(inside.at, inside.length, "${@", 3);
		if (!x->vanishing)
			open_field(x);
		at = expand_double(x, text, at + 1, true);
		x->vanishing = false;
		return at;
	}
	quote = span_find(inside, '\'');
	if (quote)
		inside = span_between(inside.at, quote);
	put(x, inside, true);
	return at + 1 + inside.length + (quote != NULL);
}

// ---- ~

// Expands a ~ at `at`.
// Returns: the offset behind it.
static size_t expand_tilde(struct sh_expansion *x, struct span text, size_t at)
{
	size_t end = at;
	struct span value;
	enum sh_value known;

	while (end < text.length && text.at[end] != '/' && !(x->assigned && text.at[end] == ':') &&
		!memchr("\\'\"", text.at[end], 3))
		end++;
	emulation_work(x->sh->emulation, end - at);
	known = end < text.length && memchr("\\'\"", text.at[end], 3)
			? SH_UNSET
			: sh_tilde_value(x->sh, (struct span){text.at + at, end - at}, &value);
	if (known == SH_UNSET) {
		put(x, (struct span){text.at + at, 1}, false);
		return at + 1;
	}
	x->tainted |= known == SH_TAINTED;
	if (known == SH_SET)
		put(x, value, true);
	return end;
}

// ---- words

// Behind the bytes from `at` on that stand for themselves outside of quotes.
static size_t plain_end(struct span text, size_t at)
{
	static const bool special[256] = {['"'] = true,
		['$'] = true,
		['\''] = true,
		['<'] = true,
		['>'] = true,
		['\\'] = true,
		['`'] = true,
		['~'] = true};

	while (at < text.length && !special[text.at[at]])
		at++;
	return at;
}

// Expands what stands at `at` outside of quotes.
// Returns: the offset behind it.
static size_t expand_part(struct sh_expansion *x, struct span text, size_t at)
{
	uint8_t byte = text.at[at], next = at + 1 < text.length ? text.at[at + 1] : 0;
	size_t run = at + 1;
	bool colon = x->colon;

	x->colon = false;
	switch (byte) {
	case '\\':
		put(x, (struct span){text.at + at + (run < text.length), 1}, true);
		return run < text.length ? at + 2 : at + 1;
	case '\'':
	case '"':
		return expand_quoted(x, text, at);
	case '$':
		expand_dollar(x, text, &at, false);
		x->colon = false; // one inside of ${...} is not before what follows it
		return at;
	case '`':
		x->tainted = true;
		return sh_extent_tick(text, at + 1);
	case '<':
	case '>':
		if (next == '(') {
			x->tainted = true;
			return sh_extent_paren(x->sh, text, at + 2);
		}
		break;
	case '~':
		if (at == 0 || (x->assigned && colon))
			return expand_tilde(x, text, at);
		break;
	default:
		run = plain_end(text, run);
		x->colon = text.at[run - 1] == ':';
	}
	put(x, (struct span){text.at + at, run - at}, false);
	return run;
}

void sh_word_expand(struct sh_expansion *x, struct span text, bool quoted)
{
	size_t at = 0;

	if (++x->sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(x->sh->emulation, FINDING_TOO_LARGE, x->sh->place,
			"${...} inside of each other without end");
	if (quoted)
		(void)expand_double(x, text, 0, false);
	while (!quoted && at < text.length && !emulation_stopped(x->sh->emulation) &&
		!x->sh->abandoned)
		at = expand_part(x, text, at);
	x->sh->depth--;
}

struct span sh_word_value(struct sh *sh, struct span text, bool assigned, bool *ret_tainted)
{
	struct sh_expansion x = {.sh = sh, .assigned = assigned};
	size_t begun = scratch_begin(sh->emulation);
	struct span value;

	sh_word_expand(&x, text, false);
	*ret_tainted = x.tainted;
	value = scratch_end(sh->emulation, begun);
	return value;
}

void sh_word_fields(struct sh *sh, struct span text, bool assignment)
{
	size_t mark = scratch_begin(sh->emulation), count = sh->field_count;
	struct sh_expansion x = {.sh = sh, .mode = SH_FIELDS, .begun = mark};
	size_t equals = assignment ? sh_lex_assignment(text) : 0;

	if (equals) { // a ~ behind the = counts, as if this were an assignment
		equals += (size_t)1 + (text.at[equals] == '+');
		sh_word_expand(&x, (struct span){text.at, equals}, false);
		x.assigned = true;
		text = span_after(text, equals);
	}
	sh_word_expand(&x, text, false);
	if (x.open)
		end_field(&x);
	for (size_t i = count; x.tainted && i < sh->field_count; i++)
		sh->fields[i].tainted = true;
	if (x.tainted && count == sh->field_count)
		end_field(&x);
	scratch_drop(sh->emulation, mark);
}
