// brotli (RFC 7932) has no magic number: only the name of a file tells. Windows up to 16 MiB.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include <brotli/decode.h>

struct unbrotli {
	BrotliDecoderState *decoder;
};

static void *unbrotli_open(void)
{
	return calloc(1, sizeof(struct unbrotli));
}

static bool unbrotli_begin(void *state, bool inner)
{
	struct unbrotli *unbrotli = state;

	(void)inner;
	if (unbrotli->decoder)
		BrotliDecoderDestroyInstance(unbrotli->decoder); // it cannot be begun anew
	unbrotli->decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return unbrotli->decoder;
}

static enum decoder_step unbrotli_step(void *state, struct decoder_io *io)
{
	struct unbrotli *unbrotli = state;

	switch (BrotliDecoderDecompressStream(
		unbrotli->decoder, &io->in_size, &io->in, &io->out_size, &io->out, NULL)) {
	case BROTLI_DECODER_RESULT_SUCCESS:
		return DECODER_DONE;
	case BROTLI_DECODER_RESULT_ERROR:
		return DECODER_BROKEN;
	default:
		return DECODER_MORE;
	}
}

static void unbrotli_close(void *state)
{
	struct unbrotli *unbrotli = state;

	if (unbrotli->decoder)
		BrotliDecoderDestroyInstance(unbrotli->decoder);
	free(unbrotli);
}

const struct decoder_kind decode_brotli = {.name = "br",
	.broken = "it is named like a brotli file and is none, or broken",
	.open = unbrotli_open,
	.begin = unbrotli_begin,
	.step = unbrotli_step,
	.close = unbrotli_close};
