// A backslash, an ampersand or a percent sign says which languages may have written a character,
// and each of them has a reader; one reads through another where languages stand in each other.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/writing.h"

#include "lib/base/text.h"
#include "loader/scan/search/character.h"
#include "loader/scan/search/entity.h"
#include "loader/scan/search/loose.h"

#define RUN_MAX 15   // backslashes before one character: four languages deep
#define LAYERS_MAX 4 // of "amp;" and of "25"
#define HEX 16
#define POINT_MAX 0x10FFFFu

void writing_keep(struct writing_places *places, size_t at)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->at[i] == at)
			return;
	if (places->count < WRITING_PLACES_MAX)
		places->at[places->count++] = at;
}

static bool skip(const struct loose_text *text, size_t *at, const char *word)
{
	size_t length = strlen(word);

	if (*at > text->size || text->size - *at < length ||
		memcmp(text->bytes + *at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

static bool read_number(const struct loose_text *text, size_t *at, uint32_t base, size_t least,
	size_t most, uint32_t *ret)
{
	uint32_t number = 0;
	size_t count = 0;

	for (; count < most && *at + count < text->size; count++) {
		int digit = text_hex_digit((char)text->bytes[*at + count]);

		if (digit < 0 || (uint32_t)digit >= base || number > POINT_MAX)
			break;
		number = number * base + (uint32_t)digit;
	}
	if (count < least)
		return false;
	*at += count;
	*ret = number;
	return true;
}

// One backslash, as it is or as a URL has it.
static bool skip_backslash(const struct loose_text *text, size_t *at)
{
	size_t end = *at;

	if (skip(text, at, "\\"))
		return true;
	if (!skip(text, &end, "%"))
		return false;
	for (int layer = 0; layer < LAYERS_MAX && skip(text, &end, "25");)
		layer++;
	if (!skip(text, &end, "5C") && !skip(text, &end, "5c"))
		return false;
	*at = end;
	return true;
}

static size_t skip_backslashes(const struct loose_text *text, size_t at)
{
	for (int i = 0; i < RUN_MAX && skip_backslash(text, &at);)
		i++;
	return at;
}

// Behind a \u: four digits, or two such numbers that are a pair of surrogates.
static void read_units(const struct loose_text *text, size_t at, const struct character *character,
	struct writing_places *places)
{
	uint32_t unit, low;
	size_t behind;

	if (!read_number(text, &at, HEX, 4, 4, &unit))
		return;
	if (unit == character->point)
		writing_keep(places, at);
	if (unit < 0xD800 || unit > 0xDBFF)
		return;
	behind = skip_backslashes(text, at);
	if (behind == at)
		(void)skip(text, &behind, "%");
	at = behind;
	if (skip(text, &at, "u") && read_number(text, &at, HEX, 4, 4, &low) && low >= 0xDC00 &&
		low <= 0xDFFF &&
		0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) == character->point)
		writing_keep(places, at);
}

// \xd0\xb6 or \320\266: every byte of the character, as Python and C write it.
static void read_escaped_bytes(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	for (size_t i = 0; i < character->length; i++) {
		uint32_t number;
		bool hex;

		if (i > 0) {
			size_t end = skip_backslashes(text, at);

			if (end == at)
				return;
			at = end;
		}
		hex = skip(text, &at, "x");
		if (!read_number(text, &at, hex ? HEX : 8, hex ? 2 : 3, hex ? 2 : 3, &number) ||
			number != character->bytes[i])
			return;
	}
	writing_keep(places, at);
}

// Behind backslashes.
static void read_escaped(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	static const char letters[] = "nrtbfv", meant[] = "\n\r\t\b\f\v";
	uint32_t point = character->point, number;
	const char *letter = point && point < ' ' ? strchr(meant, (int)point) : NULL;
	size_t behind = at;

	if (at < text->size && point < 0x7F && point > ' ' && text->bytes[at] == point)
		writing_keep(places, at + 1);
	if (at < text->size && letter && text->bytes[at] == (uint8_t)letters[letter - meant])
		writing_keep(places, at + 1);
	if (skip(text, &behind, "u{") && read_number(text, &behind, HEX, 1, 8, &number) &&
		skip(text, &behind, "}") && number == point)
		writing_keep(places, behind);
	behind = at;
	if (skip(text, &behind, "u"))
		read_units(text, behind, character, places);
	behind = at;
	if (skip(text, &behind, "U") && read_number(text, &behind, HEX, 8, 8, &number) &&
		number == point)
		writing_keep(places, behind);
	behind = at;
	if (skip(text, &behind, "x") && read_number(text, &behind, HEX, 2, 2, &number) &&
		number == point)
		writing_keep(places, behind);
	for (size_t digits = 1; digits <= 3; digits++) {
		behind = at;
		if (read_number(text, &behind, 8, digits, digits, &number) && number == point)
			writing_keep(places, behind);
	}
	read_escaped_bytes(text, at, character, places);
}

// `&`, and what stands for it where HTML stands in JSON or JS.
static bool skip_ampersand(const struct loose_text *text, size_t *at)
{
	size_t end = skip_backslashes(text, *at);

	if (end == *at)
		return skip(text, at, "&");
	if (!skip(text, &end, "u0026") && !skip(text, &end, "x26"))
		return false;
	*at = end;
	return true;
}

static void read_reference(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	uint32_t number;
	size_t length;

	if (!skip_ampersand(text, &at))
		return;
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		size_t behind = at;

		length = entity_read(text->bytes + at, text->size - at, &number);
		if (length > 0 && number == character->point)
			writing_keep(places, at + length);
		if (skip(text, &behind, "#") &&
			(skip(text, &behind, "x") || skip(text, &behind, "X")
					? read_number(text, &behind, HEX, 1, 8, &number)
					: read_number(text, &behind, 10, 1, 8, &number)) &&
			number == character->point && skip(text, &behind, ";"))
			writing_keep(places, behind);
		if (!skip(text, &at, "amp;"))
			return;
		if (character->point == '&')
			writing_keep(places, at);
	}
}

// %u0416 and %E9, as escape() of JavaScript writes them.
static void read_code_point(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	size_t behind = at;
	uint32_t number;

	if (character->length > 1 && read_number(text, &behind, HEX, 2, 2, &number) &&
		number == character->point)
		writing_keep(places, behind);
	if (skip(text, &at, "u"))
		read_units(text, at, character, places);
}

// A space may be a plus sign before it is escaped.
static bool is_byte_of(const struct character *character, size_t index, uint32_t number)
{
	return number == character->bytes[index] || (character->point == ' ' && number == '+');
}

// %41, %2541, ...: every byte of the character.
static void read_percents(const struct loose_text *text, size_t at,
	const struct character *character, size_t done, struct writing_places *places)
{
	if (done == character->length) {
		writing_keep(places, at);
		return;
	}
	if (!skip(text, &at, "%"))
		return;
	if (done == 0)
		read_code_point(text, at, character, places);
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		size_t behind = at;
		uint32_t number;

		if (read_number(text, &behind, HEX, 2, 2, &number) &&
			is_byte_of(character, done, number)) {
			read_percents(text, behind, character, done + 1, places);
			if (character->length > 1)
				return;
		}
		if (!skip(text, &at, "25"))
			return;
	}
}

static void read_backslashes(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	size_t end = at;

	for (int run = 1; run <= RUN_MAX && skip_backslash(text, &end); run++)
		if (character->point == '\\' && (run & (run - 1)) == 0)
			writing_keep(places, end);
	if (end == at)
		return;
	read_escaped(text, end, character, places);
	if (character->point > ' ' && character->point < 0x7F) { // "\&quot;", "%5C%22"
		read_reference(text, end, character, places);
		read_percents(text, end, character, 0, places);
	}
}

// A quote in single quotes of a shell.
static void read_shell_quote(const struct loose_text *text, size_t at,
	const struct character *character, struct writing_places *places)
{
	if (character->point == '\'' && (skip(text, &at, "'\\''") || skip(text, &at, "'\"'\"'")))
		writing_keep(places, at);
}

void writing_ends(const struct loose_text *text, size_t at, const struct character *character,
	struct writing_places *places)
{
	if (at >= text->size)
		return;
	if (text->size - at >= character->length &&
		memcmp(text->bytes + at, character->bytes, character->length) == 0)
		writing_keep(places, at + character->length);
	switch (text->bytes[at]) {
	case '\\':
		read_backslashes(text, at, character, places);
		read_reference(text, at, character, places);
		break;
	case '&':
		read_reference(text, at, character, places);
		break;
	case '%':
		read_backslashes(text, at, character, places);
		read_percents(text, at, character, 0, places);
		break;
	case '\'':
		read_shell_quote(text, at, character, places);
		break;
	case '+':
		if (character->point == ' ')
			writing_keep(places, at + 1);
		break;
	default:
		break;
	}
}

bool writing_may_start(const struct character *character, uint8_t byte)
{
	return byte == character->bytes[0] || byte == '\\' || byte == '&' || byte == '%' ||
	       byte == '+';
}
