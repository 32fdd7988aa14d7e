// The dialects of python-dotenv: load_dotenv() on a file that Python opened as text, so the line
// ends are one '\n' each before anything is looked at. White space is what Python's str calls so.
// A name alone is no variable but takes an earlier one of the file away.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/python_reference.h"
#include "loader/read/dialects/scratch.h"

#include <strings.h>

enum python_trait {
	PYTHON_BOM = 1,      // a byte order mark is no part of the text
	PYTHON_DISABLED = 2, // PYTHON_DOTENV_DISABLED
};

// A walk over one file.
struct python_walk {
	struct emulation *emulation;
	const uint8_t *at, *end;
	bool settles; // there are names without a value, or what the environment cannot hold
};

// The value of a name that has none: no other text begins here.
static const uint8_t nothing[1];

// ---- white space

// The bytes that the white space at `at` takes.
// Returns: their number, or 0 when there is none.
static size_t space_at(const uint8_t *at, const uint8_t *end)
{
	size_t left = (size_t)(end - at);

	if (left && *at < 0x80)
		return (*at >= 9 && *at <= 13) || (*at >= 28 && *at <= 32);
	if (left >= 2 && at[0] == 0xC2)
		return at[1] == 0x85 || at[1] == 0xA0 ? 2 : 0;
	if (left < 3)
		return 0;
	if (at[0] == 0xE2 && at[1] == 0x80)
		return at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF ? 3 : 0;
	if ((at[0] == 0xE1 && at[1] == 0x9A && at[2] == 0x80) ||
		(at[0] == 0xE2 && at[1] == 0x81 && at[2] == 0x9F) ||
		(at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80))
		return 3;
	return 0;
}

// The same before `at`.
static size_t space_before(const uint8_t *from, const uint8_t *at)
{
	size_t left = (size_t)(at - from);

	if (left && at[-1] < 0x80)
		return space_at(at - 1, at);
	if (left >= 2 && space_at(at - 2, at) == 2)
		return 2;
	return left >= 3 && space_at(at - 3, at) == 3 ? 3 : 0;
}

static void skip_space(struct python_walk *walk)
{
	size_t width;

	while ((width = space_at(walk->at, walk->end)))
		walk->at += width;
}

static void skip_space_in_line(struct python_walk *walk)
{
	size_t width;

	while (walk->at < walk->end && *walk->at != '\n' && (width = space_at(walk->at, walk->end)))
		walk->at += width;
}

// ---- values

// What a backslash and this letter stand for between these quotes.
// Returns: the byte, or 0 when the backslash is one.
static uint8_t escaped(uint8_t letter, uint8_t quote)
{
	static const uint8_t bytes[] = {['a'] = '\a',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
		['v'] = '\v',
		['"'] = '"'};

	if (letter == '\\' || letter == '\'')
		return letter;
	return quote == '"' && letter < sizeof(bytes) ? bytes[letter] : 0;
}

static struct span unescape(struct emulation *emulation, struct span value, uint8_t quote)
{
	const uint8_t *backslash = span_find(value, '\\'), *end = span_end(value), *done = value.at;
	size_t begun;

	if (!backslash)
		return value;
	begun = scratch_begin(emulation);
	while (backslash && backslash + 1 < end) {
		uint8_t byte = escaped(backslash[1], quote);

		if (byte) {
			scratch_put(emulation, span_between(done, backslash));
			scratch_put_byte(emulation, byte);
			done = backslash + 2;
		}
		backslash = span_find(span_between(backslash + (byte ? 2 : 1), end), '\\');
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}

// The end of a quoted text that begins at `at`: the first quote without a backslash before it, or,
// where there is none, the last one with it.
// Returns: its place, or NULL.
static const uint8_t *closing_quote(const uint8_t *at, const uint8_t *end, uint8_t quote)
{
	const uint8_t *last = NULL, *found = at;

	while ((found = span_find(span_between(found, end), quote))) {
		if (found == at || found[-1] != '\\')
			return found;
		last = found++;
	}
	return last;
}

static bool read_quoted(struct python_walk *walk, struct span *ret_value)
{
	uint8_t quote = *walk->at;
	const uint8_t *start = walk->at + 1, *close = closing_quote(start, walk->end, quote);

	if (!close)
		return false;
	walk->at = close + 1;
	*ret_value = unescape(walk->emulation, span_between(start, close), quote);
	return true;
}

// The rest of the line up to a '#' after white space, without the white space at its end.
static struct span read_unquoted(struct python_walk *walk)
{
	const uint8_t *start = walk->at, *end = span_line_end(start, walk->end), *hash = start;
	size_t width;

	walk->at = end;
	while ((hash = span_find(span_between(hash, end), '#'))) {
		if (space_before(start, hash)) {
			end = hash;
			break;
		}
		hash++;
	}
	while ((width = space_before(start, end)))
		end -= width;
	return span_between(start, end);
}

static bool read_value(struct python_walk *walk, struct span *ret_value)
{
	if (walk->at < walk->end && (*walk->at == '\'' || *walk->at == '"'))
		return read_quoted(walk, ret_value);
	*ret_value = read_unquoted(walk);
	return true;
}

// ---- lines

// Skips `export` and the white space after it.
static void skip_export(struct python_walk *walk)
{
	const uint8_t *start = walk->at, *word;

	if (!span_starts(span_between(start, walk->end), "export"))
		return;
	walk->at = word = start + 6;
	skip_space_in_line(walk);
	if (walk->at == word)
		walk->at = start;
}

static bool read_name(struct python_walk *walk, struct span *ret_name)
{
	const uint8_t *start = walk->at, *close;

	if (start < walk->end && *start == '\'') {
		close = span_find(span_between(start + 1, walk->end), '\'');
		if (!close || close == start + 1)
			return false;
		*ret_name = span_between(start + 1, close);
		walk->settles |= span_find(*ret_name, '=') != NULL;
		walk->at = close + 1;
		return true;
	}
	while (walk->at < walk->end && *walk->at != '=' && *walk->at != '#' &&
		!space_at(walk->at, walk->end))
		walk->at++;
	*ret_name = span_between(start, walk->at);
	return ret_name->length > 0;
}

// What may follow a name or a value on its line.
static bool read_line_end(struct python_walk *walk)
{
	skip_space_in_line(walk);
	if (walk->at < walk->end && *walk->at == '#')
		walk->at = span_line_end(walk->at, walk->end);
	if (walk->at == walk->end)
		return true;
	return *walk->at++ == '\n';
}

// Reads the statement that begins at a name.
// Returns: whether it is one.
static bool read_binding(struct python_walk *walk)
{
	struct span name, value = {nothing, 0};

	if (*walk->at == '#')
		return read_line_end(walk);
	if (!read_name(walk, &name))
		return false;
	emulation_reach(walk->emulation, name.at);
	skip_space_in_line(walk);
	if (walk->at < walk->end && *walk->at == '=') {
		walk->at++;
		skip_space_in_line(walk);
		if (!read_value(walk, &value))
			return false;
	} else {
		walk->settles = true;
	}
	if (!read_line_end(walk))
		return false;
	emulation_set(
		walk->emulation, name, python_reference_expand(walk->emulation, value), name.at);
	return true;
}

static void read_lines(struct python_walk *walk)
{
	while (!emulation_stopped(walk->emulation)) {
		const uint8_t *start;

		skip_space(walk);
		if (walk->at == walk->end)
			return;
		start = walk->at;
		skip_export(walk);
		if (walk->at < walk->end && read_binding(walk))
			continue;
		emulation_tell(walk->emulation, FINDING_IGNORED_LINE, start, (struct span){0},
			"could not be parsed: dropped with a warning");
		walk->at = span_line_end(walk->at, walk->end);
		walk->at += walk->at < walk->end;
	}
}

// ---- files

// Takes names without a value away, and stops at what the environment cannot hold.
static void settle(struct emulation *emulation)
{
	struct span name, value, kept;

	for (size_t i = 0; i < emulation_set_count(emulation); i++) {
		if (!emulation_set_at(emulation, i, &name, &value))
			continue;
		if (value.at == nothing)
			emulation_unset(emulation, name);
		else if ((span_find(name, '=') || span_find(name, '\0') ||
				 span_find(value, '\0')) &&
			 !emulation_environment(emulation, name, &kept))
			emulation_refuse(emulation, FINDING_REFUSED, name.at,
				"the environment cannot hold such a name or value");
	}
}

static bool is_disabled(struct emulation *emulation)
{
	static const char *const words[] = {"1", "true", "t", "yes", "y"};
	struct span value;

	if (!emulation_has(emulation, PYTHON_DISABLED) ||
		!emulation_environment(emulation, span_of("PYTHON_DOTENV_DISABLED"), &value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value.length == strlen(words[i]) &&
			strncasecmp((const char *)value.at, words[i], value.length) == 0)
			return true;
	return false;
}

static void read_python(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	struct python_walk walk = {.emulation = emulation};
	size_t bad;

	if (is_disabled(emulation))
		return;
	bad = text_utf8_error(text.at, text.length);
	if (bad < text.length) {
		emulation_refuse(emulation, FINDING_REFUSED, text.at + bad, "not UTF-8");
		return;
	}
	text = scratch_end_lines(emulation);
	if (emulation_has(emulation, PYTHON_BOM) && span_starts(text, "\xEF\xBB\xBF"))
		text = span_after(text, 3);
	walk.at = text.at;
	walk.end = span_end(text);
	walk.settles = span_find(text, '\0') != NULL;
	read_lines(&walk);
	if (walk.settles && !emulation_stopped(emulation))
		settle(emulation);
}

const struct dialect python_rows[] = {
	{
		.name = "python",
		.loader = "python-dotenv 1.2.2 (bca6644)",
		.doc = "${NAME} also in single quotes; a name alone takes an earlier value away",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = PYTHON_BOM | PYTHON_DISABLED,
		.read = read_python,
	},
	{
		.name = "python-1.2", // the fixtures of `python` are of its repository,
				      // behind 1.2.2
		.loader = "python-dotenv 1.2.2 as it was published",
		.doc = "a byte order mark is a part of the first name",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = PYTHON_DISABLED,
		.unlisted = true,
		.read = read_python,
	},
	{
		.name = "python-0.21",
		.loader = "python-dotenv 0.21.0",
		.doc = "a byte order mark is a part of the first name",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.unlisted = true,
		.read = read_python,
	},
	{0},
};
