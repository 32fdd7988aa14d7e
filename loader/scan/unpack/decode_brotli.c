// brotli (RFC 7932) has no magic number: the name of a file tells, or a trial of its first bytes.
// Windows up to 16 MiB.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include <brotli/decode.h>
#include <sodium.h>

#define TRIAL_OUT 4096    // bytes that a trial makes at a time
#define TRIAL_GAIN_MIN 16 // bytes that a trial makes more than it takes

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

// The same without a name that says so.
const struct decoder_kind decode_brotli_unnamed = {.name = "br",
	.guessed = true,
	.open = unbrotli_open,
	.begin = unbrotli_begin,
	.step = unbrotli_step,
	.close = unbrotli_close};

static bool is_ascii_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] >= 0x7f || (bytes[i] < ' ' && !(bytes[i] >= '\t' && bytes[i] <= '\r')))
			return false;
	}
	return true;
}

// Bytes of any other kind break within a few, or come out as long as they are (RFC 7932
// section 9.2: what is not compressed), and then are looked at as they are anyway.
bool decode_brotli_fits(const uint8_t *head, size_t size)
{
	BrotliDecoderState *decoder;
	BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	uint8_t out[TRIAL_OUT];
	size_t left = size, made = 0;

	if (is_ascii_text(head, size) || !(decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL)))
		return false;
	while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && made <= 4 * size) {
		uint8_t *next = out;
		size_t room = sizeof(out);

		result = BrotliDecoderDecompressStream(decoder, &left, &head, &room, &next, NULL);
		made += sizeof(out) - room;
	}
	BrotliDecoderDestroyInstance(decoder);
	sodium_memzero(out, sizeof(out));
	return result != BROTLI_DECODER_RESULT_ERROR &&
	       (result != BROTLI_DECODER_RESULT_SUCCESS || !left) && made >= size + TRIAL_GAIN_MIN;
}
