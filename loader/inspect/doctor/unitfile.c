// Line by line, as config_parse() does: a comment, a section, or a setting that may go on.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitfile.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

#include <errno.h>

struct reading {
	const uint8_t *at, *end;
	uint8_t *scratch; // where the next joined line goes
	uint32_t line;
	struct span section;
	int (*setting)(void *user, const struct unitfile_setting *setting);
	void *user;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Blanks before a line never count, also where an earlier one goes on.
static struct span without_indent(struct span line)
{
	while (line.length && is_blank(line.at[0]))
		line = span_after(line, 1);
	return line;
}

static struct span trim(struct span text)
{
	text = without_indent(text);
	while (text.length && is_blank(text.at[text.length - 1]))
		text.length--;
	return text;
}

static bool is_comment(struct span line)
{
	line = without_indent(line);
	return line.length && (line.at[0] == '#' || line.at[0] == ';');
}

// The next line as it stands in the file.
static bool next_line(struct reading *reading, struct span *ret_line)
{
	const uint8_t *end;

	if (reading->at >= reading->end)
		return false;
	end = span_line_end(reading->at, reading->end);
	*ret_line = span_between(reading->at, end);
	if (ret_line->length && ret_line->at[ret_line->length - 1] == '\r')
		ret_line->length--;
	reading->at = end < reading->end ? end + 1 : end;
	reading->line++;
	return true;
}

// An odd number of backslashes at its end: it goes on.
static bool goes_on(struct span line)
{
	size_t count = 0;

	while (count < line.length && line.at[line.length - 1 - count] == '\\')
		count++;
	return count % 2 == 1;
}

// Puts the lines that follow behind this one, with a blank for each backslash; comments between
// them are passed over.
static struct span join(struct reading *reading, struct span line)
{
	uint8_t *begin = reading->scratch;
	bool more = true;

	while (more) {
		more = goes_on(line);
		if (line.length)
			memcpy(reading->scratch, line.at, line.length);
		reading->scratch += line.length;
		if (more)
			reading->scratch[-1] = ' ';
		while (more && (more = next_line(reading, &line)) && is_comment(line))
			;
		line = without_indent(line);
	}
	return span_between(begin, reading->scratch);
}

static int take_line(struct reading *reading, struct span line, uint32_t number)
{
	const uint8_t *equals;
	struct unitfile_setting setting = {.section = reading->section, .line = number};

	line = trim(line);
	if (!line.length || line.length > UNITFILE_LINE_MAX)
		return 0;
	if (line.at[0] == '[' && line.at[line.length - 1] == ']') {
		reading->section = span_between(line.at + 1, span_end(line) - 1);
		return 0;
	}
	equals = span_find(line, '=');
	if (!equals)
		return 0;
	setting.name = trim(span_between(line.at, equals));
	setting.value = trim(span_between(equals + 1, span_end(line)));
	return reading->setting(reading->user, &setting);
}

int unitfile_read(const uint8_t *bytes, size_t size, uint8_t *scratch,
	int (*setting)(void *user, const struct unitfile_setting *setting), void *user)
{
	struct reading reading = {.at = bytes,
		.end = bytes + size,
		.scratch = scratch,
		.setting = setting,
		.user = user};
	struct span line;
	int code = 0;

	if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		reading.at += 3;
	while (code == 0 && next_line(&reading, &line)) {
		uint32_t number = reading.line;

		if (is_comment(line))
			continue;
		if (goes_on(line))
			line = join(&reading, line);
		code = take_line(&reading, line, number);
	}
	return code;
}

// ---- words

// Digits of a base behind an escape's letter.
// Returns: whether all are there.
static bool digits(struct span rest, size_t count, unsigned bits, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (rest.length < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = text_hex_digit((char)rest.at[i]);

		if (digit < 0 || digit >= 1 << bits)
			return false;
		code = code << bits | (uint32_t)digit;
	}
	*ret_code = code;
	return code != 0;
}

// Decodes what stands behind a backslash.
// Returns: how many bytes it takes, 0: it is no escape; how many it becomes in *ret_length.
static size_t unescape(struct span rest, uint8_t *out, size_t *ret_length)
{
	static const char letters[] = "abfnrtv\\\"'s", bytes[] = "\a\b\f\n\r\t\v\\\"' ";
	static const struct {
		uint8_t letter;
		size_t count;
	} numbers[] = {{'x', 2}, {'u', 4}, {'U', 8}};
	const char *letter = rest.length && rest.at[0] ? strchr(letters, rest.at[0]) : NULL;
	uint32_t code;

	*ret_length = 1;
	if (letter) {
		*out = (uint8_t)bytes[letter - letters];
		return 1;
	}
	if (digits(rest, 3, 3, &code) && code <= 255) {
		*out = (uint8_t)code;
		return 3;
	}
	for (size_t i = 0; rest.length && i < ARRAY_SIZE(numbers); i++) {
		if (rest.at[0] != numbers[i].letter ||
			!digits(span_after(rest, 1), numbers[i].count, 4, &code) ||
			code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
			continue;
		if (numbers[i].letter == 'x')
			*out = (uint8_t)code;
		else
			*ret_length = text_put_point(code, out);
		return numbers[i].count + 1;
	}
	return 0;
}

int unitfile_word(struct span *rest, uint8_t *out, struct span *ret_word)
{
	uint8_t *at = out, quote = 0;

	while (rest->length && is_blank(rest->at[0]))
		*rest = span_after(*rest, 1);
	if (!rest->length)
		return 0;
	while (rest->length && (quote || !is_blank(rest->at[0]))) {
		uint8_t byte = rest->at[0];
		size_t taken, length;

		*rest = span_after(*rest, 1);
		if (byte == quote || (!quote && (byte == '"' || byte == '\''))) {
			quote = quote ? 0 : byte;
		} else if (byte == '\\') {
			taken = unescape(*rest, at, &length);
			if (!taken)
				return -EINVAL;
			at += length;
			*rest = span_after(*rest, taken);
		} else {
			*at++ = byte;
		}
	}
	if (quote)
		return -EINVAL;
	*ret_word = span_between(out, at);
	return 1;
}

bool unitfile_assignment(struct span word, struct span *ret_name, struct span *ret_value)
{
	const uint8_t *equals = span_find(word, '=');

	if (!equals || equals == word.at || ascii_is_digit(word.at[0]) || span_find(word, '\0'))
		return false;
	for (const uint8_t *at = word.at; at < equals; at++)
		if (!ascii_is_name(*at, false))
			return false;
	*ret_name = span_between(word.at, equals);
	*ret_value = span_between(equals + 1, span_end(word));
	return true;
}

bool unitfile_specifiers(struct span text, uint8_t *out, struct span *ret_text)
{
	size_t used = 0;
	bool plain = true;

	for (size_t i = 0; i < text.length; i++) {
		out[used++] = text.at[i];
		if (text.at[i] != '%')
			continue;
		if (i + 1 < text.length && text.at[i + 1] == '%')
			i++;
		else
			plain = plain && i + 1 == text.length;
	}
	*ret_text = (struct span){out, used};
	return plain;
}
