// A cursor that walks on, and an index by halves for what lies behind it or far ahead.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation_place.h"

#include "lib/base/growth.h"

#define WALK_MAX 4096 // bytes; a place further on is not walked to when lines are indexed

void emulation_place_forget(struct emulation_places *places)
{
	places->cursor.at = NULL;
	places->lines.of = NULL;
}

void emulation_place_done(struct emulation_places *places)
{
	free((void *)places->lines.starts);
}

// Where each line of a file begins, so that places may be asked for in any order.
// Returns: whether there was memory for it.
static bool index_lines(struct emulation_places *places, struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text);

	places->lines.count = 0;
	places->lines.of = NULL;
	while (at < end) {
		if (growth_room((void *)&places->lines.starts, &places->lines.room,
			    places->lines.count, sizeof(*places->lines.starts)) < 0)
			return false;
		places->lines.starts[places->lines.count++] = at;
		at = span_line_end(at, end);
		at += at < end;
	}
	places->lines.of = text.at;
	return true;
}

// Moves the cursor to the line of a place that is not ahead of it, or far.
static void jump(struct emulation_places *places, struct span text, const uint8_t *place)
{
	size_t low = 0, high;

	places->cursor.at = places->cursor.line_start = text.at;
	places->cursor.line = 1;
	if (places->lines.of != text.at && !index_lines(places, text))
		return;
	for (high = places->lines.count; high - low > 1;) {
		size_t middle = low + (high - low) / 2;

		if (places->lines.starts[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	places->cursor.at = places->cursor.line_start = places->lines.starts[low];
	places->cursor.line = (uint32_t)low + 1;
}

void emulation_place_find(struct emulation_places *places, uint32_t file, struct span text,
	const uint8_t *place, uint32_t *ret_line, uint32_t *ret_column)
{
	const uint8_t *newline;

	if (!places->cursor.at || places->cursor.file != file) {
		places->cursor.file = file;
		places->cursor.at = places->cursor.line_start = text.at;
		places->cursor.line = 1;
	}
	if (place < places->cursor.at ||
		(places->lines.of == text.at && place - places->cursor.at > WALK_MAX))
		jump(places, text, place);
	while (places->cursor.at < place &&
		(newline = memchr(places->cursor.at, '\n', (size_t)(place - places->cursor.at)))) {
		places->cursor.line++;
		places->cursor.at = places->cursor.line_start = newline + 1;
	}
	places->cursor.at = place;
	*ret_line = places->cursor.line;
	*ret_column = (uint32_t)(place - places->cursor.line_start) + 1;
}
