// The dialect of symfony/dotenv: words as in a shell, quoted and not, make up a value; there is no
// space around "=", and none in a value without quotes unless something in it was replaced.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/symfony_variable.h"

// ---- the parts of a value

static struct span read_single(struct symfony_reading *reading)
{
	struct span inner = span_between(reading->at + 1, reading->end);
	const uint8_t *quote = span_find(inner, '\'');

	if (!quote) {
		symfony_refuse(reading, "a quote that stays open");
		return inner;
	}
	reading->at = quote + 1;
	return span_between(inner.at, quote);
}

// \" \r and \n stand for a byte, wherever they are.
static struct span decode(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text);

	while ((at = span_find(span_between(at, end), '\\')) && ++at < end) {
		if (*at != '"' && *at != 'r' && *at != 'n')
			continue;
		scratch_put(emulation, span_between(from, at - 1));
		scratch_put_byte(emulation, *at == '"' ? '"' : *at == 'r' ? '\r' : '\n');
		from = ++at;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

static struct span read_double(struct symfony_reading *reading)
{
	const uint8_t *from = reading->at + 1, *quote = from;
	struct span value;

	// escaped is a quote behind one backslash; behind more it is not
	while ((quote = span_find(span_between(quote, reading->end), '"')) && quote[-1] == '\\' &&
		quote[-2] != '\\')
		quote++;
	if (!quote) {
		symfony_refuse(reading, "a quote that stays open");
		return (struct span){from, 0};
	}
	reading->at = quote + 1;
	value = span_between(from, quote);
	if (span_find(value, '\\'))
		value = decode(reading->emulation, value);
	return symfony_variable_replace(reading, value);
}

// Over "$(...)"; `at` stands at the "(".
// Returns: whether it ends in this line.
static bool skip_command(struct symfony_reading *reading)
{
	size_t open = 0;

	for (; reading->at < reading->end && *reading->at != '\n'; reading->at++) {
		if (*reading->at == '(')
			open++;
		else if (*reading->at == ')' && --open == 0) {
			reading->at++;
			return true;
		}
	}
	symfony_refuse(reading, "\"$(\" without \")\"");
	return false;
}

// Up to a quote, a comment or the end of the line, without the backslashes that stand before
// quotes.
static struct span find_unquoted(struct symfony_reading *reading)
{
	struct emulation *emulation = reading->emulation;
	const uint8_t *from = reading->at, *start = from, *end = reading->end;
	size_t begun = scratch_begin(emulation);
	uint8_t before = reading->at[-1];

	while (reading->at < end && *reading->at != '\n' && *reading->at != '"' &&
		*reading->at != '\'' && !(ascii_is_blank(before) && *reading->at == '#')) {
		uint8_t next = reading->at + 1 < end ? reading->at[1] : '\0';

		if (*reading->at == '\\' && (next == '"' || next == '\'')) {
			scratch_put(emulation, span_between(from, reading->at));
			from = ++reading->at;
		}
		before = *reading->at++;
		if (before == '$' && next == '(' && !skip_command(reading))
			break;
	}
	if (from == start)
		return span_between(from, reading->at);
	scratch_put(emulation, span_between(from, reading->at));
	return scratch_end(emulation, begun);
}

static struct span read_unquoted(struct symfony_reading *reading)
{
	struct span value = find_unquoted(reading), replaced;

	while (value.length && value.at[value.length - 1] != '\f' &&
		(ascii_is_space(value.at[value.length - 1]) || value.at[value.length - 1] == '\0'))
		value.length--;
	replaced = symfony_variable_replace(reading, value);
	for (size_t i = 0; i < value.length; i++) {
		if (!ascii_is_space(value.at[i]))
			continue;
		if (span_equal(replaced, value))
			symfony_refuse(reading, "a space without quotes");
		break;
	}
	return replaced;
}

static struct span read_part(struct symfony_reading *reading)
{
	if (*reading->at == '\'')
		return read_single(reading);
	if (*reading->at == '"')
		return read_double(reading);
	return read_unquoted(reading);
}

// ---- the file

static void skip_empty_lines(struct symfony_reading *reading)
{
	while (reading->at < reading->end) {
		if (ascii_is_space(*reading->at))
			reading->at++;
		else if (*reading->at == '#')
			reading->at = span_line_end(reading->at, reading->end);
		else
			return;
	}
}

// A name and its "=".
static struct span read_name(struct symfony_reading *reading)
{
	const uint8_t *at = reading->at, *end = reading->end;
	struct span name;

	reading->place = at;
	emulation_reach(reading->emulation, at);
	if (span_starts(span_between(at, end), "export") && at + 6 < end && ascii_is_blank(at[6]))
		for (at += 6; at < end && ascii_is_blank(*at); at++)
			;
	name = (struct span){at, symfony_variable_name(at, end)};
	at = span_end(name);
	if (!name.length)
		symfony_refuse(reading, "not a valid name");
	else if (at < end && ascii_is_blank(*at))
		symfony_refuse(reading, "a space after the name");
	else if (at == end || *at != '=')
		symfony_refuse(reading, "no \"=\" after the name");
	else
		reading->at = at + 1;
	return name;
}

// Whether nothing but a comment follows in the line; `at` stands after the "=".
static bool is_empty(struct symfony_reading *reading)
{
	const uint8_t *at = reading->at;

	while (at < reading->end && ascii_is_blank(*at))
		at++;
	if (at < reading->end && *at != '\n' && *at != '#') {
		if (at > reading->at)
			symfony_refuse(reading, "a space after \"=\"");
		return false;
	}
	reading->at = at;
	return true;
}

static struct span read_value(struct symfony_reading *reading)
{
	struct emulation *emulation = reading->emulation;
	struct span part = {reading->at, 0};
	size_t begun, parts = 0;

	if (is_empty(reading) || emulation_stopped(emulation))
		return part;
	begun = scratch_begin(emulation);
	do {
		if (parts++)
			scratch_put(emulation, part);
		part = read_part(reading);
	} while (reading->at < reading->end && *reading->at != '\n' &&
		 !(*reading->at == '#' && ascii_is_blank(reading->at[-1])) &&
		 !emulation_stopped(emulation));
	if (parts == 1)
		return part;
	scratch_put(emulation, part);
	return scratch_end(emulation, begun);
}

static void read_symfony(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	struct symfony_reading reading = {.emulation = emulation, .place = text.at};

	if (span_starts(text, "\xEF\xBB\xBF")) {
		symfony_refuse(&reading, "a byte order mark");
		return;
	}
	text = scratch_end_lines(emulation);
	reading.at = text.at;
	reading.end = span_end(text);
	skip_empty_lines(&reading);
	while (reading.at < reading.end && !emulation_stopped(emulation)) {
		struct span name = read_name(&reading), value;

		if (emulation_stopped(emulation))
			return;
		value = read_value(&reading);
		symfony_variable_set(&reading, name, value);
		skip_empty_lines(&reading);
	}
}

const struct dialect symfony_rows[] = {
	{
		.name = "symfony",
		.loader = "symfony/dotenv 5.4.53",
		.doc = "shell words; an empty variable takes its default, and $(...) is a command",
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_symfony,
		.together = true, // what earlier files set counts as set by this one
	},
	{0},
};
