// The dialect of symfony/dotenv: words as in a shell, quoted and not, make up a value; there is no
// space around "=", and none in a value without quotes unless something in it was replaced.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

struct symfony_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t *place; // of the assignment
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_letter(uint8_t byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static void refuse(struct symfony_reading *reading, const char *text)
{
	emulation_refuse(reading->emulation, FINDING_REFUSED, reading->place, text);
}

// How long the name is that begins at `at`: a letter, with one "_" before it or not.
static size_t name_length(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *from = at;

	if (at < end && *at == '_')
		at++;
	if (at == end || !is_letter(*at))
		return 0;
	while (at < end && (is_letter(*at) || (*at >= '0' && *at <= '9') || *at == '_'))
		at++;
	return (size_t)(at - from);
}

// ---- variables

// PHP's web servers put request headers into variables with this prefix, so symfony does not trust
// what comes from outside under such a name: there the file counts.
static bool is_header(struct span name)
{
	return span_starts(name, "HTTP_");
}

static void assign(struct symfony_reading *reading, struct span name, struct span value)
{
	emulation_set(reading->emulation, name, value, reading->place);
	if (is_header(name))
		emulation_settle(reading->emulation, name, value);
}

// What a name stands for, "" for nothing.
static struct span look_up(const struct emulation *emulation, struct span name)
{
	struct span value = {name.at, 0};

	if (!name.length || (is_header(name) && emulation_find(emulation, name, &value)) ||
		emulation_environment(emulation, name, &value) ||
		emulation_find(emulation, name, &value))
		return value;
	return value;
}

// ---- what is replaced in a value that is not in single quotes

// The end of the command whose "(" stands at `at`, every "(" in it closed and none empty; or NULL.
static const uint8_t *command_end(const uint8_t *at, const uint8_t *end)
{
	size_t open = 0;

	for (; at < end; at++) {
		if (*at == '(')
			open++;
		else if (*at == ')' && at[-1] == '(')
			return NULL;
		else if (*at == ')' && --open == 0)
			return at + 1;
	}
	return NULL;
}

// Refuses a command, and takes the backslash away from one that is escaped.
static struct span replace_commands(struct symfony_reading *reading, struct span text)
{
	struct emulation *emulation = reading->emulation;
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text), *close;

	while ((at = span_find(span_between(at, end), '$')) && !emulation_stopped(emulation)) {
		close = at + 1 < end && at[1] == '(' ? command_end(at + 1, end) : NULL;
		emulation_work(
			emulation, close || at + 1 == end || at[1] != '(' ? 1 : (size_t)(end - at));
		if (close && (at == text.at || at[-1] != '\\')) {
			emulation_refuse(emulation, FINDING_EXECUTES_CODE, reading->place,
				"$(...) runs a command");
		} else if (close) {
			scratch_put(emulation, span_between(from, at - 1));
			from = at;
		}
		at = close ? close : at + 1;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

// A "$" and what belongs to it. Where a later part is there, so is the name, though empty.
struct reference {
	size_t backslashes; // before the "$"
	bool opened, closed;
	struct span name, other; // `other` with its ":-" or ":="
	const uint8_t *end;
};

static struct reference parse_reference(const uint8_t *dollar, struct span text)
{
	struct reference reference = {0};
	const uint8_t *at = dollar, *end = span_end(text);

	while (at > text.at && at[-1] == '\\')
		at--;
	reference.backslashes = (size_t)(dollar - at);
	at = dollar + 1;
	reference.opened = at < end && *at == '{';
	at += reference.opened;
	reference.name = (struct span){at, name_length(at, end)};
	at += reference.name.length;
	reference.other = (struct span){at, 0};
	if (end - at >= 2 && at[0] == ':' && (at[1] == '-' || at[1] == '=')) {
		const uint8_t *close = span_find(span_between(at, end), '}');

		reference.other = span_between(at, close ? close : end);
		at = span_end(reference.other);
	}
	reference.closed = at < end && *at == '}';
	reference.end = at + reference.closed;
	return reference;
}

// The value of a reference that has none, from its default.
static struct span take_other(struct symfony_reading *reading, const struct reference *reference)
{
	struct span value = span_after(reference->other, 2);

	for (size_t i = 0; i < reference->other.length; i++)
		if (memchr("'\"{$", reference->other.at[i], 4))
			refuse(reading, "a quote, \"{\" or \"$\" in a default");
	if (reference->other.at[1] == '=' && reference->name.length)
		assign(reading, reference->name, value);
	return value;
}

static void put_reference(struct symfony_reading *reading, const struct reference *reference)
{
	struct emulation *emulation = reading->emulation;
	struct span value;

	emulation_work(emulation, 1);
	if (reference->opened && !reference->closed) {
		refuse(reading, "\"${\" without \"}\"");
		return;
	}
	value = look_up(emulation, reference->name);
	if (!value.length && reference->other.length)
		value = take_other(reading, reference);
	scratch_put(emulation, value);
	if (!reference->opened && reference->closed)
		scratch_put_byte(emulation, '}');
}

static struct span replace_variables(struct symfony_reading *reading, struct span text)
{
	struct emulation *emulation = reading->emulation;
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text);

	while ((at = span_find(span_between(at, end), '$')) && !emulation_stopped(emulation)) {
		struct reference reference = parse_reference(at, text);

		if (at + 1 < end && at[1] == '(') {
			at++;
			continue;
		}
		if (reference.backslashes % 2 == 1) {
			// the "$" is escaped, and what belongs to it stays as it is
			scratch_put(emulation, span_between(from, at - reference.backslashes));
			from = at - reference.backslashes + 1;
		} else if (reference.name.length || reference.other.length || reference.closed) {
			scratch_put(emulation, span_between(from, at));
			put_reference(reading, &reference);
			from = reference.end;
		}
		at = reference.end;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

// Two backslashes become one.
static struct span halve_backslashes(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text);

	while ((at = span_find(span_between(at, end), '\\'))) {
		at++;
		if (at == end || *at != '\\')
			continue;
		scratch_put(emulation, span_between(from, at));
		from = ++at;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

static struct span replace(struct symfony_reading *reading, struct span text)
{
	if (span_find(text, '$')) {
		text = replace_commands(reading, text);
		text = replace_variables(reading, text);
	}
	return span_find(text, '\\') ? halve_backslashes(reading->emulation, text) : text;
}

// ---- the parts of a value

static struct span read_single(struct symfony_reading *reading)
{
	struct span inner = span_between(reading->at + 1, reading->end);
	const uint8_t *quote = span_find(inner, '\'');

	if (!quote) {
		refuse(reading, "a quote that stays open");
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
		refuse(reading, "a quote that stays open");
		return (struct span){from, 0};
	}
	reading->at = quote + 1;
	value = span_between(from, quote);
	if (span_find(value, '\\'))
		value = decode(reading->emulation, value);
	return replace(reading, value);
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
	refuse(reading, "\"$(\" without \")\"");
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
		*reading->at != '\'' && !(is_blank(before) && *reading->at == '#')) {
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
		(is_space(value.at[value.length - 1]) || value.at[value.length - 1] == '\0'))
		value.length--;
	replaced = replace(reading, value);
	for (size_t i = 0; i < value.length; i++) {
		if (!is_space(value.at[i]))
			continue;
		if (span_equal(replaced, value))
			refuse(reading, "a space without quotes");
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
		if (is_space(*reading->at))
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
	if (span_starts(span_between(at, end), "export") && at + 6 < end && is_blank(at[6]))
		for (at += 6; at < end && is_blank(*at); at++)
			;
	name = (struct span){at, name_length(at, end)};
	at = span_end(name);
	if (!name.length)
		refuse(reading, "not a valid name");
	else if (at < end && is_blank(*at))
		refuse(reading, "a space after the name");
	else if (at == end || *at != '=')
		refuse(reading, "no \"=\" after the name");
	else
		reading->at = at + 1;
	return name;
}

// Whether nothing but a comment follows in the line; `at` stands after the "=".
static bool is_empty(struct symfony_reading *reading)
{
	const uint8_t *at = reading->at;

	while (at < reading->end && is_blank(*at))
		at++;
	if (at < reading->end && *at != '\n' && *at != '#') {
		if (at > reading->at)
			refuse(reading, "a space after \"=\"");
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
		 !(*reading->at == '#' && is_blank(reading->at[-1])) &&
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
		refuse(&reading, "a byte order mark");
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
		assign(&reading, name, value);
		skip_empty_lines(&reading);
	}
}

// What earlier files set counts as set by this one.
static void keep_together(struct emulation *emulation)
{
	(void)emulation;
}

const struct dialect symfony_rows[] = {
	{
		.name = "symfony",
		.loader = "symfony/dotenv 5.4.53",
		.doc = "shell words; an empty variable takes its default, and $(...) is a command",
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_symfony,
		.finish = keep_together,
	},
	{0},
};
