// The dialect of docker compose: statements rather than lines, and Go's escapes in double quotes.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/compose_template.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/unicode.h"

#define COMPOSE_OCTALS 3 // the digits of an escape "\0NNN"

struct compose_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
};

static void refuse(const struct compose_reading *reading, const char *text)
{
	emulation_refuse(reading->emulation, FINDING_REFUSED, reading->at, text);
}

static const uint8_t *trim_spaces(const uint8_t *at, const uint8_t *end)
{
	size_t size;

	while (end > at && unicode_is_space(unicode_last(at, end, &size)))
		end -= size;
	return end;
}

// Goes on to the next statement.
// Returns: whether there is one.
static bool find_statement(struct compose_reading *reading)
{
	reading->at = unicode_skip_comments(reading->at, reading->end);
	return reading->at < reading->end;
}

static void skip_export(struct compose_reading *reading)
{
	static const char spaces[] = "\t\n\f\r ";
	const uint8_t *behind = reading->at + strlen("export");

	if (span_starts(span_between(reading->at, reading->end), "export") &&
		behind < reading->end && memchr(spaces, *behind, sizeof(spaces) - 1))
		reading->at = unicode_skip_blanks(behind, reading->end);
}

static bool is_of_name(uint32_t point)
{
	return unicode_is_letter_or_number(point) || point == '_' || point == '.' || point == '-' ||
	       point == '[' || point == ']' || unicode_is_blank(point);
}

// What ends the name at `at`: '=', ':', '\n', or the end of the text.
// Returns: its place, or NULL after a refusal.
static const uint8_t *find_separator(struct compose_reading *reading)
{
	const uint8_t *at = reading->at;
	size_t size;

	while (at < reading->end && *at != '=' && *at != ':' && *at != '\n') {
		if (!is_of_name(unicode_first(at, reading->end, &size))) {
			refuse(reading, "a name cannot hold one of these characters");
			return NULL;
		}
		at += size;
	}
	return at;
}

// ---- values

// Puts what "\0" and up to three digits at `digits` stand for.
// Returns: where they end.
static const uint8_t *put_octal(
	struct emulation *emulation, const uint8_t *digits, const uint8_t *end)
{
	const uint8_t *at = digits;
	unsigned value = 0;
	bool octal = true;

	for (; at < end && at < digits + COMPOSE_OCTALS && ascii_is_digit(*at); at++) {
		value = value * 8 + (*at - '0');
		octal &= *at < '8';
	}
	if (!octal || at < digits + COMPOSE_OCTALS || value > 0xFF) {
		scratch_put_byte(emulation, '\\');
		scratch_put(emulation, span_between(digits, at));
	} else {
		uint8_t bytes[TEXT_POINT_MAX];

		scratch_put(emulation, (struct span){bytes, text_put_point(value, bytes)});
	}
	return at;
}

// Puts what a backslash and the character at `at` stand for in double quotes. A '$' is doubled, so
// that no reference comes of it.
// Returns: where they end.
static const uint8_t *put_escape(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	const char *name = memchr(names, *at, sizeof(names) - 1);

	if (*at == '0')
		return put_octal(emulation, at + 1, end);
	if (name) {
		scratch_put_byte(emulation, (uint8_t)values[name - names]);
	} else if (*at == '$') {
		scratch_put(emulation, span_of("$$"));
	} else {
		scratch_put_byte(emulation, '\\');
		scratch_put_byte(emulation, *at);
	}
	return at + 1;
}

// What a quoted text is once its escapes are read.
static struct span unescape(struct emulation *emulation, struct span text, uint8_t quote)
{
	const uint8_t *at = text.at, *end = span_end(text), *backslash;
	size_t begun = scratch_begin(emulation);

	if (!span_find(text, '\\'))
		return text;
	while ((backslash = span_find(span_between(at, end), '\\'))) {
		scratch_put(emulation, span_between(at, backslash));
		at = backslash + 1;
		if (*at == quote)
			scratch_put_byte(emulation, *at++);
		else if (quote == '"')
			at = put_escape(emulation, at, end);
		else
			scratch_put(emulation, span_between(backslash, ++at));
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

// The quote that closes the one at `open`: not one behind a backslash that counts.
// Returns: its place, or NULL.
static const uint8_t *find_close(const uint8_t *open, const uint8_t *end)
{
	const uint8_t *at = open + 1, *close = open, *backslash;

	for (;;) {
		if (close < at)
			close = span_find(span_between(at, end), *open);
		if (!close)
			return NULL;
		backslash = span_find(span_between(at, close), '\\');
		if (!backslash)
			return close;
		at = backslash + 2;
	}
}

static struct span read_quoted(struct compose_reading *reading)
{
	const uint8_t *open = reading->at, *close = find_close(open, reading->end);
	struct span value;

	if (!close) {
		refuse(reading, "the quote is never closed");
		return (struct span){0};
	}
	reading->at = close + 1;
	value = unescape(reading->emulation, span_between(open + 1, close), *open);
	return *open == '"' ? compose_template_expand(reading->emulation, value, open) : value;
}

// A comment needs a blank before it, and that no tab.
static struct span read_unquoted(struct compose_reading *reading)
{
	const uint8_t *start = reading->at, *line_end = span_line_end(start, reading->end);
	const uint8_t *end = line_end, *hash = start;

	while ((hash = span_find(span_between(hash, line_end), '#'))) {
		if (hash > start && hash[-1] == ' ') {
			end = hash - 1;
			break;
		}
		hash++;
	}
	reading->at = line_end;
	return compose_template_expand(
		reading->emulation, span_between(start, trim_spaces(start, end)), start);
}

// A name alone takes the environment's value, if there is one.
static void inherit(struct compose_reading *reading, struct span name)
{
	struct span value;

	if (emulation_given(reading->emulation, name, &value))
		emulation_set(reading->emulation, name, value, name.at);
	else if (name.length)
		emulation_tell(reading->emulation, FINDING_IGNORED_LINE, name.at, name,
			"a name alone, and the environment has no value for it");
}

static void read_statement(struct compose_reading *reading)
{
	const uint8_t *separator, *start;
	struct span name, value;
	bool alone, nameless;

	skip_export(reading);
	start = reading->at;
	emulation_reach(reading->emulation, start);
	if (start == reading->end) {
		reading->at--;
		refuse(reading, "export of nothing");
		return;
	}
	separator = find_separator(reading);
	if (!separator)
		return;
	// behind a name alone there is a newline, or else the text of it is the value of no name
	alone = separator < reading->end && *separator == '\n';
	nameless = separator == reading->end;
	name = span_between(start, trim_spaces(start, nameless ? start : separator));
	if (span_find(name, ' ')) {
		refuse(reading, "a name cannot hold a space");
		return;
	}
	reading->at = unicode_skip_blanks(nameless ? start : separator + 1, reading->end);
	if (alone) {
		inherit(reading, name);
		return;
	}
	value = reading->at < reading->end && (*reading->at == '"' || *reading->at == '\'')
			? read_quoted(reading)
			: read_unquoted(reading);
	emulation_set(reading->emulation, name, value, start);
}

static void read_compose(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	struct compose_reading reading = {emulation, text.at, span_end(text)};

	if (span_starts(text, "\xEF\xBB\xBF"))
		reading.at += 3;
	while (find_statement(&reading) && !emulation_stopped(emulation))
		read_statement(&reading);
}

const struct dialect compose_rows[] = {
	{
		.name = "compose",
		.loader = "compose-go 2.13 (docker compose, env_file)",
		.doc = "${A:-b} and the like, $$; the file wins, but not inside a reference",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_compose,
	},
	{0},
};
