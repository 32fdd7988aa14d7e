// A value that an emulation made goes with the next reading, so it is copied into guarded blocks.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_outcomes.h"

#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/inspect/lint/lint.h"

#include <errno.h>

#define BLOCK_SIZE (64u * 1024)

bool lint_outcomes_lies_in(struct span value, struct span text)
{
	return value.length && value.at >= text.at && span_end(value) <= span_end(text);
}

int lint_outcomes_keep(struct lint_outcomes_room *room, struct span *value)
{
	uint8_t *at;

	if (!value->length) {
		value->at = (const uint8_t *)"";
		return 0;
	}
	if (value->length > room->size - room->used) {
		size_t size = value->length > BLOCK_SIZE ? value->length : BLOCK_SIZE;
		uint8_t *block = secret_arena_take(room->arena, size);

		if (!block)
			return -ENOMEM;
		room->block = block;
		room->size = size;
		room->used = 0;
	}
	at = room->block + room->used;
	memcpy(at, value->at, value->length);
	room->used += value->length;
	value->at = at;
	return 0;
}

static bool is_same(const struct lint_outcome *a, const struct lint_outcome *b)
{
	return lint_alike(a, b) && a->earlier == b->earlier &&
	       text_equal(a->text ? a->text : "", b->text ? b->text : "");
}

int lint_outcomes_add(struct lint_outcomes_room *room, struct span text, struct lint_outcome *list,
	const struct lint_outcome *outcome)
{
	struct lint_outcome *at = list, *next = NULL;

	if (list->loaders) {
		for (; !is_same(at, outcome); at = at->next)
			if (!at->next)
				break;
		if (is_same(at, outcome)) {
			at->loaders |= outcome->loaders;
			return 0;
		}
		next = pool_take(room->pool, sizeof(*next));
		if (!next)
			return -ENOMEM;
		at->next = next;
		at = next;
	}
	*at = *outcome;
	at->next = NULL;
	if (at->effect != LINT_VALUE || lint_outcomes_lies_in(at->value, text))
		return 0;
	return lint_outcomes_keep(room, &at->value);
}
