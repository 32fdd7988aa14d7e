// The dialect of Go's godotenv. It reads statements rather than lines: what stands behind a closing
// quote begins the next one. Names go by bytes, values by characters, as the loader has it.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/unicode.h"

static const char replacement[] = "\xEF\xBF\xBD"; // what a damaged character becomes

struct godotenv_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t *newline; // the first one from `at` on, or `end`; stale when before `at`
	bool returns;           // there are carriage returns
	bool damaged;           // not all of it is UTF-8
	bool rest;              // no separator is left, and no byte that a name may not hold
};

static const uint8_t *trim_blanks(const uint8_t *at, const uint8_t *end)
{
	size_t size;

	while (end > at && unicode_is_blank(unicode_last(at, end, &size)))
		end -= size;
	return end;
}

// Goes on to the next statement.
// Returns: whether there is one.
static bool find_statement(struct godotenv_reading *reading)
{
	reading->at = unicode_skip_comments(reading->at, reading->end);
	return reading->at < reading->end;
}

// The word counts only with white space behind it.
static void skip_export(struct godotenv_reading *reading)
{
	const uint8_t *behind, *name;

	if (!span_starts(span_between(reading->at, reading->end), "export"))
		return;
	behind = reading->at + strlen("export");
	name = unicode_skip_blanks(behind, reading->end);
	if (name > behind)
		reading->at = name;
}

// The separator behind the name at `at`, or the end where none is left.
// Returns: its place, or NULL after a refusal.
static const uint8_t *find_separator(struct godotenv_reading *reading)
{
	const uint8_t *at = reading->at;

	if (reading->rest)
		return reading->end;
	// a byte stands for the character of that number here, so that half of "É" is a letter
	for (; at < reading->end && *at != '=' && *at != ':'; at++) {
		if (*at != '_' && *at != '.' && !unicode_is_blank(*at) &&
			!unicode_is_letter_or_number(*at)) {
			emulation_refuse(reading->emulation, FINDING_REFUSED, at,
				"a name cannot hold this character");
			return NULL;
		}
	}
	return at;
}

// Puts what the characters behind a '$' stand for; a backslash before it takes it literally.
// Returns: where they end.
static const uint8_t *expand_one(
	struct emulation *emulation, const uint8_t *dollar, const uint8_t *end, bool escaped)
{
	const uint8_t *at = dollar + 1, *name;
	struct span value;

	at += at < end && *at == '(';
	at += at < end && *at == '{';
	name = at;
	while (at < end && (ascii_is_upper(*at) || ascii_is_digit(*at) || *at == '_'))
		at++;
	if (escaped || at == name) {
		at += at < end && *at == '}';
		scratch_put(emulation, span_between(dollar, at));
		return at;
	}
	if (emulation_find(emulation, span_between(name, at), &value))
		scratch_put(emulation, value);
	return at + (at < end && *at == '}');
}

static struct span expand(struct emulation *emulation, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value), *dollar;
	size_t begun = scratch_begin(emulation);

	if (!span_find(value, '$'))
		return value;
	while ((dollar = span_find(span_between(at, end), '$')) && !emulation_stopped(emulation)) {
		bool escaped = dollar > at && dollar[-1] == '\\';

		scratch_put(emulation, span_between(at, dollar - escaped));
		at = expand_one(emulation, dollar, end, escaped);
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

// What a double-quoted text is once its escapes are read. That of a '$' is left to `expand`.
static struct span unescape(struct emulation *emulation, struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text), *backslash;
	size_t begun = scratch_begin(emulation);

	if (!span_find(text, '\\'))
		return text;
	while ((backslash = span_find(span_between(at, end), '\\')) && backslash + 1 < end) {
		uint8_t escaped = backslash[1];

		scratch_put(emulation, span_between(at, backslash));
		if (escaped == '$')
			scratch_put_byte(emulation, '\\');
		if (escaped == 'n' || escaped == 'r')
			escaped = escaped == 'n' ? '\n' : '\r';
		scratch_put_byte(emulation, escaped);
		at = backslash + 2;
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

// Reads the quoted value at `at`, whose quotes go away however many there are.
static struct span read_quoted(struct godotenv_reading *reading)
{
	uint8_t quote = *reading->at;
	const uint8_t *start = reading->at, *close = start, *end;
	struct span value;

	do
		close = span_find(span_between(close + 1, reading->end), quote);
	while (close && close[-1] == '\\');
	if (!close) {
		emulation_refuse(
			reading->emulation, FINDING_REFUSED, start, "the quote is never closed");
		return (struct span){0};
	}
	reading->at = close + 1;
	for (end = close; end > start && end[-1] == quote;)
		end--;
	while (start < end && *start == quote)
		start++;
	value = span_between(start, end);
	return quote == '"' ? expand(reading->emulation, unescape(reading->emulation, value))
			    : value;
}

static const uint8_t *find_line_end(struct godotenv_reading *reading)
{
	const uint8_t *end;

	if (reading->newline < reading->at)
		reading->newline = span_line_end(reading->at, reading->end);
	end = reading->returns ? span_find(span_between(reading->at, reading->newline), '\r')
			       : NULL;
	return end ? end : reading->newline;
}

// Where the last '#' with white space before it begins a comment, or the end.
static const uint8_t *find_comment(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *hash = end;

	while ((hash = memrchr(at, '#', (size_t)(hash - at))))
		if (trim_blanks(at, hash) < hash)
			return hash;
	return end;
}

// The text with every damaged character replaced.
static struct span mend(struct emulation *emulation, struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text);
	size_t begun = scratch_begin(emulation);

	while (at < end) {
		size_t sound = text_utf8_error(at, (size_t)(end - at));

		scratch_put(emulation, (struct span){at, sound});
		at += sound;
		if (at < end) {
			scratch_put(emulation, span_of(replacement));
			at++;
		}
	}
	return scratch_end(emulation, begun);
}

static struct span read_unquoted(struct godotenv_reading *reading)
{
	const uint8_t *start = reading->at, *end = find_line_end(reading);
	struct span value;

	reading->at = end;
	value = span_between(start, trim_blanks(start, find_comment(start, end)));
	if (reading->damaged && text_utf8_error(value.at, value.length) < value.length)
		value = mend(reading->emulation, value);
	return expand(reading->emulation, value);
}

static void read_statement(struct godotenv_reading *reading)
{
	struct emulation *emulation = reading->emulation;
	const uint8_t *start, *separator, *end;
	struct span value;
	size_t size;

	skip_export(reading);
	start = reading->at;
	emulation_reach(emulation, start);
	if (start == reading->end) {
		emulation_refuse(emulation, FINDING_REFUSED, start - 1, "export of nothing");
		return;
	}
	separator = find_separator(reading);
	if (!separator)
		return;
	reading->rest = separator == reading->end;
	end = reading->rest ? start : separator;
	while (end > start && unicode_is_space(unicode_last(start, end, &size)))
		end -= size;
	reading->at = unicode_skip_blanks(reading->rest ? start : separator + 1, reading->end);
	value = reading->at < reading->end && (*reading->at == '"' || *reading->at == '\'')
			? read_quoted(reading)
			: read_unquoted(reading);
	if (end > start)
		emulation_set(emulation, span_between(start, end), value, start);
	else
		emulation_tell(emulation, FINDING_IGNORED_LINE, start, (struct span){0},
			reading->rest ? "a name without a value" : "a value without a name");
}

// The text with each "\r\n" as "\n".
static struct span join_line_ends(struct emulation *emulation, struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text), *pair;
	size_t begun = scratch_begin(emulation);

	if (!span_find(text, '\r') || !memmem(at, text.length, "\r\n", 2))
		return text;
	while ((pair = memmem(at, (size_t)(end - at), "\r\n", 2))) {
		scratch_put(emulation, span_between(at, pair));
		at = pair + 1;
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

// The system takes no NUL in a value, and the loader does not look whether it did.
static void drop_nuls(struct emulation *emulation)
{
	struct span name, value;

	for (size_t i = 0; i < emulation_set_count(emulation); i++)
		if (emulation_set_at(emulation, i, &name, &value) && span_find(value, '\0'))
			emulation_unset(emulation, name);
}

static void read_godotenv(struct emulation *emulation)
{
	struct span text = join_line_ends(emulation, emulation_text(emulation));
	struct godotenv_reading reading = {
		.emulation = emulation,
		.at = text.at,
		.end = span_end(text),
		.newline = span_line_end(text.at, span_end(text)),
		.returns = span_find(text, '\r'),
		.damaged = text_utf8_error(text.at, text.length) < text.length,
	};

	emulation_use_text(emulation, text);
	while (find_statement(&reading) && !emulation_stopped(emulation))
		read_statement(&reading);
	if (span_find(text, '\0'))
		drop_nuls(emulation);
}

const struct dialect godotenv_rows[] = {
	{
		.name = "godotenv",
		.loader = "Go godotenv 1.5.1",
		.doc = "only upper-case names expand, without the environment",
		.keeper = DIALECT_ENVIRONMENT_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_godotenv,
	},
	{0},
};
