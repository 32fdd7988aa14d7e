// A character may be written in several ways, and a backslash belong to it or to its neighbour: all
// places that the text may have come to are kept, as in a machine of finite states. Forwards from
// the anchor a character leads from a place to the places behind its writings; backwards the same
// question is asked of every place before.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/loose.h"

#include "lib/base/text.h"

#define PLACES_MAX 48 // kept at once
#define RUN_MAX 15    // backslashes before one character: four languages deep
#define LAYERS_MAX 4  // of "amp;" and of "25"
#define WRITTEN_MAX 64
#define POINT_BYTES_MAX 4
#define HEX 16
#define POINT_MAX 0x10FFFFu

struct places {
	size_t at[PLACES_MAX];
	size_t count;
};

struct character {
	const uint8_t *bytes;
	size_t length;
	uint32_t point;
};

static bool is_plain(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

bool loose_anchor(
	const uint8_t *value, size_t length, size_t most, size_t *ret_at, size_t *ret_length)
{
	size_t best = 0, best_at = 0, run = 0;

	for (size_t i = 0; i < length; i++) {
		run = is_plain(value[i]) ? run + 1 : 0;
		if (run > best) {
			best = run;
			best_at = i + 1 - run;
		}
	}
	if (best < LOOSE_ANCHOR_MIN || best == length)
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

static size_t skip_backslashes(const struct loose_text *text, size_t at)
{
	size_t end = at;

	while (end < text->size && end - at < RUN_MAX && text->bytes[end] == '\\')
		end++;
	return end;
}

// Behind a \u: four digits, or two such numbers that are a pair of surrogates.
static void read_units(const struct loose_text *text, size_t at, const struct character *character,
	struct places *places)
{
	uint32_t unit, low;

	if (!read_number(text, &at, HEX, 4, 4, &unit))
		return;
	if (unit == character->point)
		keep(places, at);
	if (unit < 0xD800 || unit > 0xDBFF)
		return;
	at = skip_backslashes(text, at);
	if (skip(text, &at, "u") && read_number(text, &at, HEX, 4, 4, &low) && low >= 0xDC00 &&
		low <= 0xDFFF &&
		0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) == character->point)
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
	if (skip(text, &behind, "x") && read_number(text, &behind, HEX, 2, 2, &number) &&
		number == point)
		keep(places, behind);
	for (size_t digits = 1; digits <= 3; digits++) {
		behind = at;
		if (read_number(text, &behind, 8, digits, digits, &number) && number == point)
			keep(places, behind);
	}
}

static void read_backslashes(const struct loose_text *text, size_t at,
	const struct character *character, struct places *places)
{
	size_t end = skip_backslashes(text, at);

	if (end == at)
		return;
	for (size_t run = 2; character->point == '\\' && run <= end - at; run *= 2)
		keep(places, at + run);
	read_escaped(text, end, character, places);
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
	static const struct {
		const char *name;
		uint32_t point;
	} known[] = {{"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", 0xA0}};
	uint32_t number;

	if (!skip_ampersand(text, &at))
		return;
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		size_t behind = at;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (known[i].point == character->point &&
				skip(text, &behind, known[i].name))
				keep(places, behind);
		behind = at;
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
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		size_t behind = at;
		uint32_t number;

		if (read_number(text, &behind, HEX, 2, 2, &number) &&
			number == character->bytes[done]) {
			read_percents(text, behind, character, done + 1, places);
			if (character->length > 1)
				return;
		}
		if (!skip(text, &at, "25"))
			return;
	}
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
		read_percents(text, at, character, 0, places);
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

// The character that begins at a byte; whatever is no UTF-8 is a character a byte.
static struct character character_at(const struct loose_value *value, size_t at)
{
	const uint8_t *bytes = value->bytes + at;
	size_t left = value->length - at, length = *bytes >= 0xF0   ? 4
						   : *bytes >= 0xE0 ? 3
						   : *bytes >= 0xC0 ? 2
								    : 1;
	struct character character = {bytes, 1, *bytes};

	if (length == 1 || length > left || text_utf8_error(bytes, length) != length)
		return character;
	character.length = length;
	character.point = *bytes & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++)
		character.point = character.point << 6 | (bytes[i] & 0x3Fu);
	return character;
}

static struct character character_before(const struct loose_value *value, size_t end)
{
	for (size_t length = POINT_BYTES_MAX; length > 1; length--) {
		struct character character;

		if (length > end)
			continue;
		character = character_at(value, end - length);
		if (character.length == length)
			return character;
	}
	return character_at(value, end - 1);
}

static size_t outermost(const struct places *places, bool first)
{
	size_t best = places->at[0];

	for (size_t i = 1; i < places->count; i++)
		if ((places->at[i] < best) == first)
			best = places->at[i];
	return best;
}

bool loose_stands(const struct loose_value *value, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	struct places before = {{at}, 1}, after = {{at + value->anchor_length}, 1};
	size_t start, end;

	for (size_t i = value->anchor_at + value->anchor_length;
		i < value->length && after.count > 0;) {
		struct character character = character_at(value, i);

		step_forwards(text, &character, &after);
		i += character.length;
	}
	for (size_t i = value->anchor_at; i > 0 && after.count > 0 && before.count > 0;) {
		struct character character = character_before(value, i);

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
