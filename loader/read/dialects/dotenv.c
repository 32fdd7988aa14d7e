// One line-oriented reader; the traits of the dialect decide what a line may be. Each step of a
// line is a function that advances `at`.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dotenv.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv_reader.h"
#include "loader/read/dialects/span.h"

// What a byte can mean inside a line.
enum byte_class {
	NAME = 1u << 0,  // may stand in a name
	ODD = 1u << 1,   // may stand in a name, but shells refuse it
	BLANK = 1u << 2, // space or tab
};

// clang-format off
static const uint8_t classes[256] = {
	['A' ... 'Z'] = NAME, ['a' ... 'z'] = NAME, ['0' ... '9'] = NAME, ['_'] = NAME,
	['.'] = NAME | ODD, ['-'] = NAME | ODD,
	[' '] = BLANK, ['\t'] = BLANK,
};
// clang-format on

// The place may lie some lines below the one that is read, inside a quoted value.
void dotenv_report(struct dotenv_reader *reader, enum finding finding, const uint8_t *place,
	const struct dotenv_entry *entry)
{
	struct dotenv_trouble trouble = {.finding = finding, .line = reader->line};
	const uint8_t *start = reader->line_start, *newline;

	while ((newline = memchr(start, '\n', (size_t)(place - start)))) {
		trouble.line++;
		start = newline + 1;
	}
	trouble.column = (uint32_t)(place - start) + 1;
	if (entry) {
		trouble.name = entry->name;
		trouble.name_length = entry->name_length;
	}
	reader->sink->trouble(reader->sink->user, &trouble);
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (classes[*at] & BLANK))
		at++;
	return at;
}

static const uint8_t *find(const uint8_t *from, const uint8_t *end, uint8_t byte)
{
	return memchr(from, byte, (size_t)(end - from));
}

// Moves to the start of the next line.
static void next_line(struct dotenv_reader *reader, const uint8_t *newline)
{
	reader->at = newline < reader->end ? newline + 1 : reader->end;
}

// `export ` before a name.
static const uint8_t *skip_export(struct dotenv_reader *reader, const uint8_t *at,
	const uint8_t *end, const struct dotenv_entry *entry)
{
	const uint8_t *after;

	if (!dotenv_has(reader, DOTENV_EXPORT) || end - at < 7 || memcmp(at, "export", 6) != 0)
		return at;
	after = skip_blanks(at + 6, end);
	if (after == at + 6 || after == end || *after == '=')
		return at;
	dotenv_report(reader, FINDING_EXPORT_PREFIX, at, entry);
	return after;
}

// A carriage return is half a line end or an error; UTF-8 and NUL are judged for the whole entry.
// Returns: whether the bytes from `from` to `end` can be used.
static bool judge_bytes(struct dotenv_reader *reader, const uint8_t *from, const uint8_t *end,
	const struct dotenv_entry *entry)
{
	const uint8_t *bad = NULL;

	if (reader->has_nul && (bad = memchr(from, '\0', (size_t)(end - from)))) {
		dotenv_report(reader, FINDING_NUL, bad, entry);
		return false;
	}
	if (!dotenv_has(reader, DOTENV_TEXT))
		return true;
	if (reader->bad_utf8 && reader->bad_utf8 < end) {
		size_t length = (size_t)(end - from), good = text_utf8_error(from, length);

		if (good < length) {
			dotenv_report(reader, FINDING_BAD_UTF8, from + good, entry);
			return false;
		}
	}
	while (reader->has_cr && (bad = memchr(bad ? bad + 1 : from, '\r',
					  (size_t)(end - (bad ? bad + 1 : from))))) {
		if (bad + 1 < reader->end && bad[1] == '\n') {
			if (!reader->warned_crlf)
				dotenv_report(reader, FINDING_CRLF, bad, NULL);
			reader->warned_crlf = true;
		} else {
			dotenv_report(reader, FINDING_LONE_CR, bad, entry);
			return false;
		}
	}
	return true;
}

// The name and '='; leaves reader->at at the first byte of the value.
// Returns: whether there is an entry.
static bool read_name(
	struct dotenv_reader *reader, const uint8_t *newline, struct dotenv_entry *entry)
{
	const uint8_t *at = reader->at, *end = newline;
	unsigned odd = 0;

	if (end > at && end[-1] == '\r' && dotenv_has(reader, DOTENV_TEXT))
		end--;
	at = skip_export(reader, at, end, entry);
	entry->name = (const char *)at;
	entry->line = reader->line;
	entry->column = (uint32_t)(at - reader->line_start) + 1;
	for (; at < end && (classes[*at] & NAME); at++)
		odd |= classes[*at];
	entry->name_length = (size_t)(at - (const uint8_t *)entry->name);
	reader->at = dotenv_has(reader, DOTENV_TRIM) ? skip_blanks(at, end) : at;
	if (!entry->name_length || reader->at == end || *reader->at != '=') {
		if (judge_bytes(reader, reader->line_start, end, NULL))
			dotenv_refuse_line(reader, at, end, entry);
		return false;
	}
	if (ascii_is_digit(entry->name[0])) {
		dotenv_report(reader, FINDING_BAD_NAME, (const uint8_t *)entry->name, NULL);
		return false;
	}
	if (odd & ODD)
		dotenv_report(reader, FINDING_ODD_NAME, (const uint8_t *)entry->name, entry);
	if (reader->at != at)
		dotenv_report(reader, FINDING_SPACED_EQUALS, at, entry);
	reader->at++;
	return true;
}

// A line end, blanks or a comment may follow a closing quote; anything else has no common meaning.
static bool ends_cleanly(struct dotenv_reader *reader, const uint8_t *at, const uint8_t *newline,
	const struct dotenv_entry *entry)
{
	const uint8_t *rest = skip_blanks(at, newline);

	if (rest == newline || (*rest == '\r' && rest + 1 == newline) ||
		(*rest == '#' && rest != at))
		return true;
	dotenv_report(reader, FINDING_TEXT_AFTER_QUOTE, at, entry);
	return false;
}

// The closing quote; a backslash in double quotes takes the next byte with it.
static const uint8_t *closing_quote(
	const uint8_t *at, const uint8_t *end, uint8_t quote, bool escapes)
{
	const uint8_t *close = find(at, end, quote), *backslash;

	while (escapes && close && (backslash = find(at, close, '\\'))) {
		at = backslash + 2;
		if (at > close)
			close = find(at, end, quote);
	}
	return close;
}

// `$$` is the process id to a shell and one dollar to compose.
static bool expands_at(const uint8_t *dollar, const uint8_t *end)
{
	return dollar + 1 < end &&
	       ((classes[dollar[1]] & (NAME | ODD)) == NAME || dollar[1] == '{' ||
		       dollar[1] == '(' || dollar[1] == '$');
}

// The first $ from `from` to `end` that some loader expands.
static void note_dollar(struct dotenv_reader *reader, struct dotenv_entry *entry,
	const uint8_t *from, const uint8_t *end)
{
	const uint8_t *dollar = find(from, end, '$');

	while (dollar && !expands_at(dollar, end))
		dollar = find(dollar + 1, end, '$');
	if (!dollar)
		return;
	entry->dollar = true;
	dotenv_report(reader, FINDING_DOLLAR, dollar, entry);
}

// Facts about a quoted value that may span lines: escapes, dollars, line ends.
static void look_inside(struct dotenv_reader *reader, struct dotenv_entry *entry)
{
	const uint8_t *at = entry->raw, *end = entry->raw + entry->raw_length;
	const uint8_t *backslash =
		entry->quote == DOTENV_DOUBLE && dotenv_has(reader, DOTENV_ESCAPES)
			? memchr(at, '\\', entry->raw_length)
			: NULL;

	if (backslash) {
		entry->escaped = true;
		dotenv_report(reader, FINDING_BACKSLASH, backslash, entry);
	}
	note_dollar(reader, entry, at, end);
	if (reader->has_cr && memchr(at, '\r', entry->raw_length))
		entry->escaped = true; // CRLF inside becomes LF
}

static void count_lines(struct dotenv_reader *reader, const uint8_t *from, const uint8_t *to)
{
	while ((from = memchr(from, '\n', (size_t)(to - from)))) {
		reader->line++;
		reader->line_start = ++from;
	}
}

// A quoted value; it may end on a later line.
// Returns: whether the entry stands.
static bool read_quoted(
	struct dotenv_reader *reader, struct dotenv_entry *entry, const uint8_t **newline)
{
	uint8_t quote = *reader->at;
	const uint8_t *open = reader->at, *close;

	entry->quote = quote == '"' ? DOTENV_DOUBLE : DOTENV_SINGLE;
	close = closing_quote(open + 1, reader->end, quote,
		entry->quote == DOTENV_DOUBLE && dotenv_has(reader, DOTENV_ESCAPES));
	if (!close) {
		dotenv_report(reader, FINDING_UNTERMINATED, open, entry);
		return false;
	}
	entry->raw = open + 1;
	entry->raw_length = (size_t)(close - open) - 1;
	look_inside(reader, entry);
	if (!judge_bytes(reader, entry->raw, close, entry)) {
		count_lines(reader, open, close);
		*newline = span_line_end(close, reader->end);
		return false;
	}
	count_lines(reader, open, close);
	*newline = span_line_end(close, reader->end);
	return ends_cleanly(reader, close + 1, *newline, entry) &&
	       judge_bytes(reader, close, *newline, entry);
}

// The '#' that begins a comment; one inside a value (*ret_bare: the first) does not.
// Returns: the comment, or `end`.
static const uint8_t *comment_start(
	const uint8_t *from, const uint8_t *end, const uint8_t **ret_bare)
{
	const uint8_t *hash = find(from, end, '#');

	for (; hash; hash = find(hash + 1, end, '#')) {
		if (hash == from || (classes[hash[-1]] & BLANK))
			return hash;
		if (!*ret_bare)
			*ret_bare = hash;
	}
	return end;
}

// Where an unquoted value ends: white space and #, or the line's end.
// Returns: that place, or NULL when a backtick forbids the value.
static const uint8_t *plain_end(struct dotenv_reader *reader, struct dotenv_entry *entry,
	const uint8_t *from, const uint8_t *end)
{
	const uint8_t *hash = NULL, *backtick = NULL;

	if (dotenv_has(reader, DOTENV_COMMENTS))
		end = comment_start(from, end, &hash);
	if (dotenv_has(reader, DOTENV_QUOTES))
		backtick = find(from, end, '`');
	note_dollar(reader, entry, from, backtick ? backtick : end);
	if (backtick) {
		dotenv_report(reader, FINDING_BACKTICK, backtick, entry);
		return NULL;
	}
	if (hash)
		dotenv_report(reader, FINDING_BARE_HASH, hash, entry);
	return end;
}

static bool read_plain(
	struct dotenv_reader *reader, struct dotenv_entry *entry, const uint8_t *newline)
{
	const uint8_t *from = reader->at, *end = newline;

	if (!judge_bytes(reader, from, newline, entry))
		return false;
	if (dotenv_has(reader, DOTENV_TEXT) && end > from && end[-1] == '\r')
		end--;
	if (from < end && *from == '#' && dotenv_has(reader, DOTENV_COMMENTS))
		dotenv_report(reader, FINDING_COMMENT_ONLY, from, entry);
	end = plain_end(reader, entry, from, end);
	if (!end)
		return false;
	while (dotenv_has(reader, DOTENV_TRIM) && end > from && (classes[end[-1]] & BLANK))
		end--;
	entry->raw = from;
	entry->raw_length = (size_t)(end - from);
	entry->quote = DOTENV_PLAIN;
	return true;
}

static bool read_value(
	struct dotenv_reader *reader, struct dotenv_entry *entry, const uint8_t **newline)
{
	const uint8_t *after_equals = reader->at;

	if (dotenv_has(reader, DOTENV_TRIM))
		reader->at = skip_blanks(reader->at, *newline);
	if (reader->at != after_equals && reader->at != *newline && *reader->at != '#')
		dotenv_report(reader, FINDING_SPACED_EQUALS, after_equals, entry);
	if (dotenv_has(reader, DOTENV_QUOTES) && reader->at < *newline &&
		(*reader->at == '"' || *reader->at == '\''))
		return read_quoted(reader, entry, newline);
	if (reader->at == *newline) {
		entry->raw = reader->at;
		return true;
	}
	return read_plain(reader, entry, *newline);
}

// One line, or the several that a quoted value spans.
static int read_line(struct dotenv_reader *reader)
{
	const uint8_t *newline = span_line_end(reader->at, reader->end);
	struct dotenv_entry entry = {0};
	const uint8_t *start;
	int code = 0;

	reader->line++;
	reader->line_start = reader->at;
	start = skip_blanks(reader->at, newline);
	if (start == newline || *start == '#' ||
		(*start == '\r' && start + 1 == newline && dotenv_has(reader, DOTENV_TEXT))) {
		ignore_result(judge_bytes(reader, start, newline, NULL)); // it reports by itself
		next_line(reader, newline);
		return 0;
	}
	if (dotenv_has(reader, DOTENV_TRIM))
		reader->at = start;
	if (read_name(reader, newline, &entry) && read_value(reader, &entry, &newline))
		code = reader->sink->entry(reader->sink->user, &entry);
	next_line(reader, newline);
	return code;
}

// The byte order mark that some editors write.
static void skip_mark(struct dotenv_reader *reader)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (!span_starts(span_between(reader->at, reader->end), mark))
		return;
	reader->line = 1;
	dotenv_report(reader, FINDING_BOM, reader->at, NULL);
	reader->line = 0;
	reader->at += strlen(mark);
}

int dotenv_read(const uint8_t *bytes, size_t length, const struct dialect *dialect,
	const struct dotenv_sink *sink)
{
	struct dotenv_reader reader = {
		.at = bytes,
		.end = bytes + length,
		.line_start = bytes,
		.traits = dialect->traits,
		.sink = sink,
	};
	int code = 0;

	reader.has_nul = memchr(bytes, '\0', length) != NULL;
	reader.has_cr = memchr(bytes, '\r', length) != NULL;
	if (dotenv_has(&reader, DOTENV_TEXT)) {
		size_t good = text_utf8_error(bytes, length);

		reader.bad_utf8 = good < length ? bytes + good : NULL;
	}
	if ((reader.has_nul || reader.bad_utf8) && dotenv_refuse_file(&reader))
		return 0;
	if (dotenv_has(&reader, DOTENV_TEXT))
		skip_mark(&reader);
	while (code == 0 && reader.at < reader.end)
		code = read_line(&reader);
	return code;
}
