// The dialect of bun --env-file. White space, newlines included, may stand nearly everywhere, and
// references are expanded once all names of a file are known, whatever the quotes were.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/jstext.h"
#include "loader/read/dialects/scratch.h"

#define BUN_DEPTH_MAX 200 // bun's own: a default inside more defaults is taken as it is
#define BUN_SCANNED 16    // bytes looked at that cost what one written byte does

struct bun_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	bool refers; // a value may hold a reference
};

enum {
	BLANK = 1,    // white space
	LINE_END = 2, // ends a line
	BARE_END = 4, // ends a value without quotes
	NAME = 8,     // may stand in a name
	VARIABLE = 16 // may stand in the name of a reference
};

static uint8_t kind_of(uint8_t byte)
{
	if (ascii_is_alphanumeric(byte) || byte == '_')
		return NAME | VARIABLE;
	switch (byte) {
	case '\n':
	case '\r':
		return BLANK | LINE_END | BARE_END;
	case '\t':
	case '\v':
	case '\f':
	case ' ':
		return BLANK;
	case '#':
		return BARE_END;
	case '-':
	case '.':
		return NAME;
	default:
		return 0;
	}
}

// The first byte that is of one of the kinds.
static const uint8_t *until(const uint8_t *at, const uint8_t *end, uint8_t kinds)
{
	while (at < end && !(kind_of(*at) & kinds))
		at++;
	return at;
}

// The first byte that is of none of the kinds.
static const uint8_t *while_in(const uint8_t *at, const uint8_t *end, uint8_t kinds)
{
	while (at < end && kind_of(*at) & kinds)
		at++;
	return at;
}

static void skip_line(struct bun_reading *reading)
{
	reading->at = until(reading->at, reading->end, LINE_END);
	reading->at += reading->at < reading->end;
}

// ---- lines

// Takes a name with its '=', or with a ':' that white space follows.
// Returns: whether there is one; else nothing was taken.
static bool take_bare_name(struct bun_reading *reading, struct span *ret_name)
{
	const uint8_t *end = reading->end, *name_end = while_in(reading->at, end, NAME);
	const uint8_t *sign = while_in(name_end, end, BLANK);

	if (name_end == reading->at || sign == end)
		return false;
	if (*sign != '=' && !(*sign == ':' && sign + 1 < end && kind_of(sign[1]) & BLANK))
		return false;
	*ret_name = span_between(reading->at, name_end);
	reading->at = sign + (*sign == '=' ? 1 : 2);
	return true;
}

// The same, after white space, and perhaps with `export` in front.
static bool take_name(struct bun_reading *reading, struct span *ret_name)
{
	const uint8_t *start, *name_end;

	start = reading->at = while_in(reading->at, reading->end, BLANK);
	name_end = while_in(start, reading->end, NAME);
	if (span_is(span_between(start, name_end), "export")) {
		reading->at = while_in(name_end, reading->end, BLANK);
		if (reading->at > name_end && take_bare_name(reading, ret_name))
			return true;
		reading->at = start;
	}
	return take_bare_name(reading, ret_name);
}

// What stands in quotes, with the escapes of double quotes and the line ends as newlines.
static struct span unquote(struct emulation *emulation, struct span inside, uint8_t quote)
{
	const uint8_t *at = inside.at, *end = span_end(inside), *plain = at;
	size_t begun = scratch_begin(emulation);

	if (!span_find(inside, '\r') && (quote != '"' || !span_find(inside, '\\')))
		return inside;
	while (at < end) {
		uint8_t next = at + 1 < end ? at[1] : 0;
		bool escape = *at == '\\' && quote == '"';

		if (*at != '\r' && !(escape && (next == 'n' || next == 'r'))) {
			at += escape ? 2 : 1;
			continue;
		}
		scratch_put(emulation, span_between(plain, at));
		if (escape || next != '\n')
			scratch_put_byte(emulation, escape && next == 'r' ? '\r' : '\n');
		at += escape ? 2 : 1;
		plain = at;
	}
	scratch_put(emulation, span_between(plain, end));
	return scratch_end(emulation, begun);
}

// Takes a value in quotes that begins at `start`, and the rest of the line behind it.
// Returns: whether the quote is closed; else nothing was taken.
static bool take_quoted(struct bun_reading *reading, const uint8_t *start, struct span *ret_value)
{
	const uint8_t *at = start + 1;

	while (at < reading->end && *at != *start)
		at += *at == '\\' ? 2 : 1;
	if (at >= reading->end)
		return false;
	*ret_value = unquote(reading->emulation, span_between(start + 1, at), *start);
	reading->at = at + 1;
	skip_line(reading);
	return true;
}

static struct span trim(struct span value)
{
	const uint8_t *start = while_in(value.at, span_end(value), BLANK);

	value = span_between(start, span_end(value));
	while (value.length && kind_of(value.at[value.length - 1]) & BLANK)
		value.length--;
	return value;
}

static struct span take_value(struct bun_reading *reading)
{
	const uint8_t *start = reading->at, *shown = while_in(start, reading->end, BLANK);
	struct span value;

	if (shown == reading->end) {
		reading->at = shown;
		return (struct span){shown, 0};
	}
	if ((*shown == '"' || *shown == '\'' || *shown == '`') &&
		take_quoted(reading, shown, &value))
		return value;
	reading->at = until(start, reading->end, BARE_END);
	return trim(span_between(start, reading->at));
}

// ---- references

static void expand(struct emulation *emulation, struct span value, unsigned depth);

static bool look_up(struct emulation *emulation, struct span name, struct span *ret_value)
{
	emulation_work(emulation, 1);
	return emulation_environment(emulation, name, ret_value) ||
	       emulation_find(emulation, name, ret_value);
}

// Where the brace is closed that was opened before `inside`, or NULL.
static const uint8_t *closing_brace(struct emulation *emulation, struct span inside)
{
	const uint8_t *at = inside.at, *end = span_end(inside);
	size_t open = 1;

	while (at < end) {
		bool two = at + 1 < end && (*at == '\\' || (*at == '$' && at[1] == '{'));

		if (two && *at == '$')
			open++;
		if (*at == '}' && --open == 0)
			break;
		at += two ? 2 : 1;
	}
	emulation_work(emulation, (size_t)(at - inside.at) / BUN_SCANNED);
	return at < end ? at : NULL;
}

// Puts what `reference`, from its '$' to its '}', stands for.
static void put_braced(struct emulation *emulation, struct span reference, unsigned depth)
{
	const uint8_t *start = reference.at + 2, *end = span_end(reference) - 1;
	struct span name = span_between(start, while_in(start, end, VARIABLE)), value;
	struct span rest = span_between(span_end(name), end);

	if (rest.length && !span_starts(rest, ":-")) {
		scratch_put(emulation, reference);
		return;
	}
	if (look_up(emulation, name, &value))
		scratch_put(emulation, value);
	else if (rest.length && depth < BUN_DEPTH_MAX)
		expand(emulation, span_after(rest, 2), depth + 1);
	else if (rest.length)
		scratch_put(emulation, span_after(rest, 2));
}

// Puts what stands at the start of `rest`, which is a '$'.
// Returns: what follows it.
static struct span take_reference(struct emulation *emulation, struct span rest, unsigned depth)
{
	const uint8_t *next = rest.at + 1, *end = span_end(rest);
	struct span name, value;

	if (next < end && *next == '{') {
		const uint8_t *close = closing_brace(emulation, span_between(next + 1, end));

		if (!close) {
			scratch_put(emulation, rest);
			return span_between(end, end);
		}
		put_braced(emulation, span_between(rest.at, close + 1), depth);
		return span_between(close + 1, end);
	}
	name = span_between(next, while_in(next, end, VARIABLE));
	if (!name.length)
		scratch_put_byte(emulation, '$');
	else if (look_up(emulation, name, &value))
		scratch_put(emulation, value);
	return span_between(span_end(name), end);
}

// Puts the value with its references replaced; \$ is a '$'.
static void expand(struct emulation *emulation, struct span value, unsigned depth)
{
	while (scratch_put_to_dollar(emulation, &value))
		value = take_reference(emulation, value, depth);
}

static void expand_all(struct emulation *emulation)
{
	size_t count = emulation_set_count(emulation);

	for (size_t i = 0; i < count && !emulation_stopped(emulation); i++) {
		struct span name, value;
		size_t begun = scratch_begin(emulation);

		if (!emulation_set_at(emulation, i, &name, &value) || value.length < 2 ||
			!span_find(value, '$'))
			continue;
		emulation_reach_at(emulation, i);
		expand(emulation, value, 0);
		emulation_change_at(emulation, i, scratch_end(emulation, begun));
	}
}

// ---- a file

static void read_bun(struct emulation *emulation)
{
	struct bun_reading reading = {.emulation = emulation};
	struct span text, name, value;

	jstext_decode(emulation);
	text = emulation_text(emulation);
	if (span_starts(text, "\xEF\xBB\xBF"))
		text = span_after(text, 3);
	reading.at = text.at;
	reading.end = span_end(text);
	while (reading.at < reading.end && !emulation_stopped(emulation)) {
		if (!take_name(&reading, &name)) {
			if (reading.at < reading.end && *reading.at != '#')
				emulation_tell(emulation, FINDING_IGNORED_LINE, reading.at,
					(struct span){0},
					"a line that is no assignment is ignored");
			skip_line(&reading);
			continue;
		}
		value = take_value(&reading);
		reading.refers |= span_find(value, '$') != NULL;
		emulation_set(emulation, name, value, name.at);
	}
	if (reading.refers)
		expand_all(emulation);
}

const struct dialect bun_rows[] = {
	{
		.name = "bun",
		.loader = "bun 1.4.5 --env-file",
		.doc = "expands in all quotes; a quoted value may begin on a later line",
		.files = DIALECT_LAST_FILE_FIRST,
		.read = read_bun,
	},
	{0},
};
