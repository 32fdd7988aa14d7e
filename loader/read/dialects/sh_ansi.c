// The escapes of $'...' in a shell, and text put in quotes again.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/sh_shell.h"

static int digit_of(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : 99;
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
	uint8_t bytes[6];
	size_t length = code < 0x80        ? 1
			: code < 0x800     ? 2
			: code < 0x10000   ? 3
			: code < 0x200000  ? 4
			: code < 0x4000000 ? 5
					   : 6;
	static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc};

	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		bytes[i] = (uint8_t)(0x80 | (code & 0x3f));
	bytes[0] = (uint8_t)(first[length] | code);
	if (code <= 0x7fffffff)
		emulation_put(sh->emulation, (struct span){bytes, length});
}

// Decodes the escape whose letter stands at `*at`.
// Returns: false at a NUL, which ends the text.
static bool decode_escape(struct sh *sh, struct span text, size_t *at)
{
	static const char letters[] = "abeEfnrtv\\'\"?", meant[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	int letter = text.at[*at];
	const char *known = letter ? strchr(letters, letter) : NULL;
	uint32_t number;
	size_t after = *at + 1;
	bool braces;

	if (known) {
		emulation_put_byte(sh->emulation, (uint8_t)meant[known - letters]);
	} else if (letter >= '0' && letter <= '7') {
		after = *at;
		(void)read_digits(text, &after, 3, 8, &number);
		if (!(number & 0xff))
			return false;
		emulation_put_byte(sh->emulation, (uint8_t)number);
	} else if (letter == 'x' || letter == 'u' || letter == 'U') {
		braces = letter == 'x' && after < text.length && text.at[after] == '{';
		after += braces;
		if (!read_digits(text, &after,
			    braces          ? 8
			    : letter == 'x' ? 2
			    : letter == 'u' ? 4
					    : 8,
			    16, &number)) {
			emulation_put_byte(sh->emulation, '\\');
			emulation_put_byte(sh->emulation, (uint8_t)letter);
			after = *at + 1;
		} else if (letter == 'x') {
			after += braces && after < text.length && text.at[after] == '}';
			if (!(number & 0xff))
				return false;
			emulation_put_byte(sh->emulation, (uint8_t)number);
		} else if (!number) {
			return false;
		} else {
			put_code_point(sh, number);
		}
	} else if (letter == 'c' && after < text.length) {
		letter = text.at[after++];
		if (letter == '\\' && after < text.length && text.at[after] == '\\')
			after++;
		number = letter == '?' ? 0x7f
				       : (uint32_t)((letter >= 'a' && letter <= 'z' ? letter - 32
										    : letter) &
						    0x1f);
		if (!number)
			return false;
		emulation_put_byte(sh->emulation, (uint8_t)number);
	} else {
		emulation_put_byte(sh->emulation, '\\');
		emulation_put_byte(sh->emulation, (uint8_t)letter);
	}
	*at = after;
	return true;
}

void sh_ansi_decode(struct sh *sh, struct span text)
{
	for (size_t i = 0; i < text.length;) {
		const uint8_t *escape = span_find(span_after(text, i), '\\');
		size_t plain = (escape ? (size_t)(escape - text.at) : text.length) - i;

		emulation_put(sh->emulation, (struct span){text.at + i, plain});
		i += plain + 1;
		if (escape && i == text.length)
			emulation_put_byte(sh->emulation, '\\');
		else if (escape && !decode_escape(sh, text, &i))
			return;
	}
}

void sh_ansi_put_quoted(struct sh *sh, struct span text)
{
	emulation_put_byte(sh->emulation, '\'');
	for (size_t i = 0; i <= text.length;) {
		const uint8_t *quote = span_find(span_after(text, i), '\'');
		size_t plain = (quote ? (size_t)(quote - text.at) : text.length) - i;

		emulation_put(sh->emulation, (struct span){text.at + i, plain});
		if (quote)
			emulation_put(sh->emulation, span_of("'\\''"));
		i += plain + 1;
	}
	emulation_put_byte(sh->emulation, '\'');
}

void sh_ansi_rewrite(struct sh *sh, size_t begun, bool quoted)
{
	struct emulation *emulation = sh->emulation;
	size_t inside = begun + strlen("$'");
	struct span raw, decoded;
	size_t mark;

	raw = emulation_end(emulation, inside);
	if (raw.length)
		raw.length--; // the closing quote
	mark = emulation_begin(emulation);
	sh_ansi_decode(sh, raw);
	decoded = emulation_end(emulation, mark);
	emulation_drop(emulation, begun);
	if (quoted)
		sh_ansi_put_quoted(sh, decoded);
	else
		emulation_put(emulation, decoded);
}
