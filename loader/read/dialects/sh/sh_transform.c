// What the operators of ${...} make of a value: a part of it, another text for what matches a
// pattern, another case, a way to write it.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_brace.h"
#include "loader/read/dialects/sh/sh_lex.h"

static void put_result(struct sh_brace *brace, size_t begun)
{
	struct span result = scratch_end(brace->x->sh->emulation, begun);

	sh_word_put_value(brace->x, result, brace->quoted);
}

// The number that an offset or a length of ${NAME:...} is.
static int64_t number_of(struct sh_brace *brace, struct span text)
{
	struct sh_expansion inner = {.sh = brace->x->sh, .arithmetic = true};
	struct emulation *emulation = brace->x->sh->emulation;
	size_t begun = scratch_begin(emulation);
	struct span expression;

	sh_word_expand(&inner, text, true);
	expression = scratch_end(emulation, begun);
	if (inner.tainted)
		sh_refuse(brace->x->sh, "an expression depends on what would be run");
	return sh_arith(brace->x->sh, expression, &brace->x->tainted);
}

// Behind what begins at `at`: a quoted text, ${...}, $(...), or just a byte.
static size_t part_end(struct sh_brace *brace, struct span text, size_t at)
{
	uint8_t byte = text.at[at], next = at + 1 < text.length ? text.at[at + 1] : 0;
	size_t end;

	if (byte == '\\')
		return at + 2;
	if (byte == '$' && next == '(')
		return sh_extent_paren(brace->x->sh, text, at + 2);
	if (byte == '$' && next == '{') {
		end = sh_extent_brace(brace->x->sh, text, at + 2);
		return end == SIZE_MAX ? text.length : end + 1;
	}
	if (byte != '\'' && byte != '"' && byte != '`')
		return at + 1;
	for (at++; at < text.length && text.at[at] != byte; at++)
		at += text.at[at] == '\\' && byte != '\'';
	return at + 1;
}

// Where `delimiter` first stands outside of quotes and brackets.
static size_t find_delimiter(struct sh_brace *brace, struct span text, size_t at, uint8_t delimiter)
{
	int conditions = 0, depth = 0;

	for (; at < text.length; at = part_end(brace, text, at)) {
		if (text.at[at] == delimiter && !conditions && !depth)
			return at;
		if (delimiter == ':') {
			conditions += text.at[at] == '?';
			conditions -= text.at[at] == ':' && conditions;
			depth += text.at[at] == '(';
			depth -= text.at[at] == ')' && depth;
		}
	}
	return text.length;
}

// The offset in bytes of a character.
static size_t offset_of(struct sh *sh, struct span text, int64_t character)
{
	bool utf8 = sh_variables_utf8(sh);
	size_t at = 0;

	while (character-- > 0 && at < text.length)
		at += sh_text_step(utf8, span_after(text, at));
	return at;
}

// Puts ${NAME:OFFSET:LENGTH}.
static void put_substring(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	size_t colon = find_delimiter(brace, brace->word, 0, ':'), begin;
	int64_t from = number_of(brace, (struct span){brace->word.at, colon});
	int64_t all, to;

	if (sh->abandoned || brace->x->tainted)
		return;
	to = all = (int64_t)sh_text_length(sh, brace->value);
	if (from < 0)
		from += all;
	if (from > all || from < 0)
		return;
	if (colon < brace->word.length) {
		to = number_of(brace, span_after(brace->word, colon + 1));
		to = to < 0 ? to + all : to > all - from ? all : to + from;
		if (to < from) {
			sh_abandon(sh);
			return;
		}
	}
	if (sh->abandoned || brace->x->tainted)
		return;
	begin = offset_of(sh, brace->value, from);
	sh_word_put_value(brace->x,
		(struct span){brace->value.at + begin,
			offset_of(sh, span_after(brace->value, begin), to - from)},
		brace->quoted);
}

// Puts ${NAME/PATTERN/REPLACEMENT}.
static void put_replaced(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span word = brace->word, pattern, replacement = span_of("");
	int how = 0;
	size_t slash, begun;

	if (word.length && word.at[0] == '/') {
		how = '/';
		word = span_after(word, 1);
	}
	slash = find_delimiter(brace, word, word.length && word.at[0] == '/', '/');
	pattern = sh_brace_word(brace, (struct span){word.at, slash}, SH_PATTERN, false);
	if (slash < word.length && !sh->abandoned)
		replacement =
			sh_brace_word(brace, span_after(word, slash + 1), SH_REPLACEMENT, false);
	if (sh->abandoned || brace->x->tainted)
		return;
	if (!how && pattern.length && (pattern.at[0] == '#' || pattern.at[0] == '%')) {
		how = pattern.at[0];
		pattern = span_after(pattern, 1);
	}
	begun = scratch_begin(sh->emulation);
	sh_text_replace(sh, brace->value, pattern, replacement, how);
	put_result(brace, begun);
}

// Puts ${NAME#PATTERN} and ${NAME%PATTERN}.
static void put_stripped(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span word = brace->word, pattern;
	bool longest = word.length && word.at[0] == brace->sign;

	if (!brace->value.length) {
		sh_word_put_value(brace->x, brace->value, brace->quoted);
		return;
	}
	pattern = sh_brace_word(brace, span_after(word, longest), SH_PATTERN, false);
	if (sh->abandoned || brace->x->tainted)
		return;
	sh_word_put_value(brace->x,
		sh_text_strip(sh, brace->value, pattern, brace->sign == '%', longest),
		brace->quoted);
}

// Puts ${NAME^PATTERN} and ${NAME,PATTERN}.
static void put_cased(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span word = brace->word, pattern;
	bool all = word.length && word.at[0] == brace->sign;
	size_t begun;

	pattern = sh_brace_word(brace, span_after(word, all), SH_PATTERN, false);
	if (sh->abandoned || brace->x->tainted)
		return;
	if (!pattern.length && (span_find(word, '\'') || span_find(word, '"'))) {
		sh_word_put_value(
			brace->x, brace->value, brace->quoted); // an empty pattern, not none
		return;
	}
	begun = scratch_begin(sh->emulation);
	sh_text_case(sh, brace->value, pattern, brace->sign, !all);
	put_result(brace, begun);
}

// Puts a value as it would be written, in $'...' where it has unprintable bytes.
static void put_written(struct sh_brace *brace)
{
	struct emulation *emulation = brace->x->sh->emulation;
	static const char letters[] = "Eabfnrtv", bytes[] = "\033\a\b\f\n\r\t\v";
	size_t begun = scratch_begin(emulation);
	bool control = false;

	for (size_t i = 0; i < brace->value.length; i++) {
		control |= brace->value.at[i] < ' ' || brace->value.at[i] == 0x7f;
		if (brace->value.at[i] >= 0x80)
			sh_refuse(brace->x->sh, "@Q of text that is not ASCII is not followed");
	}
	if (!control && span_is(brace->value, "'")) {
		scratch_put(emulation, span_of("\\'"));
	} else if (!control) {
		sh_ansi_put_quoted(brace->x->sh, brace->value);
	} else {
		scratch_put(emulation, span_of("$'"));
		for (size_t i = 0; i < brace->value.length; i++) {
			uint8_t byte = brace->value.at[i];
			const char *known = strchr(bytes, byte);
			const uint8_t octal[] = {'\\', (uint8_t)('0' + (byte >> 6)),
				(uint8_t)('0' + (byte >> 3 & 7)), (uint8_t)('0' + (byte & 7))};
			const uint8_t named[] = {
				'\\', known ? (uint8_t)letters[known - bytes] : byte};

			if (known || byte == '\\' || byte == '\'')
				scratch_put(emulation, (struct span){named, 2});
			else if (byte < ' ' || byte == 0x7f)
				scratch_put(emulation, (struct span){octal, 4});
			else
				scratch_put_byte(emulation, byte);
		}
		scratch_put_byte(emulation, '\'');
	}
	put_result(brace, begun);
}

// Puts ${NAME@LETTER}.
static void put_transformed(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	uint8_t letter = brace->word.length == 1 ? brace->word.at[0] : 0;
	size_t begun = scratch_begin(sh->emulation);

	switch (letter) {
	case 'Q':
	case 'K':
	case 'k':
		put_written(brace);
		break;
	case 'E':
		sh_ansi_decode(sh, brace->value);
		put_result(brace, begun);
		break;
	case 'U':
	case 'u':
	case 'L':
		sh_text_case(
			sh, brace->value, span_of(""), letter == 'L' ? ',' : '^', letter == 'u');
		put_result(brace, begun);
		break;
	case 'A':
	case 'a':
	case 'P':
		sh_refuse(sh, "this transformation is not followed");
		break;
	default:
		sh_end(sh, "the shell ends at a substitution that it does not know");
	}
}

void sh_transform_put(struct sh_brace *brace)
{
	if (brace->substring)
		put_substring(brace);
	else if (brace->sign == '/')
		put_replaced(brace);
	else if (brace->sign == '#' || brace->sign == '%')
		put_stripped(brace);
	else if (strchr("^,~", brace->sign))
		put_cased(brace);
	else
		put_transformed(brace);
}
