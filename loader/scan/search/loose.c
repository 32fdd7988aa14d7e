// A character may be written in several ways, and a backslash belong to it or to its neighbour: all
// places that the text may have come to are kept, as in a machine of finite states. Forwards from
// the anchor a character leads from a place to the places behind its writings; backwards the same
// question is asked of every place before.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/loose.h"

#include "loader/scan/search/character.h"
#include "loader/scan/search/writing.h"

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

static void step_forwards(const struct loose_text *text, const struct character *character,
	struct writing_places *places)
{
	struct writing_places next = {.count = 0};

	for (size_t i = 0; i < places->count; i++)
		writing_ends(text, places->at[i], character, &next);
	*places = next;
}

static void try_before(const struct loose_text *text, const struct character *character, size_t end,
	struct writing_places *places)
{
	size_t first = end > WRITING_MAX ? end - WRITING_MAX : 0;

	for (size_t at = end; at-- > first;) {
		struct writing_places ends = {.count = 0};

		if (!writing_may_start(character, text->bytes[at]))
			continue;
		writing_ends(text, at, character, &ends);
		for (size_t i = 0; i < ends.count; i++)
			if (ends.at[i] == end)
				writing_keep(places, at);
	}
}

static void step_backwards(const struct loose_text *text, const struct character *character,
	struct writing_places *places)
{
	struct writing_places next = {.count = 0};

	for (size_t i = 0; i < places->count; i++)
		try_before(text, character, places->at[i], &next);
	*places = next;
}

static size_t outermost(const struct writing_places *places, bool first)
{
	size_t best = places->at[0];

	for (size_t i = 1; i < places->count; i++)
		if ((places->at[i] < best) == first)
			best = places->at[i];
	return best;
}

size_t loose_character(const struct loose_text *text, size_t at, const struct character *character)
{
	struct writing_places ends = {.count = 0};

	writing_ends(text, at, character, &ends);
	return ends.count > 0 ? outermost(&ends, false) : at;
}

bool loose_stands(const struct loose_value *value, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	struct writing_places before = {{at}, 1}, after = {{at}, 1};
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
