// The dialect of foreman run: one line, one NAME=VALUE from its first byte to its last; quotes
// count only when they enclose the whole value, and whatever else a line says is dropped.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"

// What stands in double quotes: first each \n becomes a line end, then a backslash before anything
// but a line end goes away.
static struct span unescape(struct emulation *emulation, struct span value)
{
	const uint8_t *backslash = span_find(value, '\\'), *end = span_end(value), *done = value.at;
	size_t begun;

	if (!backslash)
		return value;
	begun = scratch_begin(emulation);
	while (backslash && backslash + 1 < end) {
		scratch_put(emulation, span_between(done, backslash));
		done = backslash + 1;
		if (*done == 'n') {
			scratch_put_byte(emulation, '\n');
			done++;
		} else if (*done == '\\' && done + 1 < end && done[1] == 'n') {
			// the second one belonged to the line end, which the first one cannot
			// escape
			scratch_put(emulation, span_of("\\\n"));
			done += 2;
		} else {
			scratch_put_byte(emulation, *done++);
		}
		backslash = span_find(span_between(done, end), '\\');
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

static struct span unquote(struct emulation *emulation, struct span value)
{
	uint8_t quote = value.length >= 2 ? value.at[0] : 0;
	struct span inside;

	if ((quote != '\'' && quote != '"') || value.at[value.length - 1] != quote)
		return value;
	inside = (struct span){value.at + 1, value.length - 2};
	return quote == '"' ? unescape(emulation, inside) : inside;
}

static void read_line(struct emulation *emulation, struct span line)
{
	const uint8_t *at = line.at, *end = span_end(line);

	while (at < end && ascii_is_name(*at, false))
		at++;
	if (at > line.at && at < end && *at == '=')
		emulation_set(emulation, span_between(line.at, at),
			unquote(emulation, span_between(at + 1, end)), line.at);
	else if (line.length && *line.at != '#')
		emulation_tell(emulation, FINDING_IGNORED_LINE, line.at, (struct span){0},
			"not NAME=VALUE from its first byte on: dropped without a word");
}

// Makes each "\r\n" a '\n'; a '\r' elsewhere stays.
static struct span translate_lines(struct emulation *emulation, struct span text)
{
	const uint8_t *end = span_end(text), *done = text.at, *cr = span_find(text, '\r');
	size_t begun;

	if (!cr)
		return text;
	begun = scratch_begin(emulation);
	for (; cr; cr = span_find(span_between(cr + 1, end), '\r')) {
		if (cr + 1 == end || cr[1] != '\n')
			continue;
		scratch_put(emulation, span_between(done, cr));
		done = cr + 1;
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

static void read_foreman(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t bad = text_utf8_error(text.at, text.length);
	const uint8_t *end, *line_end;

	if (bad < text.length) {
		emulation_refuse(emulation, FINDING_REFUSED, text.at + bad, "not UTF-8");
		return;
	}
	text = translate_lines(emulation, text);
	emulation_use_text(emulation, text);
	end = span_end(text);
	for (const uint8_t *at = text.at; at < end && !emulation_stopped(emulation);
		at = line_end + 1) {
		line_end = span_line_end(at, end);
		read_line(emulation, span_between(at, line_end));
	}
	if (span_find(text, '\0'))
		emulation_refuse_nul(emulation);
}

const struct dialect foreman_rows[] = {
	{
		.name = "foreman",
		.loader = "foreman 0.87.2",
		.doc = "a comment stays in the value; a line with export or a space at its name is "
		       "dropped",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_foreman,
	},
	{0},
};
