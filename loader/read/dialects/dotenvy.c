// The dialect of Rust's dotenvy: words as in a shell. A first pass finds where a line ends, by
// rules of its own about quotes and comments; a second one reads the line, by others.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/unicode.h"

// What the first pass is in.
enum dotenvy_state {
	DOTENVY_COMPLETE,
	DOTENVY_SPACE, // one white space; a '#' behind it begins a comment, behind a second it does
		       // not
	DOTENVY_ESCAPE,
	DOTENVY_SINGLE,
	DOTENVY_SINGLE_ESCAPE,
	DOTENVY_DOUBLE,
	DOTENVY_DOUBLE_ESCAPE,
};

struct dotenvy_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	bool nuls; // there are some
};

static const uint8_t *skip_spaces(const uint8_t *at, const uint8_t *end)
{
	size_t size;

	while (at < end && unicode_is_space(unicode_first(at, end, &size)))
		at += size;
	return at;
}

static const uint8_t *trim_spaces(const uint8_t *at, const uint8_t *end)
{
	size_t size;

	while (end > at && unicode_is_space(unicode_last(at, end, &size)))
		end -= size;
	return end;
}

// ---- the first pass

// Whether a byte leaves the state as it is.
static bool passes(enum dotenvy_state state, uint8_t byte)
{
	static const bool special[0x80] = {['\t'] = true,
		['\n'] = true,
		['\v'] = true,
		['\f'] = true,
		[' '] = true,
		['"'] = true,
		['\''] = true,
		['\\'] = true};

	if (state == DOTENVY_COMPLETE)
		return byte < 0x80 && !special[byte];
	if (state == DOTENVY_SINGLE)
		return byte != '\\' && byte != '\'';
	return state == DOTENVY_DOUBLE && byte != '\\' && byte != '"';
}

static enum dotenvy_state after_quote(uint8_t byte, uint8_t quote, enum dotenvy_state open)
{
	if (byte == '\\')
		return open + 1;
	return byte == quote ? DOTENVY_COMPLETE : open;
}

// The state behind a character that begins with `byte`.
static enum dotenvy_state next_state(enum dotenvy_state state, uint8_t byte, bool space)
{
	switch (state) {
	case DOTENVY_SINGLE:
		return after_quote(byte, '\'', DOTENVY_SINGLE);
	case DOTENVY_DOUBLE:
		return after_quote(byte, '"', DOTENVY_DOUBLE);
	case DOTENVY_SINGLE_ESCAPE:
		return DOTENVY_SINGLE;
	case DOTENVY_DOUBLE_ESCAPE:
		return DOTENVY_DOUBLE;
	case DOTENVY_ESCAPE:
		return DOTENVY_COMPLETE;
	case DOTENVY_COMPLETE:
		if (space && byte != '\n' && byte != '\r')
			return DOTENVY_SPACE;
		break;
	case DOTENVY_SPACE:
		break;
	}
	if (byte == '\\')
		return DOTENVY_ESCAPE;
	if (byte == '"')
		return DOTENVY_DOUBLE;
	return byte == '\'' ? DOTENVY_SINGLE : DOTENVY_COMPLETE;
}

// Whether nothing but a comment stands in the line of the file that `at` begins.
static bool is_comment_line(const uint8_t *at, const uint8_t *end)
{
	size_t size;

	while (at < end && *at != '\n' && unicode_is_space(unicode_first(at, end, &size)))
		at += size;
	return at < end && *at == '#';
}

// Finds where the line at `at` ends, which may be several lines of the file.
// Returns: its end, behind the newline or before a comment, or NULL when the file ends within it.
static const uint8_t *find_line_end(const uint8_t *at, const uint8_t *end)
{
	enum dotenvy_state state = DOTENVY_COMPLETE;
	size_t size;

	while (at < end) {
		uint8_t byte = *at;

		if (passes(state, byte)) {
			at++;
			continue;
		}
		if (state == DOTENVY_SPACE && byte == '#')
			return at;
		state = next_state(state, byte, unicode_is_space(unicode_first(at, end, &size)));
		at += size;
		if (byte == '\n' && state == DOTENVY_COMPLETE)
			return at;
	}
	return state == DOTENVY_COMPLETE ? end : NULL;
}

// Finds the next line and goes on behind it.
// Returns: whether there is one; `ret_line` is it without a comment that ends it.
static bool next_line(struct dotenvy_reading *reading, struct span *ret_line)
{
	const uint8_t *start = reading->at, *end;

	end = is_comment_line(start, reading->end) ? start : find_line_end(start, reading->end);
	if (!end) {
		emulation_refuse(reading->emulation, FINDING_REFUSED, start,
			"a quote, a backslash or a lone white space is open at the end of the "
			"file");
		return false;
	}
	*ret_line = span_between(start, end);
	if (end == start || end[-1] != '\n') {
		end = span_line_end(end, reading->end);
		end += end < reading->end;
	}
	reading->at = end;
	return end > start;
}

// ---- values

// Puts a variable's value. The loader sets each as soon as it is read, so the environment knows
// them too; a value there that is not UTF-8 counts as none.
static void put_variable(struct emulation *emulation, struct span name)
{
	struct span value;

	if (!name.length)
		return;
	if ((emulation_environment(emulation, name, &value) &&
		    text_utf8_error(value.at, value.length) == value.length) ||
		emulation_find(emulation, name, &value))
		scratch_put(emulation, value);
}

// Puts what the '$' before `at` and what follows stand for. The character that ends a name is text
// whatever it is, a quote too, unless it is a '$'.
// Returns: where they end, or NULL when a brace is never closed.
static const uint8_t *put_reference(
	struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	for (;;) {
		const uint8_t *name = at, *close;
		size_t size;

		while (at < end && unicode_is_alphanumeric(unicode_first(at, end, &size)))
			at += size;
		if (at < end && *at == '{' && at == name) {
			close = span_find(span_between(at, end), '}');
			if (close)
				put_variable(emulation, span_between(at + 1, close));
			return close ? close + 1 : NULL;
		}
		put_variable(emulation, span_between(name, at));
		if (at == end)
			return end;
		if (*at == '$') {
			at++;
			continue;
		}
		(void)unicode_first(at, end, &size);
		scratch_put(emulation, span_between(at, at + size));
		return at + size;
	}
}

// Puts what the backslash before `at` and what follows stand for.
// Returns: where they end, or NULL when it is no escape.
static const uint8_t *put_escape(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	static const char literal[] = "\\'\"$ ";

	if (at == end)
		return end;
	if (*at != 'n' && !memchr(literal, *at, sizeof(literal) - 1))
		return NULL;
	scratch_put_byte(emulation, *at == 'n' ? '\n' : *at);
	return at + 1;
}

// Puts what stands between the single quote before `at` and the next.
// Returns: where they end, or NULL when there is no next.
static const uint8_t *put_literal(
	struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *close = span_find(span_between(at, end), '\'');

	if (!close)
		return NULL;
	scratch_put(emulation, span_between(at, close));
	return close + 1;
}

// Whether a byte means something in a value, in double quotes or outside.
static bool is_special(uint8_t byte, bool quoted)
{
	return byte == '"' || byte == '\\' || byte == '$' ||
	       (!quoted && (byte == '\'' || byte == ' ' || byte == '\t'));
}

static const uint8_t *skip_text(const uint8_t *at, const uint8_t *end, bool quoted)
{
	while (at < end && !is_special(*at, quoted))
		at++;
	return at;
}

// Behind a blank only a comment may follow.
static bool is_comment(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at == end || *at == '#';
}

// Puts the text of a value.
// Returns: NULL, or what is wrong with it.
static const char *put_value(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	bool quoted = false;

	while (at && at < end) {
		const uint8_t *special = skip_text(at, end, quoted);

		scratch_put(emulation, span_between(at, special));
		at = special;
		if (at == end)
			break;
		at++;
		if (*special == '"')
			quoted = !quoted;
		else if (*special == '\\')
			at = put_escape(emulation, at, end);
		else if (*special == '$')
			at = put_reference(emulation, at, end);
		else if (*special == '\'')
			at = put_literal(emulation, at, end);
		else
			return is_comment(at, end) ? NULL : "text behind a blank";
	}
	return at && !quoted ? NULL : "an open quote or brace, or an escape that is none";
}

static struct span read_value(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	size_t begun = scratch_begin(emulation);
	const char *wrong;

	if (skip_text(at, end, false) == end)
		return span_between(at, end);
	wrong = put_value(emulation, at, end);
	if (wrong)
		emulation_refuse(emulation, FINDING_REFUSED, at, wrong);
	return scratch_end(emulation, begun);
}

// ---- the second pass

// The end of the name at `at`, which is `at` where none begins.
static const uint8_t *name_end(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;

	while (at < end && *at < 0x80 &&
		(*at == '_' || (unicode_is_letter_or_number(*at) && (at > start || *at > '9')) ||
			(*at == '.' && at > start)))
		at++;
	return at;
}

// Finds the name of a line, behind "export" too.
// Returns: the '=' behind it, or NULL where there is none.
static const uint8_t *read_name(const uint8_t *at, const uint8_t *end, struct span *ret_name)
{
	for (bool exported = false;; exported = true) {
		const uint8_t *behind = name_end(at, end);
		struct span name = span_between(at, behind);

		at = skip_spaces(behind, end);
		if (name.length && at < end && *at == '=') {
			*ret_name = name;
			return at;
		}
		if (exported || !span_is(name, "export"))
			return NULL;
	}
}

// The first value of a name counts, and the environment's before it.
static void set(struct dotenvy_reading *reading, struct span name, struct span value)
{
	struct emulation *emulation = reading->emulation;
	struct span other;
	bool given = emulation_environment(emulation, name, &other);
	bool sound = given && text_utf8_error(other.at, other.length) == other.length;

	if (emulation_find(emulation, name, &other))
		return;
	if (!sound && reading->nuls && span_find(value, '\0')) {
		emulation_refuse(emulation, FINDING_REFUSED, name.at, "a NUL in a value");
		return;
	}
	emulation_set(emulation, name, value, name.at);
	if (given && !sound)
		emulation_settle(emulation, name, value);
}

static void read_line(struct dotenvy_reading *reading, struct span line)
{
	const uint8_t *end = trim_spaces(line.at, span_end(line));
	const uint8_t *at = skip_spaces(line.at, end), *equals;
	struct span name, value;

	if (at == end || *at == '#')
		return;
	emulation_reach(reading->emulation, at);
	equals = read_name(at, end, &name);
	if (!equals) {
		emulation_refuse(reading->emulation, FINDING_REFUSED, at,
			"no name of letters, digits, '_' and '.' with a '=' behind it");
		return;
	}
	at = skip_spaces(equals + 1, end);
	value = at < end && *at != '#' ? read_value(reading->emulation, at, end)
				       : span_between(at, at);
	set(reading, name, value);
}

static void read_dotenvy(struct emulation *emulation)
{
	struct span text = emulation_text(emulation), line;
	size_t sound = text_utf8_error(text.at, text.length);
	struct dotenvy_reading reading = {
		.emulation = emulation,
		.at = text.at,
		.end = span_end(text),
		.nuls = span_find(text, '\0'),
	};

	if (sound < text.length) {
		emulation_refuse(emulation, FINDING_REFUSED, text.at + sound, "not UTF-8");
		return;
	}
	if (span_starts(text, "\xEF\xBB\xBF"))
		reading.at += 3;
	while (!emulation_stopped(emulation) && next_line(&reading, &line))
		read_line(&reading, line);
}

const struct dialect dotenvy_rows[] = {
	{
		.name = "dotenvy",
		.loader = "Rust dotenvy 0.15.7",
		.doc = "words as in a shell; the first value of a name counts",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_dotenvy,
	},
	{0},
};
