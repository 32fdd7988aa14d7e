// The growing text: doubled into a new block of the arena, the old one wiped.
// SPDX-License-Identifier: MIT
#include "lib/value/draft.h"

#include "lib/base/secret.h"

#include <sodium.h>

#define DRAFT_FIRST_ROOM 4096

void draft_done(struct draft *draft)
{
	if (draft->arena)
		secret_arena_give(draft->arena, draft->bytes, draft->room);
	*draft = (struct draft){0};
}

// Room for `size` bytes to be written in place; they count as put.
// Returns: the room, or NULL after a failure.
static uint8_t *take_room(struct draft *draft, size_t size)
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
	uint8_t *room = length ? take_room(draft, length) : NULL;

	if (room)
		memcpy(room, bytes, length);
}

void draft_put_text(struct draft *draft, const char *text)
{
	draft_put(draft, text, strlen(text));
}

void draft_put_json(struct draft *draft, const uint8_t *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[32] = {['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

	draft_put_text(draft, "\"");
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = text[i];

		if (byte == '"' || byte == '\\')
			draft_put(draft, (const uint8_t[]){'\\', byte}, 2);
		else if (byte < 32 && letters[byte])
			draft_put(draft, (const uint8_t[]){'\\', (uint8_t)letters[byte]}, 2);
		else if (byte < 32)
			draft_put(draft,
				(const uint8_t[]){'\\', 'u', '0', '0', (uint8_t)digits[byte >> 4],
					(uint8_t)digits[byte & 15]},
				6);
		else
			draft_put(draft, &byte, 1);
	}
	draft_put_text(draft, "\"");
}

void draft_put_base64(struct draft *draft, const uint8_t *bytes, size_t length)
{
	size_t size = sodium_base64_encoded_len(length, sodium_base64_VARIANT_ORIGINAL);
	uint8_t *room = take_room(draft, size);

	if (!room)
		return;
	(void)sodium_bin2base64((char *)room, size, bytes, length, sodium_base64_VARIANT_ORIGINAL);
	draft->length--; // the NUL
}
