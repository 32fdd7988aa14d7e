// A character may be written in several ways, and a backslash belong to it or to its neighbour: all
// places that the text may have come to are kept, as in a machine of finite states. Forwards from
// the anchor a character leads from a place to the places behind its writings; backwards the same
// question is asked of every place before.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/loose.h"

#include "lib/base/text.h"
#include "loader/scan/search/character.h"
#include "loader/scan/search/entity.h"

#define PLACES_MAX 48 // kept at once
#define RUN_MAX 15    // backslashes before one character: four languages deep
#define LAYERS_MAX 4  // of "amp;" and of "25"
#define WRITTEN_MAX 64
#define HEX 16
#define POINT_MAX 0x10FFFFu

struct places {
	size_t at[PLACES_MAX];
	size_t count;
};

bool loose_is_plain(const uint8_t *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!character_is_plain(value[i]))
			return false;
	return true;
}

bool loose_anchor(
	const uint8_t *value, size_t length, size_t most, size_t *ret_at, size_t *ret_length)
{
	size_t best = 0, best_at = 0, run = 0;

	for (size_t i = 0; i < length; i++) {
		run = character_is_plain(value[i]) ? run + 1 : 0;
		if (run > best) {
			best = run;
			best_at = i + 1 - run;
		}
	}
	if (best < LOOSE_ANCHOR_MIN)
		return false;
	*ret_at = best_at;
	*ret_length = best < most ? best : most;
	return true;
}

// ---- one character

static void keep(struct places *places, size_t at)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->at[i] == at)
			return;
	if (places->count < PLACES_MAX)
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
	struct places *places)
{
	uint32_t unit, low;
	size_t behind;

	if (!read_number(text, &at, HEX, 4, 4, &unit))
		return;
	if (unit == character->point)
		keep(places, at);
	if (unit < 0xD800 || unit > 0xDBFF)
		return;
	behind = skip_backslashes(text, at);
	if (behind == at)
		(void)skip(text, &behind, "%");
	at = behind;
	if (skip(text, &at, "u") && read_number(text, &at, HEX, 4, 4, &low) && low >= 0xDC00 &&
		low <= 0xDFFF &&
		0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) == character->point)
		keep(places, at);
}

// \xd0\xb6 or \320\266: every byte of the character, as Python and C write it.
static void read_escaped_bytes(const struct loose_text *text, size_t at,
	const struct character *character, struct places *places)
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
	keep(places, at);
}

// Behind backslashes.
static void read_escaped(const struct loose_text *text, size_t at,
	const struct character *character, struct places *places)
{
	static const char letters[] = "nrtbfv", meant[] = "\n\r\t\b\f\v";
	uint32_t point = character->point, number;
	const char *letter = point && point < ' ' ? strchr(meant, (int)point) : NULL;
	size_t behind = at;

	if (at < text->size && point < 0x7F && point > ' ' && text->bytes[at] == point)
		keep(places, at + 1);
	if (at < text->size && letter && text->bytes[at] == (uint8_t)letters[letter - meant])
		keep(places, at + 1);
	if (skip(text, &behind, "u{") && read_number(text, &behind, HEX, 1, 8, &number) &&
		skip(text, &behind, "}") && number == point)
		keep(places, behind);
	behind = at;
	if (skip(text, &behind, "u"))
		read_units(text, behind, character, places);
	behind = at;
	if (skip(text, &behind, "U") && read_number(text, &behind, HEX, 8, 8, &number) &&
		number == point)
		keep(places, behind);
	behind = at;
	if (skip(text, &behind, "x") && read_number(text, &behind, HEX, 2, 2, &number) &&
		number == point)
		keep(places, behind);
	for (size_t digits = 1; digits <= 3; digits++) {
		behind = at;
		if (read_number(text, &behind, 8, digits, digits, &number) && number == point)
			keep(places, behind);
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
	const struct character *character, struct places *places)
{
	uint32_t number;
	size_t length;

	if (!skip_ampersand(text, &at))
		return;
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		size_t behind = at;

		length = entity_read(text->bytes + at, text->size - at, &number);
		if (length > 0 && number == character->point)
			keep(places, at + length);
		if (skip(text, &behind, "#") &&
			(skip(text, &behind, "x") || skip(text, &behind, "X")
					? read_number(text, &behind, HEX, 1, 8, &number)
					: read_number(text, &behind, 10, 1, 8, &number)) &&
			number == character->point && skip(text, &behind, ";"))
			keep(places, behind);
		if (!skip(text, &at, "amp;"))
			return;
		if (character->point == '&')
			keep(places, at);
	}
}

// %u0416 and %E9, as escape() of JavaScript writes them.
static void read_code_point(const struct loose_text *text, size_t at,
	const struct character *character, struct places *places)
{
	size_t behind = at;
	uint32_t number;

	if (character->length > 1 && read_number(text, &behind, HEX, 2, 2, &number) &&
		number == character->point)
		keep(places, behind);
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
	const struct character *character, size_t done, struct places *places)
{
	if (done == character->length) {
		keep(places, at);
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
	const struct character *character, struct places *places)
{
	size_t end = at;

	for (int run = 1; run <= RUN_MAX && skip_backslash(text, &end); run++)
		if (character->point == '\\' && (run & (run - 1)) == 0)
			keep(places, end);
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
	const struct character *character, struct places *places)
{
	if (character->point == '\'' && (skip(text, &at, "'\\''") || skip(text, &at, "'\"'\"'")))
		keep(places, at);
}

static void read_character(const struct loose_text *text, size_t at,
	const struct character *character, struct places *places)
{
	if (at >= text->size)
		return;
	if (text->size - at >= character->length &&
		memcmp(text->bytes + at, character->bytes, character->length) == 0)
		keep(places, at + character->length);
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
			keep(places, at + 1);
		break;
	default:
		break;
	}
}

// ---- many

static bool starts_writing(const struct character *character, uint8_t byte)
{
	return byte == character->bytes[0] || byte == '\\' || byte == '&' || byte == '%' ||
	       byte == '+';
}

static void step_forwards(
	const struct loose_text *text, const struct character *character, struct places *places)
{
	struct places next = {.count = 0};

	for (size_t i = 0; i < places->count; i++)
		read_character(text, places->at[i], character, &next);
	*places = next;
}

static void try_before(const struct loose_text *text, const struct character *character, size_t end,
	struct places *places)
{
	size_t first = end > WRITTEN_MAX ? end - WRITTEN_MAX : 0;

	for (size_t at = end; at-- > first;) {
		struct places ends = {.count = 0};

		if (!starts_writing(character, text->bytes[at]))
			continue;
		read_character(text, at, character, &ends);
		for (size_t i = 0; i < ends.count; i++)
			if (ends.at[i] == end)
				keep(places, at);
	}
}

static void step_backwards(
	const struct loose_text *text, const struct character *character, struct places *places)
{
	struct places next = {.count = 0};

	for (size_t i = 0; i < places->count; i++)
		try_before(text, character, places->at[i], &next);
	*places = next;
}

static size_t outermost(const struct places *places, bool first)
{
	size_t best = places->at[0];

	for (size_t i = 1; i < places->count; i++)
		if ((places->at[i] < best) == first)
			best = places->at[i];
	return best;
}

size_t loose_character(const struct loose_text *text, size_t at, const struct character *character)
{
	struct places ends = {.count = 0};

	read_character(text, at, character, &ends);
	return ends.count > 0 ? outermost(&ends, false) : at;
}

bool loose_stands(const struct loose_value *value, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	struct places before = {{at}, 1}, after = {{at}, 1};
	size_t start, end;

	for (size_t i = value->anchor_at; i < value->length && after.count > 0;) {
		struct character character = character_at(value->bytes, value->length, i);

		step_forwards(text, &character, &after);
		i += character.length;
	}
	for (size_t i = value->anchor_at; i > 0 && after.count > 0 && before.count > 0;) {
		struct character character = character_before(value->bytes, i);

		step_backwards(text, &character, &before);
		i -= character.length;
	}
	if (!before.count || !after.count)
		return false;
	start = outermost(&before, true);
	end = outermost(&after, false);
	if (end - start > text->most)
		return false;
	*ret_span = (struct loose_span){start, end};
	return true;
}
