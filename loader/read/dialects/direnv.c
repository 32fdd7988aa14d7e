// The dialect of direnv's dotenv: line by line, and one bad line refuses the file. What it reads is
// handed to a bash as `export NAME=VALUE`, so a name that is none for bash is set for later
// references only, and a value ends at a NUL.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

// ---- references

// What a reference stands for: the file goes before the environment, and a default counts when
// neither has more than nothing to say.
static struct span look_up(struct emulation *emulation, struct span reference)
{
	struct span value = {0}, otherwise = {0};
	const uint8_t *end = span_end(reference);

	for (const uint8_t *colon = span_find(reference, ':'); colon && colon + 1 < end;
		colon = span_find(span_between(colon + 1, end), ':')) {
		if (colon[1] != '-')
			continue;
		otherwise = span_between(colon + 2, end);
		reference.length = (size_t)(colon - reference.at);
		break;
	}
	if (emulation_find(emulation, reference, &value))
		return value;
	if (!emulation_environment(emulation, reference, &value) || !value.length)
		return otherwise;
	return value;
}

// What follows a '$'.
struct direnv_reference {
	struct span name;     // empty: none
	const uint8_t *after; // what of the text it takes; where it begins: the '$' stays
};

static bool is_special(uint8_t byte)
{
	return ascii_is_digit(byte) || (byte && strchr("*#$@!?-", byte));
}

// Reads what stands behind a '$'. `brace` is where the last search for a '}' ended.
static struct direnv_reference read_reference(
	const uint8_t *at, const uint8_t *end, const uint8_t **brace)
{
	const uint8_t *after = at;

	if (*at != '{') {
		if (is_special(*at))
			return (struct direnv_reference){{at, 1}, at + 1};
		while (after < end && ascii_is_name(*after, false))
			after++;
		return (struct direnv_reference){span_between(at, after), after};
	}
	if (!*brace || *brace < at)
		*brace = span_find(span_between(at, end), '}');
	if (!*brace) { // none from here on: only the "${" goes
		*brace = end;
		return (struct direnv_reference){{0}, at + 1};
	}
	if (*brace == end)
		return (struct direnv_reference){{0}, at + 1};
	return (struct direnv_reference){span_between(at + 1, *brace), *brace + 1};
}

static struct span expand(struct emulation *emulation, struct span value)
{
	const uint8_t *dollar = span_find(value, '$'), *end = span_end(value), *done = value.at;
	const uint8_t *brace = NULL;
	size_t begun;

	if (!dollar)
		return value;
	begun = scratch_begin(emulation);
	while (dollar && dollar + 1 < end) {
		struct direnv_reference reference = read_reference(dollar + 1, end, &brace);
		bool is_text = reference.after == dollar + 1;

		scratch_put(emulation, span_between(done, is_text ? dollar + 1 : dollar));
		if (reference.name.length)
			scratch_put(emulation, look_up(emulation, reference.name));
		done = reference.after;
		dollar = span_find(span_between(done, end), '$');
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

// ---- values

// First \n and \r become what they mean, then a backslash before anything but a '$' goes away.
static struct span unescape(struct emulation *emulation, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value);
	size_t begun;

	if (!span_find(value, '\\'))
		return value;
	begun = scratch_begin(emulation);
	while (at < end) {
		const uint8_t *backslash = span_find(span_between(at, end), '\\');
		uint8_t byte;

		if (!backslash || backslash + 1 == end)
			break;
		scratch_put(emulation, span_between(at, backslash));
		at = backslash + 1;
		// an escaped backslash whose own letter makes a line end is dropped before that
		if (*at == '\\' && at + 1 < end && (at[1] == 'n' || at[1] == 'r'))
			at++;
		byte = *at++;
		if (byte == '$')
			scratch_put_byte(emulation, '\\');
		scratch_put_byte(emulation, byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte);
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

static struct span read_value(struct emulation *emulation, struct span value)
{
	uint8_t quote = value.length ? value.at[0] : 0;

	if (value.length <= 1)
		return value;
	if ((quote == '\'' || quote == '"') && value.at[value.length - 1] == quote) {
		value = (struct span){value.at + 1, value.length - 2};
		if (quote == '\'')
			return value;
		value = unescape(emulation, value);
	}
	return expand(emulation, value);
}

// ---- lines

// Whether nothing, or a comment, is left of a line.
static bool is_rest(const uint8_t *at, const uint8_t *end)
{
	at = skip_space(at, end);
	return at == end || *at == '#';
}

// Finds the value that begins at `at`: from a quote to the last one of its kind after which only
// a comment is left, or up to white space or a '#'.
// Returns: whether the line is a good one.
static bool find_value(const uint8_t *at, const uint8_t *end, struct span *ret_value)
{
	const uint8_t *after = at;

	if (at < end && (*at == '\'' || *at == '"'))
		for (const uint8_t *close = end; --close > at;)
			if (*close == *at && is_rest(close + 1, end)) {
				*ret_value = span_between(at, close + 1);
				return true;
			}
	while (after < end && !is_space(*after) && *after != '#')
		after++;
	*ret_value = span_between(at, after);
	return is_rest(after, end);
}

// Finds where the value begins: behind '=', with or without white space, or behind ':' and some.
// Returns: its place, or NULL.
static const uint8_t *find_separator(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *equals = skip_space(at, end);

	if (equals < end && *equals == '=')
		return skip_space(equals + 1, end);
	if (end - at >= 2 && *at == ':' && is_space(at[1]))
		return skip_space(at + 1, end);
	return NULL;
}

// Reads a name and finds what is behind its separator.
// Returns: whether that is what stands at `at`.
static bool find_name(
	const uint8_t *at, const uint8_t *end, struct span *ret_name, const uint8_t **ret_value)
{
	const uint8_t *after = at, *value;

	while (after < end && (ascii_is_name(*after, false) || *after == '.'))
		after++;
	if (after == at || !(value = find_separator(after, end)))
		return false;
	*ret_name = span_between(at, after);
	*ret_value = value;
	return true;
}

static bool read_line(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *word, *start;
	struct span name, value;

	at = skip_space(at, end);
	if (is_rest(at, end))
		return true;
	word = at;
	if (span_starts(span_between(at, end), "export"))
		word = skip_space(at + 6, end);
	// without white space behind it, or without a name there, `export` is a name itself
	if ((word <= at + 6 || !find_name(word, end, &name, &start)) &&
		!find_name(at, end, &name, &start))
		return false;
	if (!find_value(start, end, &value))
		return false;
	emulation_reach(emulation, name.at);
	emulation_set(emulation, name, read_value(emulation, value), name.at);
	return true;
}

// ---- files

// Whether bash takes it as a name that can be set.
static bool is_settable(struct span name)
{
	static const char *const fixed[] = {"UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "_"};

	if (ascii_is_digit(name.at[0]) || span_find(name, '.'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (span_is(name, fixed[i]))
			return false;
	return true;
}

// What bash makes of the exports.
static void export_all(struct emulation *emulation, bool has_nul)
{
	struct span name, value;
	const uint8_t *nul;

	for (size_t i = 0; i < emulation_set_count(emulation); i++) {
		if (!emulation_set_at(emulation, i, &name, &value))
			continue;
		if (!is_settable(name)) {
			emulation_tell(emulation, FINDING_IGNORED_LINE, name.at, name,
				"no name that bash can export");
			emulation_unset(emulation, name);
		} else if (has_nul && (nul = span_find(value, '\0'))) {
			emulation_change(emulation, name, span_between(value.at, nul));
		}
	}
}

static void read_direnv(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	const uint8_t *end = span_end(text), *at = text.at, *newline = NULL;

	while (at < end && !emulation_stopped(emulation)) {
		const uint8_t *line_end;

		if (!newline || newline < at)
			newline = span_line_end(at, end);
		line_end = span_find(span_between(at, newline), '\r');
		if (!line_end)
			line_end = newline;
		if (!read_line(emulation, at, line_end))
			emulation_refuse(
				emulation, FINDING_REFUSED, at, "a line that is no NAME=VALUE");
		at = line_end + 1;
	}
	if (!emulation_stopped(emulation))
		export_all(emulation, span_find(text, '\0') != NULL);
}

const struct dialect direnv_rows[] = {
	{
		.name = "direnv",
		.loader = "direnv 2.32.1",
		.doc = "a space in an unquoted value refuses the file; $1, $! and the like are "
		       "references",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_direnv,
	},
	{0},
};
