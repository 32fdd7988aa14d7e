// The dialect of phpdotenv, which Laravel uses: lines are joined first where a quote looks open,
// and then read as NAME=VALUE. Only ${NAME} is a reference, and one that is not set stays.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

#define PHPDOTENV_TOKEN_MAX 1000 // bytes of one kind that are looked at together
// What stands for an escaped "$" until the references are replaced; text in UTF-8 has none.
#define PHPDOTENV_DOLLAR 0xFF

// What PHP's trim takes away: NUL, but no form feed.
static bool is_trimmed(uint8_t byte)
{
	return byte != '\f' && (ascii_is_space(byte) || byte == '\0');
}

static struct span trim_start(struct span text)
{
	while (text.length && is_trimmed(*text.at))
		text = span_after(text, 1);
	return text;
}

static struct span trim(struct span text)
{
	text = trim_start(text);
	while (text.length && is_trimmed(text.at[text.length - 1]))
		text.length--;
	return text;
}

static bool is_name_byte(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	return ascii_is_lower(lower) || ascii_is_digit(byte) || byte == '_' || byte == '.';
}

static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!is_name_byte(name.at[i]))
			return false;
	return name.length > 0;
}

static void refuse(struct emulation *emulation, const uint8_t *place, const char *text)
{
	emulation_refuse(emulation, FINDING_REFUSED, place, text);
}

// ---- the text as it is looked at: UTF-8, with "\n" for each end of a line

// How many bytes of a broken sequence of UTF-8 become one "?".
static size_t broken_length(struct span text)
{
	uint8_t low = 0x80, high = 0xBF;
	size_t whole = text.at[0] >= 0xF0 ? 4 : 3, length = 2;

	if (text.at[0] < 0xE0 || text.at[0] > 0xF4 || text.length < 2)
		return 1;
	if (text.at[0] == 0xE0)
		low = 0xA0;
	else if (text.at[0] == 0xED)
		high = 0x9F;
	else if (text.at[0] == 0xF0)
		low = 0x90;
	else if (text.at[0] == 0xF4)
		high = 0x8F;
	if (text.at[1] < low || text.at[1] > high)
		return 1;
	while (length < whole && length < text.length && (text.at[length] & 0xC0) == 0x80)
		length++;
	return length;
}

static struct span repair(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation), good;

	while (text.length && !emulation_stopped(emulation)) {
		good = text_utf8_error(text.at, text.length);
		scratch_put(emulation, (struct span){text.at, good});
		text = span_after(text, good);
		if (text.length) {
			scratch_put_byte(emulation, '?');
			text = span_after(text, broken_length(text));
		}
	}
	return scratch_end(emulation, begun);
}

static struct span prepare(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);

	if (text_utf8_error(text.at, text.length) < text.length)
		emulation_use_text(emulation, repair(emulation, text));
	text = scratch_end_lines(emulation);
	return span_starts(text, "\xEF\xBB\xBF") ? span_after(text, 3) : text;
}

// ---- references, from the last to the first: what one became may be part of the one before

// Puts bytes back to front, so that the end of the stack is the beginning of the value.
static void put_reversed(struct emulation *emulation, struct span bytes)
{
	uint8_t *room = bytes.length ? scratch_room(emulation, bytes.length) : NULL;

	if (!room)
		return;
	for (size_t i = 0; i < bytes.length; i++) {
		uint8_t byte = bytes.at[bytes.length - 1 - i];

		room[i] = byte == PHPDOTENV_DOLLAR ? '$' : byte;
	}
	scratch_took(emulation, bytes.length);
}

// What a name stands for. PHP leaves names with a dot out when it takes over the environment.
static bool look_up(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	return (!span_find(name, '.') && emulation_environment(emulation, name, ret_value)) ||
	       emulation_find(emulation, name, ret_value);
}

// Replaces the reference that the value begins with, if it does.
static void resolve_first(struct emulation *emulation, size_t begun)
{
	struct span reversed = scratch_since(emulation, begun), name, value;
	size_t left = reversed.length, name_begun;

	if (left < 4 || reversed.at[left - 1] != '$' || reversed.at[left - 2] != '{')
		return;
	for (left -= 2; left && is_name_byte(reversed.at[left - 1]); left--)
		;
	if (!left || reversed.at[left - 1] != '}' || left == reversed.length - 2)
		return;
	name.length = reversed.length - 2 - left;
	name_begun = scratch_begin(emulation);
	for (size_t i = 0; i < name.length; i++)
		scratch_put_byte(
			emulation, scratch_since(emulation, begun).at[left + name.length - 1 - i]);
	name = scratch_since(emulation, name_begun);
	if (look_up(emulation, name, &value)) {
		scratch_drop(emulation, begun + left - 1);
		put_reversed(emulation, value);
	} else {
		scratch_drop(emulation, name_begun);
	}
}

static struct span resolve(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation), length, forward;
	const uint8_t *end = span_end(text), *at;
	uint8_t *room;

	for (at = end; at > text.at && !emulation_stopped(emulation);) {
		if (*--at != '$')
			continue;
		put_reversed(emulation, span_between(at, end));
		resolve_first(emulation, begun);
		end = at;
	}
	put_reversed(emulation, span_between(text.at, end));
	length = scratch_since(emulation, begun).length;
	forward = scratch_begin(emulation);
	room = scratch_room(emulation, length);
	for (size_t i = 0; room && i < length; i++)
		room[i] = room[-1 - (ptrdiff_t)i];
	if (room)
		scratch_took(emulation, length);
	text = scratch_end(emulation, forward);
	scratch_drop(emulation, begun);
	return text;
}

// Whether anything in a value, before or after its escapes, may be a reference.
static bool has_reference(struct span text)
{
	const uint8_t *dollar;

	while ((dollar = span_find(text, '$'))) {
		text = span_between(dollar + 1, span_end(text));
		if (text.length && *text.at == '{')
			return true;
	}
	return false;
}

// ---- values

// What may come after a value: space, then a comment.
static void check_rest(struct emulation *emulation, struct span rest)
{
	while (rest.length && ascii_is_space(*rest.at))
		rest = span_after(rest, 1);
	if (rest.length && *rest.at != '#')
		refuse(emulation, rest.at, "text after a space or a closing quote");
}

static struct span read_unquoted(struct emulation *emulation, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value);

	// only a form feed can stand here, and what is space after it belongs to it
	while (at < end && at < value.at + PHPDOTENV_TOKEN_MAX && ascii_is_space(*at) &&
		*at != '\n')
		at++;
	while (at < end && !ascii_is_space(*at) && *at != '#')
		at++;
	if (at < end)
		check_rest(emulation, span_between(at, end));
	value = span_between(value.at, at);
	return has_reference(value) ? resolve(emulation, value) : value;
}

static struct span read_single(struct emulation *emulation, struct span value)
{
	struct span inner = span_after(value, 1);
	const uint8_t *quote = span_find(inner, '\'');

	if (!quote) {
		refuse(emulation, value.at, "a missing closing quote");
		return inner;
	}
	check_rest(emulation, span_between(quote + 1, span_end(value)));
	return span_between(inner.at, quote);
}

// What an escape stands for.
// Returns: the byte, or 0 when there is no such escape.
static uint8_t unescape(uint8_t byte)
{
	static const char letters[] = "fnrtv\"\\$", bytes[] = "\f\n\r\t\v\"\\";
	const char *letter = byte ? strchr(letters, byte) : NULL;

	if (!letter)
		return 0;
	return byte == '$' ? PHPDOTENV_DOLLAR : (uint8_t)bytes[letter - letters];
}

// The inside of double quotes without its escapes.
// Returns: the closing quote, or NULL.
static const uint8_t *decode(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *from = at;

	for (; at < end && *at != '"'; at++) {
		if (*at != '\\')
			continue;
		scratch_put(emulation, span_between(from, at));
		if (++at == end)
			return NULL;
		if (!unescape(*at)) {
			refuse(emulation, at - 1, "an unexpected escape sequence");
			return NULL;
		}
		scratch_put_byte(emulation, unescape(*at));
		from = at + 1;
	}
	scratch_put(emulation, span_between(from, at));
	return at < end ? at : NULL;
}

static struct span read_double(struct emulation *emulation, struct span value)
{
	const uint8_t *from = value.at + 1, *at = from, *end = span_end(value);
	size_t begun = scratch_begin(emulation);
	bool escaped;

	while (at < end && *at != '"' && *at != '\\')
		at++;
	escaped = at < end && *at == '\\';
	if (escaped)
		at = decode(emulation, from, end);
	if (!at || at == end) {
		refuse(emulation, value.at, "a missing closing quote");
		return value;
	}
	check_rest(emulation, span_between(at + 1, end));
	value = escaped ? scratch_end(emulation, begun) : span_between(from, at);
	if (has_reference(value) || (escaped && span_find(value, PHPDOTENV_DOLLAR)))
		value = resolve(emulation, value);
	return value;
}

static struct span read_value(struct emulation *emulation, struct span value)
{
	if (!value.length || *value.at == '#')
		return (struct span){value.at, 0};
	if (*value.at == '\'')
		return read_single(emulation, value);
	if (*value.at == '"')
		return read_double(emulation, value);
	return read_unquoted(emulation, value);
}

// ---- entries

static struct span read_name(struct emulation *emulation, struct span name)
{
	const uint8_t *place = name.at;

	if (name.length > 8 && span_starts(name, "export") && ascii_is_space(name.at[6]))
		name = trim_start(span_after(name, 6));
	if (name.length >= 3 && (*name.at == '"' || *name.at == '\'') &&
		name.at[name.length - 1] == *name.at)
		name = (struct span){name.at + 1, name.length - 2};
	if (!is_name(name))
		refuse(emulation, place, "not a valid name");
	return name;
}

// One line, or several that were joined.
static void read_entry(struct emulation *emulation, struct span entry)
{
	const uint8_t *equals = span_find(entry, '=');
	struct span name = equals ? trim(span_between(entry.at, equals)) : entry, value;

	emulation_reach(emulation, name.at);
	if (!name.length) {
		refuse(emulation, entry.at, "a line without a name");
		return;
	}
	name = read_name(emulation, name);
	if (!equals) {
		emulation_unset(emulation, name);
		return;
	}
	value = read_value(emulation, trim(span_between(equals + 1, span_end(entry))));
	emulation_set(emulation, name, value, name.at);
	if (span_find(name, '.'))
		emulation_settle(emulation, name, value); // the environment's is not seen
}

// How many quotes of a line may open or close: those behind a byte that is no backslash. Of
// backslashes only the odd last one counts as one.
static size_t count_quotes(struct span line, bool *ret_opens)
{
	const uint8_t *at = line.at, *before;
	size_t count = 0;

	*ret_opens = false;
	while ((at = span_find(span_between(at, span_end(line)), '"'))) {
		for (before = at; before > line.at && before[-1] == '\\'; before--)
			;
		if (before > line.at && (at - before) % 2 == 0)
			count++;
		if (at > line.at && at[-1] == '=')
			*ret_opens = true;
		at++;
	}
	return count;
}

static void read_phpdotenv(struct emulation *emulation)
{
	struct span text = prepare(emulation), line, entry;
	const uint8_t *at = text.at, *end = span_end(text), *joined = NULL;
	bool opens;

	for (; at < end && !emulation_stopped(emulation); at = span_end(line) + 1) {
		line = span_between(at, span_line_end(at, end));
		size_t quotes = count_quotes(line, &opens);

		if (opens && quotes <= 1) {
			joined = joined ? joined : line.at;
			continue;
		}
		if (joined && !quotes && !span_is(line, "\""))
			continue;
		entry = trim(span_between(joined ? joined : line.at, span_end(line)));
		if (entry.length && *entry.at != '#')
			read_entry(
				emulation, span_between(joined ? joined : line.at, span_end(line)));
		joined = NULL;
	}
	if (joined)
		emulation_tell(emulation, FINDING_IGNORED_LINE, joined, (struct span){0},
			"a quote that stays open: it and all after it are not read");
}

const struct dialect phpdotenv_rows[] = {
	{
		.name = "phpdotenv",
		.loader = "vlucas/phpdotenv 5.4.1 (Laravel)",
		.doc = "only ${NAME} is a reference, and a space outside quotes is refused",
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_phpdotenv,
	},
	{0},
};
