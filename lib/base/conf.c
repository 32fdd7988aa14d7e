// Feeds inih line by line from memory. Knows no setting: see setting.h and the programs' tables.
// SPDX-License-Identifier: MIT
#include "lib/base/conf.h"

#include "lib/base/text.h"

#include <errno.h>
#include <ini.h>

struct feed {
	const char *at, *end;
	int line;
	bool in_section, in_bad_section, troubled;
	const struct conf_reader *reader;
};

static void complain(struct feed *feed, const char *text, const char *hint)
{
	feed->troubled = true;
	feed->reader->trouble(feed->reader->user, feed->line, text, hint);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static size_t count_blanks(const char *at, size_t length)
{
	size_t i = 0;

	while (i < length && is_blank(at[i]))
		i++;
	return i;
}

static bool is_comment_or_blank(const char *at, size_t length)
{
	size_t blanks = count_blanks(at, length);

	return blanks == length || at[blanks] == ';' || at[blanks] == '#';
}

// What stands between the brackets, without blanks around it: a rule for "web " would be one for
// nobody.
static const char *name_within(const char *line, const char *close, size_t *ret_size)
{
	const char *at = line + 1;

	at += count_blanks(at, (size_t)(close - at));
	while (close > at && is_blank(close[-1]))
		close--;
	*ret_size = (size_t)(close - at);
	return at;
}

// "[kind argument]"; inih sees a short stand-in, because it cuts names at 49 bytes.
static void begin_section(struct feed *feed, const char *line, size_t length)
{
	char name[CONF_SECTION_MAX + 1];
	const char *close = memchr(line, ']', length), *at;
	size_t size, kind;

	feed->in_section = false;
	feed->in_bad_section = true;
	if (!close) {
		complain(feed, "a section needs a ']' at its end", "such as [key NAME]");
		return;
	}
	if (!is_comment_or_blank(close + 1, (size_t)(line + length - close) - 1)) {
		complain(feed, "text after ']'", "put it on a line of its own");
		return;
	}
	at = name_within(line, close, &size);
	if (!size || size > CONF_SECTION_MAX) {
		complain(feed, "the section's name is empty or too long",
			"a name has at most 255 bytes");
		return;
	}
	memcpy(name, at, size);
	name[size] = '\0';
	kind = strcspn(name, " \t");
	at = name + kind + count_blanks(name + kind, size - kind);
	name[kind] = '\0';
	feed->in_section = true;
	feed->reader->section(feed->reader->user, name, at, feed->line);
}

// ` ; ` starts a comment, behind which anything may stand; ` ;x` more likely belongs to the value
// that it would cut.
static bool cuts_value(const char *line, size_t length)
{
	for (size_t i = 1; i + 1 < length; i++)
		if (line[i] == ';' && is_blank(line[i - 1]))
			return !is_blank(line[i + 1]) && line[i + 1] != ';';
	return false;
}

// ` # ` looks like a comment and is part of the value; one behind ` ; ` is not.
static bool has_hash_comment(const char *line, size_t length)
{
	for (size_t i = 1; i < length; i++) {
		if (!is_blank(line[i - 1]) || (line[i] != '#' && line[i] != ';'))
			continue;
		if (line[i] == ';' || i + 1 == length || is_blank(line[i + 1]))
			return line[i] == '#';
	}
	return false;
}

// Judges a line before inih sees it.
// Returns: whether inih should see it.
static bool admit_line(struct feed *feed, const char *line, size_t length)
{
	if (memchr(line, '\0', length)) {
		complain(feed, "a NUL byte, as UTF-16 has them", "save the file as UTF-8");
		return false;
	}
	if (memchr(line, '\r', length)) {
		complain(feed, "a carriage return", "write it as plain text with LF");
		return false;
	}
	if (text_utf8_error(line, length) < length) {
		complain(feed, "not UTF-8", "save the file as UTF-8");
		return false;
	}
	if (is_comment_or_blank(line, length))
		return false;
	if (line[0] == '[') {
		begin_section(feed, line, length);
		return false;
	}
	if (is_blank(line[0])) {
		complain(feed, "an indented line",
			"start it in column 1; a list setting may repeat");
		return false;
	}
	if (length > CONF_LINE_MAX) {
		complain(feed, "the line is longer than 198 bytes", "a list setting may repeat");
		return false;
	}
	if (cuts_value(line, length)) {
		complain(feed, "white space and ';' start a comment and would cut the value here",
			"write '; ' with a space for a comment");
		return false;
	}
	if (has_hash_comment(line, length)) {
		complain(feed, "white space and '#' would be part of the value",
			"a comment behind a value begins with ' ; '");
		return false;
	}
	if (feed->in_bad_section && !feed->in_section)
		return false; // its head was complained about
	if (!feed->in_section) {
		char hint[64];

		(void)snprintf(
			hint, sizeof(hint), "begin with one, such as %s", feed->reader->example);
		complain(feed, "a setting before any section", hint);
		return false;
	}
	return true;
}

// inih's reader: the next line that it should see, and no other.
static char *next_line(char *out, int size, void *stream)
{
	struct feed *feed = stream;

	while (feed->at < feed->end) {
		const char *line = feed->at;
		size_t left = (size_t)(feed->end - line);
		const char *newline = memchr(line, '\n', left);
		size_t length = newline ? (size_t)(newline - line) : left;

		feed->at += length + (newline != NULL);
		feed->line++;
		if (length && line[length - 1] == '\r')
			length--;
		if (!admit_line(feed, line, length))
			continue;
		if (length >= (size_t)size)
			length = (size_t)size - 1; // admit_line refused it already
		memcpy(out, line, length);
		out[length] = '\0';
		return out;
	}
	return NULL;
}

static int on_setting(void *user, const char *section, const char *key, const char *value)
{
	struct feed *feed = user;

	(void)section; // the feed saw the real one
	feed->reader->setting(feed->reader->user, key, value, feed->line);
	return 1;
}

// A line without one before its comment inih itself would pass over in silence.
static bool has_separator(const char *line)
{
	size_t at = strcspn(line, "=:;");

	while (line[at] == ';' && !is_blank(line[at - 1]))
		at += 1 + strcspn(line + at + 1, "=:;");
	return line[at] && line[at] != ';';
}

static char *next_checked_line(char *out, int size, void *stream)
{
	char *line = next_line(out, size, stream);

	while (line && !has_separator(line)) {
		complain(stream, "neither a section nor a setting", "write SETTING = value");
		line = next_line(out, size, stream);
	}
	return line;
}

int conf_parse(const char *bytes, size_t length, const struct conf_reader *reader)
{
	struct feed feed = {.at = bytes, .end = bytes + length, .reader = reader};

	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		feed.at += 3;
	if (ini_parse_stream(next_checked_line, &feed, on_setting, &feed) == -2)
		return -ENOMEM;
	return feed.troubled ? -EINVAL : 0;
}
