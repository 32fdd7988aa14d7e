// The dialects of Ruby's dotenv. A statement of version 3 may span lines: its name, its separator
// and its value may each stand on a line of their own. Version 2 reads line by line.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/ruby_value.h"
#include "loader/read/dialects/scratch.h"

// A walk over one file.
struct ruby_walk {
	struct emulation *emulation;
	const uint8_t *at, *end;
};

// A statement: `value` as it stands in the file, or at NULL where it has none.
struct ruby_statement {
	struct span name, value;
	bool exported;
};

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
	while (at < end && ascii_is_space(*at))
		at++;
	return at;
}

// ---- statements of version 3

// Whether nothing, or a comment, follows on the line.
static bool is_line_end(const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at != '\n' && ascii_is_space(*at))
		at++;
	return at == end || *at == '\n' || *at == '#';
}

// The end of the quoted text that begins at `open`: the first quote without a backslash before it,
// else the last one with it; nothing but a comment may follow on the line.
// Returns: the closing quote, or NULL.
static const uint8_t *closing_quote(const uint8_t *open, const uint8_t *end)
{
	const uint8_t *close = open;

	while ((close = span_find(span_between(close + 1, end), *open)))
		if (close == open + 1 || close[-1] != '\\')
			break;
	if (close && is_line_end(close + 1, end))
		return close;
	for (close = close ? close : end; --close > open;)
		if (*close == *open && is_line_end(close + 1, end))
			return close;
	return NULL;
}

// Finds the value behind a separator, and moves on behind it.
static struct span find_value(struct ruby_walk *walk, const uint8_t *start)
{
	const uint8_t *open = skip_space(start, walk->end), *close, *after = start;

	if (open < walk->end && (*open == '\'' || *open == '"') &&
		(close = closing_quote(open, walk->end))) {
		walk->at = close + 1;
		return span_between(open, close + 1);
	}
	while (after < walk->end && *after != '\n' && *after != '#')
		after++;
	walk->at = after;
	return after > start ? span_between(start, after) : (struct span){0};
}

// Reads a name and what belongs to it.
// Returns: whether that is what stands at `at`.
static bool find_pair(
	struct ruby_walk *walk, const uint8_t *at, struct ruby_statement *ret_statement)
{
	const uint8_t *start = at, *equals;

	while (at < walk->end && (ascii_is_name(*at, false) || *at == '.'))
		at++;
	if (at == start)
		return false;
	ret_statement->name = span_between(start, at);
	ret_statement->value = (struct span){0};
	equals = skip_space(at, walk->end);
	if (equals < walk->end && *equals == '=') {
		ret_statement->value = find_value(walk, equals + 1);
		return true;
	}
	if (walk->end - at >= 2 && *at == ':' && ascii_is_space(at[1])) {
		ret_statement->value = find_value(walk, at + 2);
		return true;
	}
	walk->at = at;
	return is_line_end(at, walk->end);
}

// Where the word behind `export` begins.
// Returns: its place, or NULL when there is no `export`.
static const uint8_t *skip_export(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *word;

	if (!span_starts(span_between(at, end), "export"))
		return NULL;
	word = skip_space(at + 6, end);
	return word > at + 6 ? word : NULL;
}

static bool find_statement(struct ruby_walk *walk, struct ruby_statement *ret_statement)
{
	const uint8_t *start = walk->at, *word = skip_export(start, walk->end);

	ret_statement->exported = word && find_pair(walk, word, ret_statement);
	return ret_statement->exported || find_pair(walk, start, ret_statement);
}

// Whether the environment holds a name already, from an earlier file too: then the value is that,
// and what stands here is not looked at.
static bool is_kept(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	if (!emulation_has(emulation, RUBY_KEEPS) || span_is(name, "DOTENV_LINEBREAK_MODE"))
		return false;
	return emulation_keeps(emulation, name, ret_value) ||
	       (!emulation_given(emulation, name, ret_value) &&
		       emulation_environment(emulation, name, ret_value));
}

static void set_statement(struct emulation *emulation, const struct ruby_statement *statement)
{
	struct span name = statement->name, value = {span_end(name), 0};

	emulation_reach(emulation, name.at);
	if (is_kept(emulation, name, &value)) {
		emulation_set(emulation, name, value, name.at);
		return;
	}
	if (statement->exported && !statement->value.at) {
		if (!emulation_find(emulation, name, &value))
			emulation_refuse(emulation, FINDING_REFUSED, name.at,
				"export of a name that has no value before");
		return;
	}
	if (statement->value.at)
		value = ruby_value_read(emulation, statement->value);
	emulation_set(emulation, name, value, name.at);
}

static void tell_ignored(struct emulation *emulation, const uint8_t *place)
{
	emulation_tell(emulation, FINDING_IGNORED_LINE, place, (struct span){0},
		"not NAME=VALUE: dropped without a word");
}

static void read_statements(struct ruby_walk *walk)
{
	while (!emulation_stopped(walk->emulation)) {
		struct ruby_statement statement;
		const uint8_t *start = skip_space(walk->at, walk->end);

		if (start == walk->end)
			return;
		walk->at = start;
		if (find_statement(walk, &statement)) {
			set_statement(walk->emulation, &statement);
		} else {
			walk->at = start;
			if (*start != '#')
				tell_ignored(walk->emulation, start);
		}
		walk->at = span_line_end(walk->at, walk->end);
	}
}

// ---- lines of version 2

// Finds the value of a line that ends at `end`: from a quote to the last one of its kind behind
// which only a comment is left, or up to a '#'.
static struct span find_line_value(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *hash;

	if (at < end && (*at == '\'' || *at == '"'))
		for (const uint8_t *close = end; --close > at;)
			if (*close == *at && is_line_end(close + 1, end))
				return span_between(at, close + 1);
	hash = span_find(span_between(at, end), '#');
	return span_between(at, hash ? hash : end);
}

static bool find_line_pair(
	const uint8_t *at, const uint8_t *end, struct ruby_statement *ret_statement)
{
	const uint8_t *start = at, *value;

	while (at < end && (ascii_is_name(*at, false) || *at == '.'))
		at++;
	if (at == start)
		return false;
	value = skip_space(at, end);
	if (value < end && *value == '=')
		value = skip_space(value + 1, end);
	else if (end - at >= 2 && *at == ':' && ascii_is_space(at[1]))
		value = at + 2;
	else
		return false;
	*ret_statement = (struct ruby_statement){
		.name = span_between(start, at), .value = find_line_value(value, end)};
	return true;
}

// A line that is no pair may say `export` and names, each of them set before.
static void check_export(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at, *word = at;
	struct span value;
	bool first = true;

	for (; word < end && !emulation_stopped(emulation); word = skip_space(at, end)) {
		for (at = word; at < end && !ascii_is_space(*at);)
			at++;
		if (first && !span_is(span_between(word, at), "export"))
			break;
		if (!first && !emulation_find(emulation, span_between(word, at), &value))
			emulation_refuse(emulation, FINDING_REFUSED, word,
				"export of a name that is not set before");
		first = false;
	}
	if (first && start < end && *start != '#')
		tell_ignored(emulation, start);
}

static void read_line(struct ruby_walk *walk, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = skip_space(at, end), *word = skip_export(start, end);
	struct ruby_statement statement;

	if ((word && find_line_pair(word, end, &statement)) ||
		find_line_pair(start, end, &statement))
		set_statement(walk->emulation, &statement);
	else
		check_export(walk->emulation, start, end);
}

static void read_lines(struct ruby_walk *walk)
{
	for (const uint8_t *at = walk->at, *end; at < walk->end; at = end + 1) {
		end = span_line_end(at, walk->end);
		if (emulation_stopped(walk->emulation))
			return;
		read_line(walk, at, end);
	}
}

// ---- files

static void read_ruby(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t bad = text_utf8_error(text.at, text.length);
	struct ruby_walk walk = {.emulation = emulation};

	if (bad < text.length) {
		emulation_refuse(emulation, FINDING_REFUSED, text.at + bad, "not UTF-8");
		return;
	}
	text = scratch_end_lines(emulation);
	if (span_starts(text, "\xEF\xBB\xBF"))
		text = span_after(text, 3);
	walk.at = text.at;
	walk.end = span_end(text);
	if (emulation_has(emulation, RUBY_LINES))
		read_lines(&walk);
	else
		read_statements(&walk);
	if (span_find(text, '\0'))
		emulation_refuse_nul(emulation);
}

const struct dialect ruby_rows[] = {
	{
		.name = "ruby",
		.loader = "ruby dotenv 3.2.0",
		.doc = "backslashes are dropped outside single quotes, \\n too; a name alone is "
		       "empty",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = RUBY_UNQUOTED | RUBY_KEEPS,
		.read = read_ruby,
	},
	{
		.name = "ruby-2.4",
		.loader = "ruby dotenv 2.4.0",
		.doc = "line by line; \\n in double quotes is a line end",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = RUBY_LINES | RUBY_LINE_ENDS | RUBY_NAMES_FIRST,
		.unlisted = true,
		.read = read_ruby,
	},
	{0},
};
