// Judges base64, base64url, hex and PEM texts byte by byte. Tells nothing about what is inside.
// SPDX-License-Identifier: MIT
#include "lib/value/encoding.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "
#define PEM_DASHES "-----"

int encoding_base64_digit(uint8_t byte)
{
	if (ascii_is_upper(byte))
		return byte - 'A';
	if (ascii_is_lower(byte))
		return byte - 'a' + 26;
	if (ascii_is_digit(byte))
		return byte - '0' + 52;
	if (byte == '+' || byte == '-')
		return 62;
	return byte == '/' || byte == '_' ? 63 : -1;
}

// A digit of one of both alphabets, which differ in their last two.
static int base64_digit(uint8_t c, const char *last_two)
{
	int digit = encoding_base64_digit(c);

	return digit < 62 || c == (uint8_t)last_two[digit - 62] ? digit : -1;
}

// Digits only: how many, and whether the last one's unused bits are zero.
static bool are_digits(const uint8_t *at, size_t length, const char *last_two)
{
	int last = 0;

	for (size_t i = 0; i < length; i++) {
		last = base64_digit(at[i], last_two);
		if (last < 0)
			return false;
	}
	switch (length % 4) {
	case 0:
		return true;
	case 2:
		return (last & 0x0F) == 0;
	case 3:
		return (last & 0x03) == 0;
	default:
		return false;
	}
}

static size_t without_padding(const uint8_t *at, size_t length)
{
	for (int i = 0; i < 2 && length > 0 && at[length - 1] == '='; i++)
		length--;
	return length;
}

bool encoding_is_base64(struct secret text)
{
	const uint8_t *at = secret_bytes(text);

	return text.length > 0 && text.length % 4 == 0 &&
	       are_digits(at, without_padding(at, text.length), "+/");
}

bool encoding_is_base64url(struct secret text)
{
	const uint8_t *at = secret_bytes(text);
	size_t digits = without_padding(at, text.length);

	if (digits == 0 || (digits < text.length && text.length % 4 != 0))
		return false;
	return are_digits(at, digits, "-_");
}

bool encoding_is_hex(struct secret text)
{
	const uint8_t *at = secret_bytes(text);

	for (size_t i = 0; i < text.length; i++)
		if (text_hex_digit((char)at[i]) < 0)
			return false;
	return text.length > 0 && text.length % 2 == 0;
}

// What is left of a text, and the line that was taken from it last, without its end.
struct lines {
	const uint8_t *at;
	size_t left;
	const uint8_t *line;
	size_t length;
};

static bool next_line(struct lines *lines)
{
	const uint8_t *end;
	size_t taken;

	if (lines->left == 0)
		return false;
	end = memchr(lines->at, '\n', lines->left);
	taken = end ? (size_t)(end - lines->at) + 1 : lines->left;
	lines->line = lines->at;
	lines->length = end ? taken - 1 : taken;
	while (lines->length > 0 &&
		(lines->line[lines->length - 1] == '\r' || lines->line[lines->length - 1] == ' '))
		lines->length--;
	lines->at += taken;
	lines->left -= taken;
	return true;
}

// Whether the line is PREFIX label DASHES; the label is a view of it.
static bool is_boundary(const struct lines *lines, const char *prefix, struct secret *ret_label)
{
	size_t before = strlen(prefix), after = strlen(PEM_DASHES);

	if (lines->length <= before + after || memcmp(lines->line, prefix, before) != 0 ||
		memcmp(lines->line + lines->length - after, PEM_DASHES, after) != 0)
		return false;
	*ret_label = secret_view(lines->line + before, lines->length - before - after);
	return true;
}

// The body's digits run over lines, so they are counted here instead of being joined in a copy.
struct body {
	size_t digits, padding;
	int last;
};

static bool add_to_body(struct body *body, const struct lines *lines)
{
	for (size_t i = 0; i < lines->length; i++) {
		uint8_t c = lines->line[i];
		int digit = base64_digit(c, "+/");

		if (c == '=' && body->padding < 2) {
			body->padding++;
		} else if (digit < 0 || body->padding > 0) {
			return false;
		} else {
			body->last = digit;
			body->digits++;
		}
	}
	return true;
}

static bool body_is_whole(const struct body *body)
{
	static const int unused[3] = {0, 0x03, 0x0F}; // by padding

	return body->digits > 0 && (body->digits + body->padding) % 4 == 0 &&
	       (body->last & unused[body->padding]) == 0;
}

// Headers of RFC 1421 such as `Proc-Type: 4,ENCRYPTED`, up to a blank line.
static bool skip_headers(struct lines *lines)
{
	while (lines->length > 0 && memchr(lines->line, ':', lines->length)) {
		if (!next_line(lines))
			return false;
		if (lines->length == 0)
			return next_line(lines);
	}
	return true;
}

// Reads what follows a BEGIN line up to its END line.
static bool read_block(struct lines *lines, struct secret begin_label)
{
	struct body body = {0};
	struct secret end_label;

	if (!next_line(lines) || !skip_headers(lines))
		return false;
	do {
		if (is_boundary(lines, PEM_END, &end_label))
			return body_is_whole(&body) && secret_equal(begin_label, end_label);
		if (!add_to_body(&body, lines))
			return false;
	} while (next_line(lines));
	return false;
}

bool encoding_is_pem(struct secret text)
{
	struct lines lines = {.at = secret_bytes(text), .left = text.length};
	struct secret label;
	size_t blocks = 0;

	while (next_line(&lines)) {
		if (is_boundary(&lines, PEM_BEGIN, &label)) {
			if (!read_block(&lines, label))
				return false;
			blocks++;
		} else if (lines.length >= strlen(PEM_DASHES) &&
			   memcmp(lines.line, PEM_DASHES, strlen(PEM_DASHES)) == 0) {
			return false; // a boundary that is misspelt or cut
		}
	}
	return blocks > 0;
}
