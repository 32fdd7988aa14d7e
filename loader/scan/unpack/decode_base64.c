// A data: URL behind its scheme: "application/json;charset=utf-8;base64," and base64 up to the
// first byte that is none.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include "lib/value/encoding.h"

#define MEDIA_MAX 100 // bytes before the comma

static const char mark[] = ";base64,";
#define MARK_SIZE (sizeof(mark) - 1)

struct unbase64 {
	char last[MARK_SIZE]; // bytes of the media type
	size_t media;         // how many there were
	bool data;
	uint32_t bits;
	unsigned count; // of bits
};

static void *unbase64_open(void)
{
	return calloc(1, sizeof(struct unbase64));
}

static bool unbase64_begin(void *state, bool inner)
{
	(void)inner;
	*(struct unbase64 *)state = (struct unbase64){0};
	return true;
}

// Goes behind the comma.
static enum decoder_step pass_media(struct unbase64 *unbase64, struct decoder_io *io)
{
	while (!unbase64->data && io->in_size) {
		uint8_t byte = *io->in;

		if (byte <= ' ' || byte > '~' || byte == '"' || unbase64->media++ >= MEDIA_MAX)
			return DECODER_BROKEN;
		memmove(unbase64->last, unbase64->last + 1, MARK_SIZE - 1);
		unbase64->last[MARK_SIZE - 1] = (char)byte;
		io->in++;
		io->in_size--;
		unbase64->data = memcmp(unbase64->last, mark, MARK_SIZE) == 0;
		if (byte == ',' && !unbase64->data)
			return DECODER_BROKEN; // not in base64
	}
	return DECODER_MORE;
}

static enum decoder_step unbase64_step(void *state, struct decoder_io *io)
{
	struct unbase64 *unbase64 = state;

	if (!unbase64->data && pass_media(unbase64, io) == DECODER_BROKEN)
		return DECODER_BROKEN;
	for (; io->in_size && io->out_size; io->in++, io->in_size--) {
		int value = encoding_base64_digit(*io->in);

		if (value < 0)
			return DECODER_DONE;
		unbase64->bits = unbase64->bits << 6 | (uint32_t)value;
		unbase64->count += 6;
		if (unbase64->count >= 8) {
			unbase64->count -= 8;
			*io->out++ = (uint8_t)(unbase64->bits >> unbase64->count);
			io->out_size--;
		}
	}
	return unbase64->data && io->in_ended && !io->in_size ? DECODER_DONE : DECODER_MORE;
}

const struct decoder_kind decode_base64 = {.name = "sourcemap",
	.open = unbase64_open,
	.begin = unbase64_begin,
	.step = unbase64_step,
	.close = free};
