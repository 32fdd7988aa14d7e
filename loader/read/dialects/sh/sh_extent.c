// How far the parts of a word reach: quotes, brackets, substitutions, inside of each other.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/sh/sh_expand.h"

size_t sh_extent_paren(struct sh *sh, struct span text, size_t from)
{
	size_t depth = 1, at = from;

	for (; at < text.length; at++) {
		const uint8_t *quote;

		if (text.at[at] == '\\') {
			at++;
		} else if (text.at[at] == '\'') {
			quote = span_find(span_after(text, at + 1), '\'');
			at = quote ? (size_t)(quote - text.at) : text.length;
		} else if (text.at[at] == '"') {
			at = sh_extent_double(sh, text, at + 1) - 1;
		} else if (text.at[at] == '(') {
			depth++;
		} else if (text.at[at] == ')' && --depth == 0) {
			at++;
			break;
		}
	}
	at = at < text.length ? at : text.length;
	emulation_work(sh->emulation, at - from);
	return at;
}

size_t sh_extent_tick(struct span text, size_t from)
{
	for (; from < text.length && text.at[from] != '`'; from++)
		from += text.at[from] == '\\';
	return from < text.length ? from + 1 : text.length;
}

// Behind a $ with what belongs to it, as far as another text hides there.
static size_t dollar_end(struct sh *sh, struct span text, size_t dollar)
{
	uint8_t next = dollar + 1 < text.length ? text.at[dollar + 1] : 0;
	size_t end;

	if (next == '(')
		return sh_extent_paren(sh, text, dollar + 2);
	if (next != '{')
		return dollar + 1;
	end = sh_extent_brace(sh, text, dollar + 2);
	return end == SIZE_MAX ? text.length : end + 1;
}

size_t sh_extent_double(struct sh *sh, struct span text, size_t from)
{
	while (from < text.length && text.at[from] != '"') {
		if (text.at[from] == '\\')
			from += 2;
		else if (text.at[from] == '`')
			from = sh_extent_tick(text, from + 1);
		else if (text.at[from] == '$')
			from = dollar_end(sh, text, from);
		else
			from++;
	}
	return from < text.length ? from + 1 : text.length;
}

size_t sh_extent_word(struct sh *sh, struct span text, size_t from)
{
	while (from < text.length && text.at[from] != ' ') {
		const uint8_t *quote;

		switch (text.at[from]) {
		case '\\':
			from += 2;
			break;
		case '\'':
			quote = span_find(span_after(text, from + 1), '\'');
			from = quote ? (size_t)(quote - text.at) + 1 : text.length;
			break;
		case '"':
			from = sh_extent_double(sh, text, from + 1);
			break;
		case '`':
			from = sh_extent_tick(text, from + 1);
			break;
		case '$':
			from = dollar_end(sh, text, from);
			break;
		default:
			from++;
		}
	}
	return from < text.length ? from : text.length;
}

size_t sh_extent_brace(struct sh *sh, struct span text, size_t from)
{
	size_t depth = 1, at = from;

	while (at < text.length) {
		uint8_t byte = text.at[at], next = at + 1 < text.length ? text.at[at + 1] : 0;
		const uint8_t *quote;

		if (byte == '\\') {
			at += 2;
		} else if (byte == '$' && next == '{') {
			depth++;
			at += 2;
		} else if (byte == '}') {
			if (--depth == 0)
				break;
			at++;
		} else if (byte == '`') {
			at = sh_extent_tick(text, at + 1);
		} else if ((byte == '$' || byte == '<' || byte == '>') && next == '(') {
			at = sh_extent_paren(sh, text, at + 2);
		} else if (byte == '"') {
			at = sh_extent_double(sh, text, at + 1);
		} else if (byte == '\'') {
			quote = span_find(span_after(text, at + 1), '\'');
			at = quote ? (size_t)(quote - text.at) + 1 : text.length;
		} else {
			at++;
		}
	}
	emulation_work(sh->emulation, (at < text.length ? at : text.length) - from);
	return at < text.length ? at : SIZE_MAX;
}
