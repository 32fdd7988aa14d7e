// A window moves over the text, and how many different bytes are in it is counted as it moves. The
// literal may not begin with a NUL: vectorscan takes none that does.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/anchor.h"

// A part of a text that moves over it: how often each byte stands in it, and how many different
// ones there are.
struct part {
	uint8_t count[UINT8_MAX + 1];
	unsigned variety;
};

static void part_enter(struct part *part, uint8_t byte)
{
	part->variety += part->count[byte]++ == 0;
}

static void part_leave(struct part *part, uint8_t byte)
{
	part->variety -= --part->count[byte] == 0;
}

bool anchor_choose(const uint8_t *text, size_t length, struct literal *ret_anchor, size_t *ret_at)
{
	size_t most = length < LITERALS_LONGEST ? length : LITERALS_LONGEST;
	struct part part = {.variety = 0};
	unsigned best = 0;

	for (size_t end = 0; end < length; end++) {
		size_t start = end + 1 - most;

		part_enter(&part, text[end]);
		if (end + 1 < most)
			continue;
		if (text[start] && part.variety > best) {
			best = part.variety;
			*ret_at = start;
			*ret_anchor = (struct literal){text + start, most};
		}
		part_leave(&part, text[start]);
	}
	for (size_t i = 1; !best && i < length; i++)
		if (text[i]) {
			*ret_at = i;
			*ret_anchor = (struct literal){text + i, length - i};
			best = 1;
		}
	return best > 0;
}
