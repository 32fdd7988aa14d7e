// Lines that only set a variable to a plain value, which most lines do: read without a parser.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_shell.h"

#include "lib/base/ascii.h"

static bool is_plain(uint8_t byte)
{
	return !sh_token_is_special(byte) && byte != '~' && byte != '\0';
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

// The end of a line of which only blanks or a comment are left.
// Returns: behind its new line, or NULL when there is more.
static const uint8_t *rest_of_line(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *word = skip_blanks(at, end);

	if (word < end && *word == '#' && word > at)
		word = span_line_end(word, end);
	if (word == end)
		return end;
	return *word == '\n' ? word + 1 : NULL;
}

// A value without anything to expand.
// Returns: behind it, or NULL.
static const uint8_t *plain_value(const uint8_t *at, const uint8_t *end, struct span *ret_value)
{
	const uint8_t *from = at;

	if (at < end && (*at == '"' || *at == '\'')) {
		uint8_t quote = *at++;

		from = at;
		if (quote == '\'')
			at = memchr(at, quote, (size_t)(end - at));
		else
			while (at < end && *at != '"' && *at != '$' && *at != '\\' && *at != '`')
				at++;
		if (!at || at == end || *at != quote)
			return NULL;
		*ret_value = span_between(from, at);
		return at + 1;
	}
	while (at < end && is_plain(*at))
		at++;
	*ret_value = span_between(from, at);
	return at;
}

bool sh_plain_read(struct sh *sh)
{
	const uint8_t *at = skip_blanks(sh->at, sh->end), *start = at, *after;
	struct span name, value;
	bool exports;

	if (at < sh->end && *at == '#')
		at = span_line_end(at, sh->end);
	if (at == sh->end || *at == '\n') {
		sh->at = at == sh->end ? at : at + 1;
		return true;
	}
	// the value of an export may have braces to expand
	exports = sh->export_all && !sh->variable_count &&
		  span_starts(span_between(at, sh->end), "export ");
	if (exports)
		at = start = skip_blanks(at + strlen("export "), sh->end);
	while (at < sh->end && ascii_is_name(*at, at == start))
		at++;
	name = span_between(start, at);
	if (!name.length || at == sh->end || *at != '=' || (exports && sh_variables_special(name)))
		return false;
	after = plain_value(at + 1, sh->end, &value);
	if (!after || (exports && span_find(value, '{')) || !(at = rest_of_line(after, sh->end)))
		return false;
	sh->at = at;
	sh->place = start;
	(void)sh_variables_set(sh, name, value, false);
	sh->status = 0;
	sh->last_argument = (struct sh_field){.text = span_of("")};
	if (exports) // its argument without quotes; with them it is not worth the making
		sh->last_argument = (struct sh_field){
			.text = span_between(start, after), .tainted = span_end(value) != after};
	return true;
}
