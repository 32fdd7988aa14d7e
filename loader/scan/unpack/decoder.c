// The first piece is made before anybody is told, so that bytes that only look like a container
// cost nobody anything.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/tap.h"

#include <errno.h>

struct decoder {
	struct source source;
	struct tap *tap;
	const struct decoder_kind *kind;
	void *state;
	uint8_t *buffer;
	struct scanreport_place *place; // of what comes out
	uint64_t begin, made;           // where it began in the tap; bytes that came out
	bool done, primed, foreign;
	struct source_piece first;
};

static bool stop(struct decoder *decoder, const char *why)
{
	decoder->done = true;
	decoder->source.why = why;
	return false;
}

// What to say when the bytes end too early: nothing if those around it end too early, too.
static const char *truncated(const struct decoder *decoder)
{
	struct look *look = decoder->tap->look;

	if (decoder->tap->source->why || look->limited || !look_goes_on(look))
		return NULL;
	return decoder->tap->later.size ? "it has a hole" : "it is truncated";
}

// What to say of bytes that may have been nothing of the kind.
static const char *blame(const struct decoder *decoder, size_t made, const char *why)
{
	return decoder->kind->guessed && decoder->made + made < LOOK_BUFFER ? NULL : why;
}

// One step.
// Returns: whether it may go on; `made` says how many bytes came out.
static bool step(struct decoder *decoder, size_t *made)
{
	struct tap *tap = decoder->tap;
	struct decoder_io io = {.out = decoder->buffer, .out_size = LOOK_BUFFER};
	enum decoder_step result;
	size_t taken;

	io.in_ended = !tap_more(tap);
	io.in = tap->bytes;
	io.in_size = tap->size;
	result = decoder->kind->step(decoder->state, &io);
	taken = tap->size - io.in_size;
	*made = LOOK_BUFFER - io.out_size;
	tap_skip(tap, taken);
	decoder->foreign = result == DECODER_FOREIGN;
	if (result == DECODER_BROKEN)
		return stop(decoder, blame(decoder, *made, "it is broken"));
	if (result != DECODER_MORE)
		return stop(decoder, NULL);
	if (!taken && !*made && io.in_ended)
		return stop(decoder, blame(decoder, 0, truncated(decoder)));
	return taken || *made || stop(decoder, blame(decoder, 0, "it is broken"));
}

static bool decoder_read(struct source *source, struct source_piece *ret_piece)
{
	struct decoder *decoder = (struct decoder *)source;
	const char *why;
	size_t made = 0;

	if (decoder->primed) {
		decoder->primed = false;
		*ret_piece = decoder->first;
		return true;
	}
	if (decoder->tap->look->limited)
		return false;
	while (!decoder->done && !made)
		(void)step(decoder, &made); // ends by `done`
	if (!made)
		return false;
	*ret_piece = (struct source_piece){decoder->buffer, made, decoder->made};
	decoder->made += made;
	why = look_bomb(decoder->tap->look, decoder->place, decoder->made,
		decoder->tap->at - decoder->begin);
	if (why)
		(void)stop(decoder, why);
	return look_count_unpacked(decoder->tap->look, decoder->place, made);
}

// A level keeps its last decoder: a file may hold thousands of frames.
static void *state_of(struct look_level *level, const struct decoder_kind *kind)
{
	if (level->state && level->kind != kind) {
		level->kind->close(level->state);
		level->state = NULL;
	}
	level->kind = kind;
	if (!level->state)
		level->state = kind->open();
	return level->state;
}

static bool is_inner(const struct look *look, size_t level, const struct decoder_kind *kind)
{
	for (size_t i = 0; i < level; i++) {
		if (look->levels[i].active && look->levels[i].kind->open == kind->open)
			return true;
	}
	return false;
}

static void run(struct decoder *decoder)
{
	struct look *look = decoder->tap->look;

	decoder->primed = decoder_read(&decoder->source, &decoder->first);
	if (decoder->primed)
		look_stream(look, &decoder->source, decoder->place);
	else if (decoder->source.why && decoder->kind->broken)
		look_skip(look, &decoder->tap->place, decoder->kind->broken);
	if (decoder->foreign && decoder->kind->foreign)
		look_foreign(look, &decoder->tap->place, decoder->kind->foreign);
}

bool decoder_look(struct tap *tap, const struct decoder_kind *kind, const char *name)
{
	struct look *look = tap->look;
	struct scanreport_place place;
	size_t at = tap->place.inside_count;
	struct decoder decoder = {.source.read = decoder_read,
		.tap = tap,
		.kind = kind,
		.place = &place,
		.begin = tap->at};

	if (!look_inside(look, &tap->place, name, &place) ||
		!look_count_member(look, &tap->place) || !(decoder.buffer = look_buffer(look, at)))
		return false;
	decoder.state = state_of(&look->levels[at], kind);
	if (!decoder.state || !kind->begin(decoder.state, is_inner(look, at, kind))) {
		look->failed = -ENOMEM;
		return false;
	}
	look->levels[at].active = true;
	run(&decoder);
	look->levels[at].active = false;
	if (kind->is_large && kind->is_large(decoder.state)) {
		kind->close(decoder.state);
		look->levels[at].state = NULL;
	}
	return decoder.made > 0;
}
