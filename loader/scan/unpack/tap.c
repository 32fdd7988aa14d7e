// A piece is given to the taker whole when it becomes the current one, so going back is free.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/tap.h"

#include "loader/scan/unpack/walk.h"

#include <errno.h>

// Reads the piece after the current one, unless it is there.
static bool tap_pull(struct tap *tap)
{
	if (tap->later.size)
		return true;
	if (tap->ended)
		return false;
	if (!look_goes_on(tap->look) || !tap->source->read(tap->source, &tap->later)) {
		tap->ended = true;
		tap->later.size = 0;
		return false;
	}
	return true;
}

static void tap_show(struct tap *tap, const struct source_piece *piece)
{
	tap->piece = *piece;
	tap->bytes = piece->bytes;
	tap->size = piece->size;
	tap->at = piece->offset;
}

void tap_open(struct tap *tap, struct look *look, struct source *source,
	const struct scanreport_place *place)
{
	size_t used = 0;

	tap->look = look;
	tap->source = source;
	tap->place = *place;
	tap->stream = NULL;
	tap->given = tap->ended = false;
	tap->piece = tap->later = (struct source_piece){0};
	tap_show(tap, &tap->piece);
	if (!tap_pull(tap))
		return;
	if (tap->later.size >= LOOK_HEAD) {
		tap_show(tap, &tap->later);
		tap->later.size = 0;
		return;
	}
	// Several short pieces: the first bytes are put together.
	tap->piece = (struct source_piece){.bytes = tap->head, .offset = tap->later.offset};
	do {
		size_t room = LOOK_HEAD - used;
		size_t size = tap->later.size < room ? tap->later.size : room;

		memcpy(tap->head + used, tap->later.bytes, size);
		used += size;
		tap->later.bytes += size;
		tap->later.size -= size;
		tap->later.offset += size;
	} while (
		used < LOOK_HEAD && tap_pull(tap) && tap->later.offset == tap->piece.offset + used);
	tap->piece.size = used;
	tap_show(tap, &(struct source_piece){tap->head, used, tap->piece.offset});
}

static void tap_feed(struct tap *tap)
{
	struct look *look = tap->look;
	int code;

	if (!tap->given || !tap->stream || !tap->size || look->failed)
		return;
	look->total->bytes += tap->size;
	code = look->taker->feed(tap->stream, tap->bytes, tap->size);
	if (code < 0)
		look->failed = code;
}

void tap_give(struct tap *tap)
{
	struct look *look = tap->look;

	tap->given = true;
	if (look->failed)
		return;
	tap->place.offset = tap->at;
	tap->stream = look->taker->begin(look->taker->user, &tap->place);
	if (!tap->stream)
		look->failed = -ENOMEM;
	tap_feed(tap);
}

void tap_close(struct tap *tap)
{
	int code;

	if (!tap->stream)
		return;
	code = tap->look->taker->end(tap->stream);
	if (code < 0 && !tap->look->failed)
		tap->look->failed = code;
	tap->stream = NULL;
}

static void tap_turn(struct tap *tap)
{
	tap_show(tap, &tap->later);
	tap->later.size = 0;
}

bool tap_more(struct tap *tap)
{
	if (tap->size)
		return true;
	if (!tap_pull(tap) || tap->later.offset != tap->at)
		return false;
	tap_turn(tap);
	tap_feed(tap);
	return true;
}

bool tap_jump(struct tap *tap)
{
	if (!tap->later.size)
		return false;
	tap_close(tap);
	tap_turn(tap);
	tap_give(tap);
	return true;
}

void tap_skip(struct tap *tap, size_t size)
{
	tap->bytes += size;
	tap->size -= size;
	tap->at += size;
}

void tap_rewind(struct tap *tap, uint64_t offset)
{
	if (offset >= tap->at)
		return;
	tap_show(tap, &tap->piece);
	if (offset > tap->at)
		tap_skip(tap, (size_t)(offset - tap->at));
}
