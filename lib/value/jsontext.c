// A JSON checker without memory of its own: one pass, a fixed stack of brackets, no copies.
// SPDX-License-Identifier: MIT
#include "lib/value/jsontext.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

struct scan {
	const uint8_t *at;
	size_t length, i;
	size_t depth;
	uint8_t closers[JSONTEXT_DEPTH_MAX]; // the bracket that ends each level
	// A member to look for in the outermost object, and what was found.
	const char *wanted;
	size_t found;
	struct secret value;
};

static int peek(const struct scan *scan)
{
	return scan->i < scan->length ? scan->at[scan->i] : -1;
}

static void skip_space(struct scan *scan)
{
	while (peek(scan) > 0 && strchr(" \t\r\n", peek(scan)))
		scan->i++;
}

static bool take_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	if (scan->length - scan->i < length || memcmp(scan->at + scan->i, word, length) != 0)
		return false;
	scan->i += length;
	return true;
}

static bool take_digits(struct scan *scan)
{
	size_t start = scan->i;

	while (ascii_is_digit(peek(scan)))
		scan->i++;
	return scan->i > start;
}

static bool take_number(struct scan *scan)
{
	if (peek(scan) == '-')
		scan->i++;
	if (peek(scan) == '0')
		scan->i++;
	else if (!take_digits(scan))
		return false;
	if (peek(scan) == '.') {
		scan->i++;
		if (!take_digits(scan))
			return false;
	}
	if (peek(scan) == 'e' || peek(scan) == 'E') {
		scan->i++;
		if (peek(scan) == '+' || peek(scan) == '-')
			scan->i++;
		if (!take_digits(scan))
			return false;
	}
	return true;
}

// Reads the four digits of a `\u` escape.
// Returns: the code unit, or -1.
static int take_unit(struct scan *scan)
{
	int unit = 0;

	for (int i = 0; i < 4; i++, scan->i++) {
		int digit = text_hex_digit((char)peek(scan));

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

// What follows a backslash. A lone surrogate is no character, and NUL none that C can hold.
static bool take_escape(struct scan *scan)
{
	int c = peek(scan), unit;

	scan->i++;
	if (c != 'u')
		return c > 0 && strchr("\"\\/bfnrt", c);
	unit = take_unit(scan);
	if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return false;
	if (unit < 0xD800 || unit > 0xDBFF)
		return true;
	if (!take_word(scan, "\\u"))
		return false;
	unit = take_unit(scan);
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

// Reads a string; `ret_plain` is a view of its bytes, or empty with `bytes` NULL when it holds
// escapes.
static bool take_string(struct scan *scan, struct secret *ret_plain)
{
	size_t start = ++scan->i;
	bool plain = true;

	for (int c = peek(scan); c != '"'; c = peek(scan)) {
		if (c < 0x20)
			return false;
		scan->i++;
		if (c == '\\') {
			plain = false;
			if (!take_escape(scan))
				return false;
		}
	}
	*ret_plain = plain ? secret_view(scan->at + start, scan->i - start) : SECRET_NONE;
	scan->i++;
	return true;
}

// Reads a value that is no bracket.
static bool take_scalar(struct scan *scan, struct secret *ret_plain)
{
	*ret_plain = SECRET_NONE;
	switch (peek(scan)) {
	case '"':
		return take_string(scan, ret_plain);
	case 't':
		return take_word(scan, "true");
	case 'f':
		return take_word(scan, "false");
	case 'n':
		return take_word(scan, "null");
	default:
		return take_number(scan);
	}
}

static bool in_object(const struct scan *scan)
{
	return scan->depth > 0 && scan->closers[scan->depth - 1] == '}';
}

// Reads `"name":` when an object is open; an array has no names.
static bool take_name(struct scan *scan, bool *ret_wanted)
{
	struct secret name;

	*ret_wanted = false;
	if (!in_object(scan))
		return true;
	if (peek(scan) != '"' || !take_string(scan, &name))
		return false;
	if (scan->depth == 1 && scan->wanted && secret_is(name, scan->wanted))
		*ret_wanted = true;
	skip_space(scan);
	if (peek(scan) != ':')
		return false;
	scan->i++;
	skip_space(scan);
	return true;
}

// Opens a bracket.
// Returns: whether it could be, with `ret_empty` when it is closed again at once.
static bool open_bracket(struct scan *scan, bool *ret_empty)
{
	uint8_t closer = peek(scan) == '{' ? '}' : ']';

	if (scan->depth == JSONTEXT_DEPTH_MAX)
		return false;
	scan->closers[scan->depth++] = closer;
	scan->i++;
	skip_space(scan);
	*ret_empty = peek(scan) == closer;
	return true;
}

// Reads one value, or the bracket that opens one.
static bool take_value(struct scan *scan, bool *ret_opened)
{
	bool wanted, empty;
	struct secret plain;

	if (!take_name(scan, &wanted))
		return false;
	*ret_opened = false;
	if (peek(scan) == '{' || peek(scan) == '[') {
		scan->found += wanted; // so that a name that stands twice is never found once
		if (wanted)
			scan->value = SECRET_NONE;
		if (!open_bracket(scan, &empty))
			return false;
		*ret_opened = !empty;
		return true;
	}
	if (!take_scalar(scan, &plain))
		return false;
	if (wanted) {
		scan->found++;
		scan->value = plain;
	}
	return true;
}

// Closes brackets and steps over a comma.
// Returns: whether the text may go on so; `ret_more` when another value must follow.
static bool after_value(struct scan *scan, bool *ret_more)
{
	*ret_more = false;
	for (skip_space(scan); scan->depth > 0; skip_space(scan)) {
		int c = peek(scan);

		scan->i++;
		if (c == ',') {
			*ret_more = true;
			skip_space(scan);
			return true;
		}
		if (c != scan->closers[scan->depth - 1])
			return false;
		scan->depth--;
	}
	return true;
}

static bool scan_text(struct scan *scan)
{
	bool opened, more = true;

	skip_space(scan);
	while (more) {
		if (!take_value(scan, &opened))
			return false;
		if (!opened && !after_value(scan, &more))
			return false;
	}
	return scan->i == scan->length;
}

bool jsontext_is_valid(struct secret text)
{
	struct scan scan = {.at = secret_bytes(text), .length = text.length};

	return text.length > 0 && text_utf8_error(scan.at, scan.length) == scan.length &&
	       scan_text(&scan);
}

bool jsontext_string_member(struct secret text, const char *name, struct secret *ret_value)
{
	struct scan scan = {.at = secret_bytes(text), .length = text.length, .wanted = name};

	(void)scan_text(&scan); // what stands before a fault counts as well
	if (scan.found != 1 || !scan.value.bytes)
		return false;
	*ret_value = scan.value;
	return true;
}
