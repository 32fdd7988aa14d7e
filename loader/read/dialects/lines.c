// The dialects of docker, podman and kubectl: a line is NAME=VALUE and the value is what stands
// there, quotes and comments included. A line without "=" takes the value from the environment.
// All three read with Go's bufio.Scanner, so a long line ends the reading.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/unicode.h"

#define LINES_LONGEST (64 * 1024) // a scanner's buffer: so long a line does not fit any more
#define LINES_NAME_MAX 253        // a key of a Secret

enum {
	LINES_STRICT_TEXT = 1 << 0,   // refuses bad UTF-8, drops a BOM, trims any Unicode space
	LINES_NO_BLANKS = 1 << 1,     // refuses a name with a space or TAB
	LINES_SECRET_KEYS = 1 << 2,   // refuses a name that no key of a Secret may have
	LINES_ONCE = 1 << 3,          // refuses a name that was set before
	LINES_BARE_EMPTY = 1 << 4,    // a name alone that the environment lacks is empty
	LINES_STARS = 1 << 5,         // a name that ends in "*" stands for all that begin so
	LINES_LONG_IS_QUIET = 1 << 6, // a long line ends the file, and nobody hears of it
	LINES_JSON = 1 << 7,          // each byte that is no UTF-8 becomes U+FFFD on its way
};

static struct span trim(const struct emulation *emulation, struct span line)
{
	bool any = emulation_has(emulation, LINES_STRICT_TEXT);
	size_t size;

	while (line.length && (any ? unicode_is_space(unicode_first(line.at, span_end(line), &size))
				   : ascii_is_blank(*line.at)))
		line = span_after(line, any ? size : 1);
	return line;
}

// Whether a Secret may have this key, and a container this variable.
static bool is_secret_key(struct span name)
{
	if (!name.length || name.length > LINES_NAME_MAX || span_starts(name, "..") ||
		span_is(name, ".") || ascii_is_digit(name.at[0]))
		return false;
	for (size_t i = 0; i < name.length; i++) {
		uint8_t byte = name.at[i], lower = byte | 0x20;

		if (!ascii_is_lower(lower) && !ascii_is_digit(byte) && byte != '_' && byte != '-' &&
			byte != '.')
			return false;
	}
	return true;
}

// What is wrong with a name.
// Returns: a text, or NULL.
static const char *name_trouble(const struct emulation *emulation, struct span name)
{
	struct span value;

	if (!name.length)
		return "a line without a name";
	if (emulation_has(emulation, LINES_NO_BLANKS) &&
		(span_find(name, ' ') || span_find(name, '\t')))
		return "a space in the name";
	if (emulation_has(emulation, LINES_SECRET_KEYS) && !is_secret_key(name))
		return "not a name that a key of a Secret may have";
	if (emulation_has(emulation, LINES_ONCE) && emulation_find(emulation, name, &value))
		return "the name was set before";
	return NULL;
}

// The bytes as they come out of the JSON that the engine is sent.
static struct span through_json(struct emulation *emulation, struct span bytes)
{
	size_t begun, good;

	if (!emulation_has(emulation, LINES_JSON) ||
		text_utf8_error(bytes.at, bytes.length) == bytes.length)
		return bytes;
	begun = scratch_begin(emulation);
	while (bytes.length) {
		good = text_utf8_error(bytes.at, bytes.length);
		scratch_put(emulation, (struct span){bytes.at, good});
		bytes = span_after(bytes, good);
		if (bytes.length) {
			scratch_put(emulation, span_of("\xEF\xBF\xBD"));
			bytes = span_after(bytes, 1);
		}
	}
	return scratch_end(emulation, begun);
}

// Sets every variable of the environment whose name begins so.
static void pass_all(struct emulation *emulation, struct span prefix)
{
	struct span name, value;

	emulation_reach(emulation, prefix.at);
	for (size_t i = 0; emulation_environment_at(emulation, i, &name, &value) &&
			   !emulation_stopped(emulation);
		i++) {
		emulation_work(emulation, prefix.length + 1);
		if (name.length && name.length >= prefix.length &&
			span_equal((struct span){name.at, prefix.length}, prefix))
			emulation_set(emulation, through_json(emulation, name),
				through_json(emulation, value), prefix.at);
	}
}

// A line without "=".
static void pass_through(struct emulation *emulation, struct span name)
{
	struct span value = {name.at, 0};

	if (emulation_has(emulation, LINES_STARS) && name.at[name.length - 1] == '*') {
		pass_all(emulation, (struct span){name.at, name.length - 1});
		return;
	}
	// what earlier files said is not in it yet
	if (emulation_given(emulation, name, &value) || emulation_has(emulation, LINES_BARE_EMPTY))
		emulation_set(emulation, through_json(emulation, name),
			through_json(emulation, value), name.at);
	else
		emulation_tell(emulation, FINDING_IGNORED_LINE, name.at, (struct span){0},
			"a name without a value, and the environment has none");
}

static void read_line(struct emulation *emulation, struct span line)
{
	const uint8_t *equals;
	struct span name;
	const char *trouble;

	if (emulation_has(emulation, LINES_STRICT_TEXT)) {
		size_t good = text_utf8_error(line.at, line.length);

		if (good < line.length) {
			emulation_refuse(emulation, FINDING_REFUSED, line.at + good, "bad UTF-8");
			return;
		}
		if (line.at == emulation_text(emulation).at && span_starts(line, "\xEF\xBB\xBF"))
			line = span_after(line, 3);
	}
	line = trim(emulation, line);
	if (!line.length || *line.at == '#')
		return;
	equals = span_find(line, '=');
	name = equals ? span_between(line.at, equals) : line;
	trouble = name_trouble(emulation, name);
	if (trouble)
		emulation_refuse(emulation, FINDING_REFUSED, line.at, trouble);
	else if (equals)
		emulation_set(emulation, through_json(emulation, name),
			through_json(emulation, span_between(equals + 1, span_end(line))), name.at);
	else
		pass_through(emulation, name);
}

// What comes of a line that does not fit.
static void end_early(struct emulation *emulation, const uint8_t *place)
{
	if (emulation_has(emulation, LINES_LONG_IS_QUIET))
		emulation_tell(emulation, FINDING_IGNORED_LINE, place, (struct span){0},
			"a line of 64 KiB or more: it and all after it are not read");
	else
		emulation_refuse(emulation, FINDING_REFUSED, place, "a line of 64 KiB or more");
}

static void read_lines(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	const uint8_t *end = span_end(text), *at = text.at;

	while (at < end && !emulation_stopped(emulation)) {
		struct span line = span_between(at, span_line_end(at, end));

		at = span_end(line) + 1;
		if (line.length >= LINES_LONGEST) {
			end_early(emulation, line.at);
			return;
		}
		if (line.length && line.at[line.length - 1] == '\r')
			line.length--;
		read_line(emulation, line);
	}
}

const struct dialect lines_rows[] = {
	{
		.name = "docker",
		.loader = "docker CLI 20.10.24 (--env-file)",
		.doc = "the rest of the line is the value, quotes and comments included",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.traits = LINES_STRICT_TEXT | LINES_NO_BLANKS,
		.read = read_lines,
	},
	{
		.name = "podman",
		.loader = "podman 4.3.1 (--env-file)",
		.doc = "as docker, but takes any name, so `export K` is one",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.traits = LINES_STARS | LINES_JSON,
		.read = read_lines,
	},
	{
		.name = "kubectl",
		.loader = "kubectl 1.32.4 (--from-env-file)",
		.doc = "as docker, but refuses a name twice and stops unheard at a long line",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_ONE_FILE_ONLY,
		.traits = LINES_STRICT_TEXT | LINES_SECRET_KEYS | LINES_ONCE | LINES_BARE_EMPTY |
			  LINES_LONG_IS_QUIET,
		.read = read_lines,
		.together = true, // a name may be set in one of all the files
	},
	{0},
};
