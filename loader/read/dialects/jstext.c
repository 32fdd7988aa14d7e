// The text that a JavaScript runtime reads. Most files are it already and stay where they are.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/jstext.h"

#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"

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

void jstext_decode(struct emulation *emulation)
{
	struct span rest = emulation_text(emulation);
	size_t good = text_utf8_error(rest.at, rest.length), begun;

	if (good == rest.length)
		return;
	begun = emulation_begin(emulation);
	while (good < rest.length && !emulation_stopped(emulation)) {
		emulation_put(emulation, (struct span){rest.at, good});
		emulation_put(emulation, span_of("\xEF\xBF\xBD"));
		rest = span_after(rest, good);
		rest = span_after(rest, maximal_part(rest));
		good = text_utf8_error(rest.at, rest.length);
	}
	emulation_put(emulation, rest);
	emulation_use_text(emulation, emulation_end(emulation, begun));
}

void jstext_drop_returns(struct emulation *emulation)
{
	struct span rest = emulation_text(emulation);
	const uint8_t *found = span_find(rest, '\r');
	size_t begun = emulation_begin(emulation), kept = 0;
	uint8_t *room = found ? emulation_room(emulation, rest.length) : NULL;

	if (!room)
		return;
	while (rest.length) {
		const uint8_t *end = found ? found : span_end(rest);

		memcpy(room + kept, rest.at, (size_t)(end - rest.at));
		kept += (size_t)(end - rest.at);
		rest = span_between(found ? end + 1 : end, span_end(rest));
		found = span_find(rest, '\r');
	}
	emulation_took(emulation, kept);
	emulation_use_text(emulation, emulation_end(emulation, begun));
}
