// Step by step, as the loader does it: quotes, line ends, backslashes, commands, references.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/ruby_value.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// The end of a command's parentheses, of which none may be empty.
// Returns: what is behind the closing one, or NULL.
static const uint8_t *skip_parentheses(
	struct emulation *emulation, const uint8_t *open, const uint8_t *end)
{
	size_t depth = 0;

	for (const uint8_t *at = open; at < end; at++) {
		if (*at == '(') {
			if (at + 1 < end && at[1] == ')')
				break;
			depth++;
		} else if (*at == ')' && --depth == 0) {
			return at + 1;
		}
	}
	emulation_work(emulation, (size_t)(end - open));
	return NULL;
}

// Stops at a command; one with a backslash before it is text and loses that.
static struct span replace_commands(
	struct emulation *emulation, struct span value, const uint8_t *place)
{
	const uint8_t *dollar = span_find(value, '$'), *end = span_end(value), *done = value.at;
	size_t begun = scratch_begin(emulation);

	while (dollar && dollar + 1 < end && !emulation_stopped(emulation)) {
		const uint8_t *after = NULL;

		if (dollar[1] == '(')
			after = skip_parentheses(emulation, dollar + 1, end);
		if (after && (dollar == done || dollar[-1] != '\\')) {
			emulation_refuse(emulation, FINDING_EXECUTES_CODE, place,
				"runs a command: $(...) in a value");
		} else if (after) {
			scratch_put(emulation, span_between(done, dollar - 1));
			scratch_put(emulation, span_between(dollar, after));
			done = after;
		}
		dollar = span_find(span_between(after ? after : dollar + 1, end), '$');
	}
	if (done == value.at) {
		scratch_drop(emulation, begun);
		return value;
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

static struct span look_up(struct emulation *emulation, struct span name)
{
	bool file_first = emulation_has(emulation, RUBY_KEEPS);
	struct span value;

	if ((file_first && emulation_find(emulation, name, &value)) ||
		emulation_environment(emulation, name, &value) ||
		emulation_find(emulation, name, &value))
		return value;
	return (struct span){0};
}

// The end of a name behind a '$'. The two letters outside ASCII whose other case is inside it, the
// long s and the Kelvin sign, belong to names.
static const uint8_t *skip_name(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		struct span rest = span_between(at, end);

		if (ascii_is_name(*at, false))
			at++;
		else if (span_starts(rest, "\xC5\xBF"))
			at += 2;
		else if (span_starts(rest, "\xE2\x84\xAA"))
			at += 3;
		else
			break;
	}
	return at;
}

// Replaces $NAME, ${NAME} and whatever of that is there; \$ becomes '$'.
static struct span replace_names(struct emulation *emulation, struct span value)
{
	const uint8_t *dollar = span_find(value, '$'), *end = span_end(value);
	const uint8_t *done = value.at, *matched = value.at;
	size_t begun = scratch_begin(emulation);

	for (; dollar; dollar = span_find(span_between(matched, end), '$')) {
		const uint8_t *name = dollar + 1, *after;
		bool escaped = dollar > matched && dollar[-1] == '\\';

		matched = name;
		if (name < end && *name == '(')
			continue;
		name += name < end && *name == '{';
		after = skip_name(name, end);
		matched = after + (after < end && *after == '}');
		if (escaped) {
			scratch_put(emulation, span_between(done, dollar - 1));
			scratch_put(emulation, span_between(dollar, matched));
			done = matched;
		} else if (after > name) {
			scratch_put(emulation, span_between(done, dollar));
			scratch_put(emulation, look_up(emulation, span_between(name, after)));
			done = matched;
		}
	}
	if (done == value.at) {
		scratch_drop(emulation, begun);
		return value;
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

static struct span substitute(struct emulation *emulation, struct span value, const uint8_t *place)
{
	if (!span_find(value, '$'))
		return value;
	if (emulation_has(emulation, RUBY_NAMES_FIRST))
		return replace_commands(emulation, replace_names(emulation, value), place);
	return replace_names(emulation, replace_commands(emulation, value, place));
}

// Whether \n and \r in double quotes are to be line ends.
static bool has_line_ends(struct emulation *emulation)
{
	const struct span mode = span_of("DOTENV_LINEBREAK_MODE");
	struct span value;

	if (emulation_has(emulation, RUBY_LINE_ENDS))
		return true;
	return (emulation_find(emulation, mode, &value) ||
		       emulation_environment(emulation, mode, &value)) &&
	       span_is(value, "legacy");
}

// In double quotes \n and \r are replaced first: by line ends, or by themselves with one more
// backslash.
static struct span replace_line_ends(struct emulation *emulation, struct span value)
{
	bool line_ends = has_line_ends(emulation);
	const uint8_t *at = value.at, *end = span_end(value), *backslash;
	size_t begun = scratch_begin(emulation);

	while ((backslash = span_find(span_between(at, end), '\\')) && backslash + 1 < end) {
		uint8_t letter = backslash[1];
		bool is_break = letter == 'n' || letter == 'r';

		scratch_put(emulation, span_between(at, backslash));
		at = backslash + 1;
		if (!is_break || !line_ends)
			scratch_put_byte(emulation, '\\');
		if (is_break) {
			at++;
			if (line_ends)
				scratch_put_byte(emulation, letter == 'n' ? '\n' : '\r');
			else
				scratch_put(emulation, span_of(letter == 'n' ? "\\n" : "\\r"));
		}
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

// A backslash before anything but a '$' goes away.
static struct span unescape(struct emulation *emulation, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value), *backslash;
	size_t begun = scratch_begin(emulation);

	while ((backslash = span_find(span_between(at, end), '\\')) && backslash + 1 < end) {
		scratch_put(emulation, span_between(at, backslash));
		at = backslash + 1;
		if (*at == '$')
			scratch_put_byte(emulation, '\\');
		scratch_put_byte(emulation, *at++);
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

static struct span strip(struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value);

	while (at < end && (ascii_is_space(*at) || *at == '\0'))
		at++;
	while (at < end && (ascii_is_space(end[-1]) || end[-1] == '\0'))
		end--;
	return span_between(at, end);
}

struct span ruby_value_read(struct emulation *emulation, struct span value)
{
	const uint8_t *place = value.at;
	uint8_t quote;

	value = strip(value);
	quote = value.length >= 2 ? value.at[0] : 0;
	if ((quote != '\'' && quote != '"') || value.at[value.length - 1] != quote)
		quote = 0;
	if (quote)
		value = (struct span){value.at + 1, value.length - 2};
	if (quote == '\'')
		return value;
	if (span_find(value, '\\') && (quote || emulation_has(emulation, RUBY_UNQUOTED))) {
		if (quote)
			value = replace_line_ends(emulation, value);
		value = unescape(emulation, value);
	}
	return substitute(emulation, value, place);
}
