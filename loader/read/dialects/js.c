// The regular expression of npm's dotenv, without one. What is said of it here:
//     start of a line, white space, "export" and white space or not, a key of [\w.-]+, then
//     white space and "=", or ":" and one white space; a value in quotes up to the last quote of
//     its kind that may be one, or else what stands before "#" and the end of the line.
// White space is JavaScript's, and may hold ends of lines.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/js.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/jstext.h"
#include "loader/read/dialects/scratch.h"

// Characters: what a byte begins or is.
#define JS_SPACE 1
#define JS_KEY 2
#define JS_WIDE 4 // may begin a white space of several bytes

// clang-format off
static const uint8_t kinds[256] = {
	['\t' ... '\r'] = JS_SPACE, [' '] = JS_SPACE,
	['-' ... '.'] = JS_KEY, ['_'] = JS_KEY, ['0' ... '9'] = JS_KEY,
	['A' ... 'Z'] = JS_KEY, ['a' ... 'z'] = JS_KEY,
	[0xC2] = JS_WIDE, [0xE1 ... 0xE3] = JS_WIDE, [0xEF] = JS_WIDE,
};
// clang-format on

// Reading one file.
struct js_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	bool separators; // there are ends of lines of several bytes
};

// ---- characters

static size_t wide_space(const uint8_t *at, size_t left)
{
	uint32_t three;

	if (left >= 2 && at[0] == 0xC2)
		return at[1] == 0xA0 ? 2 : 0;
	if (left < 3)
		return 0;
	three = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
	switch (three) {
	case 0xE19A80:
	case 0xE280A8:
	case 0xE280A9:
	case 0xE280AF:
	case 0xE2819F:
	case 0xE38080:
	case 0xEFBBBF:
		return 3;
	default:
		return three >= 0xE28080 && three <= 0xE2808A ? 3 : 0;
	}
}

// How long the white space at `at` is; 0: there is none.
static size_t space(const uint8_t *at, const uint8_t *end)
{
	if (at == end)
		return 0;
	if (kinds[*at] & JS_SPACE)
		return 1;
	return kinds[*at] & JS_WIDE ? wide_space(at, (size_t)(end - at)) : 0;
}

// The same for the white space that ends at `end`.
static size_t space_before(const uint8_t *start, const uint8_t *end)
{
	if (start == end)
		return 0;
	if (kinds[end[-1]] & JS_SPACE)
		return 1;
	if (end[-1] < 0x80)
		return 0;
	if (end - start >= 2 && end[-2] == 0xC2)
		return wide_space(end - 2, 2);
	return end - start >= 3 ? wide_space(end - 3, 3) : 0;
}

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
	size_t length;

	while ((length = space(at, end)))
		at += length;
	return at;
}

static struct span trimmed(const uint8_t *at, const uint8_t *end)
{
	size_t length;

	at = skip_space(at, end);
	while ((length = space_before(at, end)))
		end -= length;
	return span_between(at, end);
}

static bool is_separator(const uint8_t *at, const uint8_t *end)
{
	return end - at >= 3 && at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9);
}

// The next end of a line at or after `at`: U+2028 and U+2029 are some too.
static const uint8_t *line_end(const struct js_reading *reading, const uint8_t *at)
{
	if (!reading->separators)
		return span_line_end(at, reading->end);
	while (at < reading->end && *at != '\n' && !is_separator(at, reading->end))
		at++;
	return at;
}

// ---- what stands where the expression matches

// A match under construction.
struct match {
	struct span name, value;
	const uint8_t *end;
	uint8_t quote;
};

// White space, "#" and the rest of its line, or none, then the end of a line.
// Returns: where that is, or NULL.
static const uint8_t *match_tail(const struct js_reading *reading, const uint8_t *at)
{
	const uint8_t *last = NULL;
	size_t length;

	for (; (length = space(at, reading->end)); at += length)
		if (*at == '\n' || (length == 3 && is_separator(at, reading->end)))
			last = at;
	if (at == reading->end)
		return at;
	return *at == '#' ? line_end(reading, at) : last;
}

// The end of a value in quotes: the first quote that no backslash stands before, or else the last
// before that which the line can end after.
static const uint8_t *match_quoted(
	const struct js_reading *reading, const uint8_t *open, const uint8_t **ret_end)
{
	const uint8_t *close = open + 1, *end = NULL;

	while ((close = span_find(span_between(close, reading->end), *open)) && close[-1] == '\\')
		close++;
	if (close && (end = match_tail(reading, close + 1))) {
		*ret_end = end;
		return close;
	}
	if (!close)
		close = reading->end;
	while ((close = memrchr(open + 1, *open, (size_t)(close - (open + 1)))))
		if ((*ret_end = match_tail(reading, close + 1)))
			return close;
	return NULL;
}

static struct span match_plain(const struct js_reading *reading, const uint8_t *at)
{
	struct span line = span_between(at, span_line_end(at, reading->end));
	const uint8_t *hash = span_find(line, '#');

	return hash ? span_between(at, hash) : line;
}

// The value that begins at `at`, just after the "=".
static void match_value(const struct js_reading *reading, const uint8_t *at, struct match *match)
{
	const uint8_t *first = skip_space(at, reading->end), *close;
	struct span plain;

	match->quote = '\0';
	if (first < reading->end && (*first == '"' || *first == '\'' || *first == '`') &&
		(close = match_quoted(reading, first, &match->end))) {
		match->quote = *first;
		match->value = span_between(first + 1, close);
		return;
	}
	plain = match_plain(reading, at);
	match->end = match_tail(reading, span_end(plain));
	match->value = trimmed(plain.at, span_end(plain));
}

// A key at `at`, with what must follow it.
// Returns: where the value may begin, or NULL.
static const uint8_t *match_key(
	const struct js_reading *reading, const uint8_t *at, struct span *ret_name)
{
	const uint8_t *stop = at, *end = reading->end, *equals;

	while (stop < end && kinds[*stop] & JS_KEY)
		stop++;
	if (stop == at)
		return NULL;
	*ret_name = span_between(at, stop);
	equals = skip_space(stop, end);
	if (equals < end && *equals == '=')
		return equals + 1;
	if (stop < end && *stop == ':' && space(stop + 1, end))
		return stop + 1 + space(stop + 1, end);
	return NULL;
}

static bool match_at(const struct js_reading *reading, const uint8_t *at, struct match *match)
{
	const uint8_t *value = NULL, *after = at + 6;

	if (reading->end - at > 6 && memcmp(at, "export", 6) == 0 && space(after, reading->end))
		value = match_key(reading, skip_space(after, reading->end), &match->name);
	if (!value)
		value = match_key(reading, at, &match->name);
	if (value)
		match_value(reading, value, match);
	return value != NULL;
}

// ---- values

// The last quote of a kind that an end of a line stands after.
static const uint8_t *last_quote(struct span value, uint8_t quote)
{
	const uint8_t *at = span_end(value);

	while ((at = memrchr(value.at, quote, (size_t)(at - value.at))))
		if (at + 1 == span_end(value) || is_separator(at + 1, span_end(value)))
			return at;
	return NULL;
}

// Takes the quotes off in every line of a value with ends of lines of several bytes.
static struct span unquote_lines(struct emulation *emulation, struct span value)
{
	static const char quotes[] = "'\"`";
	const uint8_t *last[] = {
		last_quote(value, '\''), last_quote(value, '"'), last_quote(value, '`')};
	const uint8_t *at = value.at, *end = span_end(value), *kept = at, *kind;
	size_t begun = scratch_begin(emulation);

	while (at < end) {
		kind = memchr(quotes, *at, 3);
		if (kind && last[kind - (const uint8_t *)quotes] > at) {
			const uint8_t *close = last[kind - (const uint8_t *)quotes];

			scratch_put(emulation, span_between(kept, at));
			scratch_put(emulation, span_between(at + 1, close));
			at = kept = close + 1;
		}
		while (at < end && !is_separator(at, end))
			at++;
		at += at < end ? 3 : 0;
	}
	scratch_put(emulation, span_between(kept, end));
	return scratch_end(emulation, begun);
}

static struct span unquote(const struct js_reading *reading, struct span value)
{
	uint8_t first = value.length ? value.at[0] : '\0';

	if (reading->separators)
		return unquote_lines(reading->emulation, value);
	if (value.length < 2 || value.at[value.length - 1] != first ||
		(first != '"' && first != '\'' && first != '`'))
		return value;
	return (struct span){value.at + 1, value.length - 2};
}

// What a backslash and `c` mean in a value that began with `quote`; NUL: themselves.
static uint8_t escaped(const struct emulation *emulation, uint8_t quote, uint8_t c)
{
	if (quote == '"' && c == 'n')
		return '\n';
	if (quote == '"' && c == 'r')
		return '\r';
	if (!emulation_has(emulation, JS_MORE_ESCAPES))
		return '\0';
	if (quote == '"' && c == 't')
		return '\t';
	return quote == '\'' && c == '\'' ? c : '\0';
}

static struct span decode(struct emulation *emulation, struct span value, uint8_t quote)
{
	const uint8_t *kept = value.at, *at = kept, *end = span_end(value);
	size_t begun = scratch_begin(emulation);
	bool changed = false;

	if (quote != '"' && quote != '\'')
		return value;
	for (; (at = span_find(span_between(at, end), '\\')); at++) {
		uint8_t c = at + 1 < end ? escaped(emulation, quote, at[1]) : '\0';

		if (!c)
			continue;
		changed = true;
		scratch_put(emulation, span_between(kept, at));
		scratch_put_byte(emulation, c);
		kept = ++at + 1;
	}
	if (!changed)
		return value;
	scratch_put(emulation, span_between(kept, end));
	return scratch_end(emulation, begun);
}

static struct js_assignment assignment_of(
	const struct js_reading *reading, const struct match *match)
{
	struct js_assignment assignment = {match->name, match->value, match->quote};

	if (!match->quote) {
		assignment.quote = match->value.length ? match->value.at[0] : '\0';
		assignment.value = unquote(reading, match->value);
	}
	assignment.value = decode(reading->emulation, assignment.value, assignment.quote);
	return assignment;
}

// ---- files

static bool has_separators(struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text);

	for (; (at = span_find(span_between(at, end), 0xE2)); at++)
		if (is_separator(at, end))
			return true;
	return false;
}

void js_read(struct emulation *emulation,
	void (*assign)(void *user, const struct js_assignment *assignment), void *user)
{
	struct js_reading reading = {.emulation = emulation};
	struct span text;
	struct match match;

	jstext_decode(emulation);
	jstext_join_returns(emulation);
	text = emulation_text(emulation);
	reading.at = text.at;
	reading.end = span_end(text);
	reading.separators = has_separators(text);
	while (!emulation_stopped(emulation)) {
		reading.at = skip_space(reading.at, reading.end);
		if (reading.at == reading.end)
			return;
		emulation_reach(emulation, reading.at);
		if (match_at(&reading, reading.at, &match)) {
			struct js_assignment assignment = assignment_of(&reading, &match);

			assign(user, &assignment);
			reading.at = match.end;
			continue;
		}
		if (*reading.at != '#')
			emulation_tell(emulation, FINDING_IGNORED_LINE, reading.at,
				(struct span){0}, "no assignment");
		reading.at = line_end(&reading, reading.at);
	}
}
