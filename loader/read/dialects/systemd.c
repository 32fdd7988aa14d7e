// The dialects of systemd's EnvironmentFile= and environment.d: quotes may follow each other, a
// backslash joins lines (in comments too), and what is no name is dropped. environment.d expands
// references as well, whatever quotes they stood in.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

#define SYSTEMD_ARGUMENTS_MAX (2u * 1024 * 1024) // ARG_MAX under the usual limit of the stack

enum {
	SYSTEMD_EXPANDS = 1 << 0, // references, with environment.d's rules about empty values
};

struct systemd_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
};

static bool is_newline(uint8_t byte)
{
	return byte == '\n' || byte == '\r';
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_name_byte(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool is_name(struct span name)
{
	if (!name.length || (name.at[0] >= '0' && name.at[0] <= '9') ||
		name.length > SYSTEMD_ARGUMENTS_MAX - 2)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!is_name_byte(name.at[i]))
			return false;
	return true;
}

// Whether systemd takes this as UTF-8: without the code points that Unicode keeps unassigned
// forever, U+FDD0 to U+FDEF and the last two of each plane.
static bool is_utf8(struct span text)
{
	const uint8_t *at = text.at;

	if (text_utf8_error(at, text.length) < text.length)
		return false;
	for (size_t i = 2; i < text.length; i++) {
		bool last_two = at[i] >= 0xBE && at[i - 1] == 0xBF;

		if (last_two && at[i - 2] == 0xEF)
			return false;
		if (last_two && i >= 3 && at[i - 3] >= 0xF0 && (at[i - 2] & 0x0F) == 0x0F)
			return false;
		if (at[i - 2] == 0xEF && at[i - 1] == 0xB7 && at[i] >= 0x90 && at[i] <= 0xAF)
			return false;
	}
	return true;
}

// ---- references

static bool find_variable(
	const struct emulation *emulation, struct span name, struct span *ret_value)
{
	return name.length && (emulation_find(emulation, name, ret_value) ||
				      emulation_environment(emulation, name, ret_value));
}

// A name is compared with the beginnings of "NAME=VALUE", and so may reach into the value.
static bool look_up(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	const uint8_t *equals = span_find(name, '=');
	struct span value, rest;

	if (!equals)
		return find_variable(emulation, name, ret_value);
	rest = span_between(equals + 1, span_end(name));
	if (!find_variable(emulation, span_between(name.at, equals), &value) ||
		value.length <= rest.length || value.at[rest.length] != '=' ||
		!span_equal((struct span){value.at, rest.length}, rest))
		return false;
	*ret_value = span_after(value, rest.length + 1);
	return true;
}

// What is left to expand of a value. `open` counts the braces that are: one that belongs to no
// reference stays open, and then a later default ends only at a further brace.
struct expansion {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t
		*literal; // what comes from here on is text, unless a reference is found there
	size_t open;
	unsigned depth;
};

static void expand(struct emulation *emulation, struct span text, unsigned depth);

static void put_literal(struct expansion *expansion, const uint8_t *end)
{
	scratch_put(expansion->emulation, span_between(expansion->literal, end));
}

// The end of a default that begins at `at`: the brace that closes all, or NULL.
static const uint8_t *default_end(struct expansion *expansion, const uint8_t *at)
{
	for (; at < expansion->end; at++) {
		if (*at == '{')
			expansion->open++;
		else if (*at == '}' && --expansion->open == 0)
			return at;
	}
	return NULL;
}

// After "${NAME:".
static void expand_default(struct expansion *expansion, struct span name)
{
	struct span value = {0}, other;
	const uint8_t *start = expansion->at + 2, *close;
	bool alternate, is_set;

	if (expansion->end - expansion->at < 2) {
		expansion->at = expansion->end;
		return;
	}
	if (expansion->at[1] != '-' && expansion->at[1] != '+') {
		expansion->at += 2;
		return;
	}
	alternate = expansion->at[1] == '+';
	close = default_end(expansion, start);
	expansion->at = close ? close + 1 : expansion->end;
	if (!close)
		return;
	expansion->literal = expansion->at;
	other = span_between(start, close);
	is_set = look_up(expansion->emulation, name, &value);
	if (is_set == alternate)
		expand(expansion->emulation, other, expansion->depth + 1);
	else
		scratch_put(expansion->emulation, value);
}

// After "$" where "{" follows.
static void expand_braced(struct expansion *expansion)
{
	const uint8_t *name = expansion->at + 1, *at = name;
	struct span value;

	expansion->open++;
	while (at < expansion->end && *at != '}' && *at != ':')
		at++;
	expansion->at = at;
	if (at == expansion->end)
		return;
	if (*at == ':') {
		expand_default(expansion, span_between(name, at));
		return;
	}
	expansion->open--;
	if (look_up(expansion->emulation, span_between(name, at), &value))
		scratch_put(expansion->emulation, value);
	expansion->literal = ++expansion->at;
}

static void expand_bare(struct expansion *expansion)
{
	const uint8_t *name = expansion->at;
	struct span value;

	while (expansion->at < expansion->end && is_name_byte(*expansion->at))
		expansion->at++;
	if (look_up(expansion->emulation, span_between(name, expansion->at), &value))
		scratch_put(expansion->emulation, value);
	expansion->literal = expansion->at;
}

// Puts a text with its references replaced.
static void expand(struct emulation *emulation, struct span text, unsigned depth)
{
	struct expansion expansion = {.emulation = emulation,
		.at = text.at,
		.end = span_end(text),
		.literal = text.at,
		.depth = depth};
	const uint8_t *dollar;

	emulation_work(emulation, text.length);
	if (depth > EMULATION_DEPTH_MAX)
		emulation_refuse(emulation, FINDING_TOO_LARGE, emulation_text(emulation).at,
			"defaults inside defaults, too deep");
	while (!emulation_stopped(emulation) &&
		(dollar = span_find(span_between(expansion.at, expansion.end), '$')) &&
		dollar + 1 < expansion.end) {
		expansion.at = dollar + 1;
		if (*expansion.at == '{' || is_name_byte(*expansion.at)) {
			put_literal(&expansion, dollar);
			expansion.literal = dollar;
		}
		if (*expansion.at == '{') {
			expand_braced(&expansion);
		} else if (is_name_byte(*expansion.at)) {
			expand_bare(&expansion);
		} else if (*expansion.at++ == '$') {
			put_literal(&expansion, dollar + 1);
			expansion.literal = expansion.at;
		}
	}
	put_literal(&expansion, expansion.end);
}

// ---- values

// What a single-quoted part holds; `at` stands after the quote.
static void read_single(struct systemd_reading *reading)
{
	struct span left = span_between(reading->at, reading->end);
	const uint8_t *quote = span_find(left, '\'');

	scratch_put(reading->emulation, span_between(reading->at, quote ? quote : reading->end));
	reading->at = quote ? quote + 1 : reading->end;
}

static void read_double(struct systemd_reading *reading)
{
	const uint8_t *from = reading->at;

	while (reading->at < reading->end && *reading->at != '"') {
		if (*reading->at++ != '\\')
			continue;
		scratch_put(reading->emulation, span_between(from, reading->at - 1));
		from = reading->at;
		if (reading->at == reading->end)
			break;
		if (*reading->at == '\n')
			from++; // the line goes on
		else if (!strchr("\"\\`$", *reading->at))
			from--; // the backslash stays
		reading->at++;
	}
	scratch_put(reading->emulation, span_between(from, reading->at));
	if (reading->at < reading->end)
		reading->at++;
}

// Without quotes, up to the end of the line; space at its end goes, unless a backslash came after.
// Returns: how long the value is without that.
static size_t read_unquoted(struct systemd_reading *reading, size_t begun)
{
	const uint8_t *from = reading->at, *text_end = from;
	size_t length;

	while (reading->at < reading->end && !is_newline(*reading->at)) {
		if (*reading->at != '\\') {
			if (!is_blank(*reading->at++))
				text_end = reading->at;
			continue;
		}
		scratch_put(reading->emulation, span_between(from, reading->at));
		from = ++reading->at;
		if (reading->at < reading->end && is_newline(*reading->at))
			from = ++reading->at;
		else if (reading->at < reading->end)
			reading->at++;
		text_end = reading->at;
	}
	scratch_put(reading->emulation, span_between(from, text_end));
	length = scratch_since(reading->emulation, begun).length;
	// also a value that is nothing but such space has been given
	scratch_put(reading->emulation, span_between(text_end, reading->at));
	return length;
}

// The same where no byte needs to be changed: a view of the text.
// Returns: whether it is so; if not, nothing was read.
static bool read_plain(struct systemd_reading *reading, struct span *ret_value)
{
	const uint8_t *from = reading->at, *at = from, *end;

	if (at == reading->end)
		return false;
	if (*at == '"' || *at == '\'') {
		for (from = ++at; at < reading->end && *at != from[-1] && *at != '\\'; at++)
			;
		if (at == reading->end || *at != from[-1])
			return false;
		end = at++;
		while (at < reading->end && is_blank(*at))
			at++;
		if (at < reading->end && !is_newline(*at))
			return false;
	} else {
		while (at < reading->end && !is_newline(*at) && *at != '\\')
			at++;
		if (at < reading->end && *at == '\\')
			return false;
		for (end = at; end > from && is_blank(end[-1]); end--)
			;
	}
	*ret_value = span_between(from, end);
	reading->at = at;
	return true;
}

// A value; `at` stands after "=".
// Returns: whether there was one at all: "" is none.
static bool read_value(struct systemd_reading *reading, struct span *ret_value)
{
	size_t begun = scratch_begin(reading->emulation), length = SIZE_MAX;
	bool given;

	while (reading->at < reading->end && is_blank(*reading->at))
		reading->at++;
	if (read_plain(reading, ret_value))
		return ret_value->length > 0;
	while (reading->at < reading->end && !is_newline(*reading->at)) {
		uint8_t byte = *reading->at;

		if (is_blank(byte) || byte == '\'' || byte == '"')
			reading->at++;
		if (byte == '\'')
			read_single(reading);
		else if (byte == '"')
			read_double(reading);
		else if (!is_blank(byte))
			length = read_unquoted(reading, begun);
	}
	*ret_value = scratch_end(reading->emulation, begun);
	given = ret_value->length > 0;
	if (length < ret_value->length)
		ret_value->length = length;
	return given;
}

// ---- assignments

static void assign(struct emulation *emulation, struct span name, struct span value)
{
	if (!is_utf8(name) || !is_utf8(value)) {
		emulation_refuse(emulation, FINDING_REFUSED, name.at, "bad UTF-8");
		return;
	}
	if (!is_name(name) || value.length > SYSTEMD_ARGUMENTS_MAX - 3 ||
		name.length + value.length > SYSTEMD_ARGUMENTS_MAX - 2) {
		emulation_tell(emulation, FINDING_IGNORED_LINE, name.at, (struct span){0},
			is_name(name) ? "a value of 2 MiB" : "not a valid name");
		return;
	}
	emulation_set(emulation, name, value, name.at);
}

static void expand_and_assign(
	struct emulation *emulation, struct span name, struct span value, bool given)
{
	size_t begun = scratch_begin(emulation);

	if (!given || !is_name(name)) {
		emulation_tell(emulation, FINDING_IGNORED_LINE, name.at, (struct span){0},
			given ? "not a valid name" : "a name without a value");
		return;
	}
	if (span_find(value, '$')) {
		expand(emulation, value, 0);
		value = scratch_end(emulation, begun);
	}
	if (is_utf8(value))
		emulation_set(emulation, name, value, name.at);
	else
		emulation_refuse(emulation, FINDING_REFUSED, name.at, "bad UTF-8");
}

// A backslash takes the byte after it along, so that a comment may go on in the next line.
static void skip_comment(struct systemd_reading *reading)
{
	while (reading->at < reading->end && !is_newline(*reading->at))
		reading->at += *reading->at == '\\' ? 2 : 1;
	if (reading->at > reading->end)
		reading->at = reading->end;
}

// A name and what follows; `at` stands at the name's first byte, which may be any.
static void read_assignment(struct systemd_reading *reading)
{
	const uint8_t *from = reading->at++, *name_end;
	struct span name, value;
	bool given;

	while (reading->at < reading->end && *reading->at != '=' && !is_newline(*reading->at))
		reading->at++;
	if (reading->at == reading->end || *reading->at != '=') {
		emulation_tell(reading->emulation, FINDING_IGNORED_LINE, from, (struct span){0},
			"a line without \"=\"");
		return;
	}
	for (name_end = reading->at++; is_blank(name_end[-1]); name_end--)
		;
	name = span_between(from, name_end);
	given = read_value(reading, &value);
	if (emulation_has(reading->emulation, SYSTEMD_EXPANDS))
		expand_and_assign(reading->emulation, name, value, given);
	else
		assign(reading->emulation, name, value);
}

static void read_systemd(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	struct systemd_reading reading = {emulation, text.at, span_end(text)};
	const uint8_t *nul = span_find(text, '\0');

	if (nul) {
		emulation_refuse(emulation, FINDING_REFUSED, nul, "a NUL byte");
		return;
	}
	while (reading.at < reading.end && !emulation_stopped(emulation)) {
		if (is_blank(*reading.at) || is_newline(*reading.at))
			reading.at++;
		else if (*reading.at == '#' || *reading.at == ';')
			skip_comment(&reading);
		else
			read_assignment(&reading);
	}
}

const struct dialect systemd_rows[] = {
	{
		.name = "systemd",
		.loader = "systemd 252 (EnvironmentFile=)",
		.doc = "text goes on after a closing quote, and an open one takes the rest",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_systemd,
	},
	{
		.name = "environment.d",
		.loader = "systemd 252 (environment.d)",
		.doc = "as systemd, expands inside any quotes and drops an empty value",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.traits = SYSTEMD_EXPANDS,
		.read = read_systemd,
	},
	{0},
};
