// The text that a JavaScript runtime reads. Most files are it already and stay where they are.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/jstext.h"

#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// How many bytes one U+FFFD stands for: the longest start of a sequence, or a single byte.
static size_t maximal_part(struct span bad)
{
	uint8_t lead = bad.at[0], low = 0x80, high = 0xBF;
	size_t length, i;

	if (lead < 0xC2 || lead > 0xF4)
		return 1;
	if (lead == 0xE0)
		low = 0xA0;
	else if (lead == 0xED)
		high = 0x9F;
	else if (lead == 0xF0)
		low = 0x90;
	else if (lead == 0xF4)
		high = 0x8F;
	length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
	for (i = 1; i < length && i < bad.length; i++) {
		if (bad.at[i] < low || bad.at[i] > high)
			break;
		low = 0x80;
		high = 0xBF;
	}
	return i;
}

// Puts a U+FFFD for each bad sequence at the start of `rest`, a few of them at once.
// Returns: what follows.
static struct span put_replacements(struct emulation *emulation, struct span rest)
{
	static const char replacements[] = "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
					   "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD";
	size_t count = 0;

	do {
		rest = span_after(rest, maximal_part(rest));
		count += 3;
	} while (count < sizeof(replacements) - 1 && rest.length &&
		 text_utf8_error(rest.at, rest.length < 4 ? rest.length : 4) == 0);
	scratch_put(emulation, (struct span){(const uint8_t *)replacements, count});
	return rest;
}

void jstext_decode(struct emulation *emulation)
{
	struct span rest = emulation_text(emulation);
	size_t good = text_utf8_error(rest.at, rest.length), begun;

	if (good == rest.length)
		return;
	begun = scratch_begin(emulation);
	while (good < rest.length && !emulation_stopped(emulation)) {
		scratch_put(emulation, (struct span){rest.at, good});
		rest = put_replacements(emulation, span_after(rest, good));
		good = text_utf8_error(rest.at, rest.length);
	}
	scratch_put(emulation, rest);
	emulation_use_text(emulation, scratch_end(emulation, begun));
}

static void put_point(struct emulation *emulation, uint32_t point)
{
	uint8_t bytes[TEXT_POINT_MAX];

	scratch_put(emulation, (struct span){bytes, text_put_point(point, bytes)});
}

void jstext_decode_utf16(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t begun = scratch_begin(emulation);

	for (size_t i = 0; i + 1 < text.length && !emulation_stopped(emulation); i += 2) {
		uint32_t unit = (uint32_t)(text.at[i] | text.at[i + 1] << 8), low = 0;

		if (i + 3 < text.length)
			low = (uint32_t)(text.at[i + 2] | text.at[i + 3] << 8);
		if (unit >= 0xD800 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
			unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
			i += 2;
		} else if (unit >= 0xD800 && unit < 0xE000) {
			unit = 0xFFFD;
		}
		put_point(emulation, unit);
	}
	emulation_use_text(emulation, scratch_end(emulation, begun));
}

void jstext_join_returns(struct emulation *emulation)
{
	struct span rest = emulation_text(emulation);
	size_t begun = scratch_begin(emulation);
	const uint8_t *found = span_find(rest, '\r');

	if (!found)
		return;
	for (; found; found = span_find(rest, '\r')) {
		scratch_put(emulation, span_between(rest.at, found));
		scratch_put_byte(emulation, '\n');
		found++;
		found += found < span_end(rest) && *found == '\n';
		rest = span_between(found, span_end(rest));
	}
	scratch_put(emulation, rest);
	emulation_use_text(emulation, scratch_end(emulation, begun));
}

void jstext_drop_returns(struct emulation *emulation)
{
	struct span rest = emulation_text(emulation);
	const uint8_t *found = span_find(rest, '\r');
	size_t begun = scratch_begin(emulation), kept = 0;
	uint8_t *room = found ? scratch_room(emulation, rest.length) : NULL;

	if (!room)
		return;
	while (rest.length) {
		const uint8_t *end = found ? found : span_end(rest);

		memcpy(room + kept, rest.at, (size_t)(end - rest.at));
		kept += (size_t)(end - rest.at);
		rest = span_between(found ? end + 1 : end, span_end(rest));
		found = span_find(rest, '\r');
	}
	scratch_took(emulation, kept);
	emulation_use_text(emulation, scratch_end(emulation, begun));
}
