// The dialects of systemd's EnvironmentFile= and environment.d: quotes may follow each other, a
// backslash joins lines (in comments too), and what is no name is dropped. environment.d expands
// references as well, whatever quotes they stood in.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/systemd_expand.h"

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

static bool is_name(struct span name)
{
	if (!name.length || ascii_is_digit(name.at[0]) || name.length > SYSTEMD_ARGUMENTS_MAX - 2)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!ascii_is_name(name.at[i], false))
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
			if (!ascii_is_blank(*reading->at++))
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
		while (at < reading->end && ascii_is_blank(*at))
			at++;
		if (at < reading->end && !is_newline(*at))
			return false;
	} else {
		while (at < reading->end && !is_newline(*at) && *at != '\\')
			at++;
		if (at < reading->end && *at == '\\')
			return false;
		for (end = at; end > from && ascii_is_blank(end[-1]); end--)
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

	while (reading->at < reading->end && ascii_is_blank(*reading->at))
		reading->at++;
	if (read_plain(reading, ret_value))
		return ret_value->length > 0;
	while (reading->at < reading->end && !is_newline(*reading->at)) {
		uint8_t byte = *reading->at;

		if (ascii_is_blank(byte) || byte == '\'' || byte == '"')
			reading->at++;
		if (byte == '\'')
			read_single(reading);
		else if (byte == '"')
			read_double(reading);
		else if (!ascii_is_blank(byte))
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
		systemd_expand(emulation, value);
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

	emulation_reach(reading->emulation, from);
	while (reading->at < reading->end && *reading->at != '=' && !is_newline(*reading->at))
		reading->at++;
	if (reading->at == reading->end || *reading->at != '=') {
		emulation_tell(reading->emulation, FINDING_IGNORED_LINE, from, (struct span){0},
			"a line without \"=\"");
		return;
	}
	for (name_end = reading->at++; ascii_is_blank(name_end[-1]); name_end--)
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
		if (ascii_is_blank(*reading.at) || is_newline(*reading.at))
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
