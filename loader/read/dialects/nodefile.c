// The walk over lines that node's reader does. It trims across lines, which is why an empty value
// with a space behind it takes the next line as its own.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/nodefile.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n';
}

static struct span trim_start(struct span bytes)
{
	size_t blanks = 0;

	while (blanks < bytes.length && is_blank(bytes.at[blanks]))
		blanks++;
	return span_after(bytes, blanks);
}

struct span nodefile_trim(struct span bytes)
{
	bytes = trim_start(bytes);
	while (bytes.length && is_blank(bytes.at[bytes.length - 1]))
		bytes.length--;
	return bytes;
}

struct span nodefile_unescape(struct emulation *emulation, struct span value)
{
	struct span rest = value;
	const uint8_t *found;
	size_t begun = scratch_begin(emulation);

	while ((found = span_find(rest, '\\')) && found + 1 < span_end(rest)) {
		if (found[1] == 'n') {
			scratch_put(emulation, span_between(value.at, found));
			scratch_put_byte(emulation, '\n');
			value = span_between(found + 2, span_end(value));
			rest = value;
		} else {
			rest = span_between(found + 1, span_end(rest));
		}
	}
	if (scratch_begin(emulation) == begun)
		return value;
	scratch_put(emulation, value);
	return scratch_end(emulation, begun);
}

// What follows the line that `at` stands in.
static struct span after_line(struct span text, const uint8_t *at)
{
	const uint8_t *end = span_line_end(at, span_end(text));

	return span_between(end < span_end(text) ? end + 1 : end, span_end(text));
}

// A name without `export` before it.
static struct span without_export(struct span name)
{
	return span_starts(name, "export ") ? nodefile_trim(span_after(name, 7)) : name;
}

// Takes one value off the text, which begins with it.
static struct span take_value(
	struct span text, const struct nodefile_sink *sink, struct nodefile_assignment *assignment)
{
	uint8_t quote = *text.at;
	const uint8_t *end;

	if (quote != '"' && quote != '\'' && quote != '`') {
		const uint8_t *hash;

		end = span_line_end(text.at, span_end(text));
		assignment->value = span_between(text.at, end);
		hash = span_find(assignment->value, '#');
		if (hash)
			assignment->value = span_between(text.at, hash);
		assignment->value = nodefile_trim(assignment->value);
		return trim_start(after_line(text, end));
	}
	end = sink->closing(text);
	if (end) {
		assignment->quote = quote;
		assignment->value = span_between(text.at + 1, end);
		return after_line(text, end + 1);
	}
	end = span_line_end(text.at, span_end(text));
	assignment->value = span_between(text.at, end);
	assignment->verbatim = true;
	return trim_start(after_line(text, end));
}

// Takes an assignment off the text, whose '=' is known.
static struct span take_assignment(struct emulation *emulation, struct span text,
	const uint8_t *equals, const struct nodefile_sink *sink)
{
	struct nodefile_assignment assignment = {
		.name = nodefile_trim(span_between(text.at, equals))};

	emulation_reach(emulation, assignment.name.at);
	text = span_between(equals + 1, span_end(text));
	if (!text.length || *text.at == '\n') {
		assignment.value = (struct span){text.at, 0};
		assignment.verbatim = true;
		sink->assign(emulation, &assignment, sink->user);
		return text;
	}
	text = trim_start(text);
	if (!assignment.name.length)
		return text; // what follows counts as the next line
	assignment.name = without_export(assignment.name);
	if (text.length) {
		text = take_value(text, sink, &assignment);
	} else {
		assignment.value = text;
		assignment.verbatim = true;
	}
	sink->assign(emulation, &assignment, sink->user);
	return text;
}

// The first '=' or newline; NULL: neither.
static const uint8_t *equals_or_newline(struct span text)
{
	for (const uint8_t *at = text.at; at < span_end(text); at++)
		if (*at == '=' || *at == '\n')
			return at;
	return NULL;
}

void nodefile_walk(struct emulation *emulation, const struct nodefile_sink *sink)
{
	struct span text = nodefile_trim(emulation_text(emulation));

	while (text.length && !emulation_stopped(emulation)) {
		const uint8_t *found;

		if (*text.at == '\n' || *text.at == '#') {
			text = after_line(text, text.at);
			continue;
		}
		found = equals_or_newline(text);
		if (found && *found == '=') {
			text = take_assignment(emulation, text, found, sink);
			continue;
		}
		emulation_tell(emulation, FINDING_IGNORED_LINE, text.at, (struct span){0},
			"a line without '=' is ignored");
		text = found ? trim_start(after_line(text, found)) : (struct span){text.at, 0};
	}
}
