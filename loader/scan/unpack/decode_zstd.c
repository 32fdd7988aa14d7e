// zstd (RFC 8878), in two forms: a file of frames (also skippable ones) is one stream; a frame in
// the middle of something else is one by itself.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include <zstd.h>
#include <zstd_errors.h>

#define MAGIC_SIZE 4
#define LARGE (16u << 20) // bytes of a state that is not kept

static const uint8_t magic[MAGIC_SIZE] = {0x28, 0xb5, 0x2f, 0xfd};
static const uint8_t skippable[MAGIC_SIZE] = {0x50, 0x2a, 0x4d, 0x18}; // 0x50 to 0x5f

struct unzstd {
	ZSTD_DCtx *context;
	uint8_t head[MAGIC_SIZE]; // of the next frame
	size_t matched;
	bool single, between; // frames
};

static void *unzstd_open(void)
{
	struct unzstd *unzstd = calloc(1, sizeof(*unzstd));

	if (unzstd && !(unzstd->context = ZSTD_createDCtx())) {
		free(unzstd);
		return NULL;
	}
	return unzstd;
}

static bool unzstd_reset(struct unzstd *unzstd, bool inner)
{
	int log = inner ? DECODER_WINDOW_LOG_INNER : DECODER_WINDOW_LOG;

	return !ZSTD_isError(ZSTD_DCtx_reset(unzstd->context, ZSTD_reset_session_and_parameters)) &&
	       !ZSTD_isError(ZSTD_DCtx_setParameter(unzstd->context, ZSTD_d_windowLogMax, log));
}

static bool unzstd_begin(void *state, bool inner)
{
	struct unzstd *unzstd = state;

	unzstd->single = unzstd->between = false;
	return unzstd_reset(unzstd, inner);
}

static bool unzstd_begin_frame(void *state, bool inner)
{
	struct unzstd *unzstd = state;

	unzstd->single = unzstd->between = true;
	memcpy(unzstd->head, magic, MAGIC_SIZE);
	unzstd->matched = MAGIC_SIZE;
	return unzstd_reset(unzstd, inner);
}

static enum decoder_step unzstd_decode(struct unzstd *unzstd, struct decoder_io *io)
{
	ZSTD_inBuffer in = {io->in, io->in_size, 0};
	ZSTD_outBuffer out = {io->out, io->out_size, 0};
	size_t left = ZSTD_decompressStream(unzstd->context, &out, &in);

	io->in += in.pos;
	io->in_size -= in.pos;
	io->out += out.pos;
	io->out_size -= out.pos;
	if (ZSTD_isError(left))
		return ZSTD_getErrorCode(left) == ZSTD_error_dictionary_wrong ? DECODER_FOREIGN
									      : DECODER_BROKEN;
	if (left == 0) {
		unzstd->between = true;
		unzstd->matched = 0;
		return unzstd->single ? DECODER_DONE : DECODER_MORE;
	}
	return DECODER_MORE;
}

static bool goes_on_with(const struct unzstd *unzstd, uint8_t byte)
{
	size_t at = unzstd->matched;
	bool plain = at == 0 || unzstd->head[0] == magic[0];

	if (plain && byte == magic[at])
		return true;
	if (at == 0)
		return (byte & 0xf0) == skippable[0];
	return !plain && byte == skippable[at];
}

static enum decoder_step unzstd_step(void *state, struct decoder_io *io)
{
	struct unzstd *unzstd = state;
	struct decoder_io head = {.in = unzstd->head, .in_size = MAGIC_SIZE};

	if (!unzstd->between)
		return unzstd_decode(unzstd, io);
	for (; unzstd->matched < MAGIC_SIZE; io->in++, io->in_size--) {
		if (!io->in_size)
			return io->in_ended ? DECODER_DONE : DECODER_MORE;
		if (!goes_on_with(unzstd, *io->in))
			return DECODER_DONE;
		unzstd->head[unzstd->matched++] = *io->in;
	}
	unzstd->between = false;
	head.out = io->out; // a magic number makes nothing
	if (unzstd_decode(unzstd, &head) != DECODER_MORE)
		return DECODER_BROKEN;
	return unzstd_decode(unzstd, io);
}

static bool unzstd_is_large(const void *state)
{
	const struct unzstd *unzstd = state;

	return ZSTD_sizeof_DCtx(unzstd->context) > LARGE;
}

static void unzstd_close(void *state)
{
	struct unzstd *unzstd = state;

	(void)ZSTD_freeDCtx(unzstd->context); // cannot fail
	free(unzstd);
}

const struct decoder_kind decode_zstd = {.name = "zstd",
	.foreign = "zstd that needs a dictionary is not looked into",
	.broken = "it begins like a zstd file and is broken, or needs too much memory",
	.open = unzstd_open,
	.begin = unzstd_begin,
	.step = unzstd_step,
	.is_large = unzstd_is_large,
	.close = unzstd_close};

const struct decoder_kind decode_zstd_frame = {.name = "zstd",
	.open = unzstd_open,
	.begin = unzstd_begin_frame,
	.step = unzstd_step,
	.is_large = unzstd_is_large,
	.close = unzstd_close};
