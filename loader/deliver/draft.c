// The growing text: doubled into a new block of the arena, the old one wiped.
// SPDX-License-Identifier: MIT
#include "loader/deliver/draft.h"

#include "lib/base/secret.h"

#define DRAFT_FIRST_ROOM 4096

void draft_done(struct draft *draft)
{
	if (draft->arena)
		secret_arena_give(draft->arena, draft->bytes, draft->room);
	*draft = (struct draft){0};
}

uint8_t *draft_room(struct draft *draft, size_t size)
{
	size_t room = draft->room ? draft->room : DRAFT_FIRST_ROOM;
	uint8_t *bytes;

	while (room - draft->length < size)
		room *= 2;
	if (room != draft->room && !draft->failed) {
		bytes = secret_arena_take(draft->arena, room);
		draft->failed = !bytes;
		if (bytes && draft->length)
			memcpy(bytes, draft->bytes, draft->length);
		if (bytes) {
			secret_arena_give(draft->arena, draft->bytes, draft->room);
			draft->bytes = bytes;
			draft->room = room;
		}
	}
	if (draft->failed)
		return NULL;
	draft->length += size;
	return draft->bytes + draft->length - size;
}

void draft_put(struct draft *draft, const void *bytes, size_t length)
{
	uint8_t *room = length ? draft_room(draft, length) : NULL;

	if (room)
		memcpy(room, bytes, length);
}

void draft_put_text(struct draft *draft, const char *text)
{
	draft_put(draft, text, strlen(text));
}
