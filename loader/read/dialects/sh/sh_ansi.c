// The escapes of $'...' in a shell, and text put in quotes again.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_lex.h"

static int digit_of(uint8_t byte)
{
	int digit = text_hex_digit((char)byte);

	return digit < 0 ? 99 : digit;
}

// Reads up to `most` digits at `*at`.
// Returns: how many there were.
static size_t read_digits(struct span text, size_t *at, size_t most, int base, uint32_t *ret_number)
{
	size_t from = *at;

	*ret_number = 0;
	while (*at < text.length && *at - from < most && digit_of(text.at[*at]) < base)
		*ret_number = *ret_number * (uint32_t)base + (uint32_t)digit_of(text.at[(*at)++]);
	return *at - from;
}

static void put_code_point(struct sh *sh, uint32_t code)
{
	uint8_t bytes[TEXT_POINT_MAX];

	if (code <= 0x7fffffff)
		scratch_put(sh->emulation, (struct span){bytes, text_put_point(code, bytes)});
}

// Puts a byte.
// Returns: false for a NUL, which ends the text.
static bool put_code(struct sh *sh, uint32_t code)
{
	if (code & 0xff)
		scratch_put_byte(sh->emulation, (uint8_t)code);
	return (code & 0xff) != 0;
}

// Decodes the digits behind \x, \u or \U; without any the backslash stays.
// Returns: false at a NUL.
static bool decode_hex(struct sh *sh, struct span text, size_t *at)
{
	uint8_t letter = text.at[*at];
	bool braces = letter == 'x' && *at + 1 < text.length && text.at[*at + 1] == '{';
	size_t after = *at + 1 + braces, most = letter == 'u' ? 4 : 8;
	uint32_t number;

	if (letter == 'x' && !braces)
		most = 2;
	if (!read_digits(text, &after, most, 16, &number)) {
		scratch_put_byte(sh->emulation, '\\');
		scratch_put_byte(sh->emulation, letter);
		*at += 1;
		return true;
	}
	after += braces && after < text.length && text.at[after] == '}';
	*at = after;
	if (letter == 'x')
		return put_code(sh, number);
	if (number)
		put_code_point(sh, number);
	return number != 0;
}

// Decodes the letter behind \c.
// Returns: false at a NUL.
static bool decode_control(struct sh *sh, struct span text, size_t *at)
{
	uint8_t letter = text.at[*at + 1];

	*at += 2;
	if (letter == '\\' && *at < text.length && text.at[*at] == '\\')
		*at += 1;
	if (ascii_is_lower(letter))
		letter = (uint8_t)(letter - 'a' + 'A');
	return put_code(sh, letter == '?' ? 0x7f : letter & 0x1f);
}

// Decodes the escape whose letter stands at `*at`.
// Returns: false at a NUL, which ends the text.
static bool decode_escape(struct sh *sh, struct span text, size_t *at)
{
	static const char letters[] = "abeEfnrtv\\'\"?", meant[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	uint8_t letter = text.at[*at];
	const char *known = letter ? strchr(letters, letter) : NULL;
	uint32_t number;

	if (letter >= '0' && letter <= '7') {
		(void)read_digits(text, at, 3, 8, &number);
		return put_code(sh, number);
	}
	if (letter == 'x' || letter == 'u' || letter == 'U')
		return decode_hex(sh, text, at);
	if (letter == 'c' && *at + 1 < text.length)
		return decode_control(sh, text, at);
	if (!known)
		scratch_put_byte(sh->emulation, '\\');
	scratch_put_byte(sh->emulation, known ? (uint8_t)meant[known - letters] : letter);
	*at += 1;
	return true;
}

void sh_ansi_decode(struct sh *sh, struct span text)
{
	for (size_t i = 0; i < text.length;) {
		const uint8_t *escape = span_find(span_after(text, i), '\\');
		size_t plain = (escape ? (size_t)(escape - text.at) : text.length) - i;

		scratch_put(sh->emulation, (struct span){text.at + i, plain});
		i += plain + 1;
		if (escape && i == text.length)
			scratch_put_byte(sh->emulation, '\\');
		else if (escape && !decode_escape(sh, text, &i))
			return;
	}
}

void sh_ansi_put_quoted(struct sh *sh, struct span text)
{
	scratch_put_byte(sh->emulation, '\'');
	for (size_t i = 0; i <= text.length;) {
		const uint8_t *quote = span_find(span_after(text, i), '\'');
		size_t plain = (quote ? (size_t)(quote - text.at) : text.length) - i;

		scratch_put(sh->emulation, (struct span){text.at + i, plain});
		if (quote)
			scratch_put(sh->emulation, span_of("'\\''"));
		i += plain + 1;
	}
	scratch_put_byte(sh->emulation, '\'');
}

void sh_ansi_rewrite(struct sh *sh, size_t begun, bool quoted)
{
	struct emulation *emulation = sh->emulation;
	size_t inside = begun + strlen("$'");
	struct span raw, decoded;
	size_t mark;

	raw = scratch_end(emulation, inside);
	if (raw.length)
		raw.length--; // the closing quote
	mark = scratch_begin(emulation);
	sh_ansi_decode(sh, raw);
	decoded = scratch_end(emulation, mark);
	scratch_drop(emulation, begun);
	if (quoted)
		sh_ansi_put_quoted(sh, decoded);
	else
		scratch_put(emulation, decoded);
}
