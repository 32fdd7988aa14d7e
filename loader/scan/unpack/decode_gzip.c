// gzip (RFC 1952): members one behind the other are one stream, as gunzip has it; what else is
// behind the last one is left alone. And zlib (RFC 1950), which is one stream.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/decoder.h"

#include <limits.h>
#define ZLIB_CONST // so that what it reads is const
#include <zlib.h>

#define WINDOW_ZLIB 15        // the largest window
#define WINDOW_GZIP (15 + 16) // the same; a gzip header is wanted

static const uint8_t magic[] = {0x1f, 0x8b, 0x08};

struct gunzip {
	z_stream stream;
	bool between, single; // members
	size_t matched;
};

static void *open_window(int bits)
{
	struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

	if (gunzip && inflateInit2(&gunzip->stream, bits) != Z_OK) {
		free(gunzip);
		return NULL;
	}
	return gunzip;
}

static void *gunzip_open(void)
{
	return open_window(WINDOW_GZIP);
}

static void *unzlib_open(void)
{
	struct gunzip *gunzip = open_window(WINDOW_ZLIB);

	if (gunzip)
		gunzip->single = true;
	return gunzip;
}

static bool gunzip_begin(void *state, bool inner)
{
	struct gunzip *gunzip = state;

	(void)inner;
	gunzip->between = false;
	return inflateReset(&gunzip->stream) == Z_OK;
}

// Behind a magic number is as between two members, when that of the second was met.
static bool gunzip_begin_inside(void *state, bool inner)
{
	struct gunzip *gunzip = state;

	(void)inner;
	gunzip->between = true;
	gunzip->matched = sizeof(magic);
	return true;
}

static enum decoder_step gunzip_inflate(struct gunzip *gunzip, struct decoder_io *io)
{
	z_stream *stream = &gunzip->stream;
	uInt in = io->in_size < UINT_MAX ? (uInt)io->in_size : UINT_MAX, out = (uInt)io->out_size;
	int code;

	stream->next_in = io->in;
	stream->avail_in = in;
	stream->next_out = io->out;
	stream->avail_out = out;
	code = inflate(stream, Z_NO_FLUSH);
	io->in += in - stream->avail_in;
	io->in_size -= in - stream->avail_in;
	io->out += out - stream->avail_out;
	io->out_size -= out - stream->avail_out;
	if (code == Z_STREAM_END) {
		gunzip->between = true;
		gunzip->matched = 0;
		return gunzip->single ? DECODER_DONE : DECODER_MORE;
	}
	return code == Z_OK || code == Z_BUF_ERROR ? DECODER_MORE : DECODER_BROKEN;
}

static enum decoder_step gunzip_step(void *state, struct decoder_io *io)
{
	struct gunzip *gunzip = state;
	struct decoder_io head = {.in = magic, .in_size = sizeof(magic)};

	if (!gunzip->between)
		return gunzip_inflate(gunzip, io);
	for (; gunzip->matched < sizeof(magic); gunzip->matched++, io->in++, io->in_size--) {
		if (!io->in_size)
			return io->in_ended ? DECODER_DONE : DECODER_MORE;
		if (*io->in != magic[gunzip->matched])
			return DECODER_DONE;
	}
	gunzip->between = false;
	head.out = io->out; // a header makes nothing
	if (inflateReset(&gunzip->stream) != Z_OK ||
		gunzip_inflate(gunzip, &head) == DECODER_BROKEN)
		return DECODER_BROKEN;
	return gunzip_inflate(gunzip, io);
}

static void gunzip_close(void *state)
{
	struct gunzip *gunzip = state;

	(void)inflateEnd(&gunzip->stream); // it was begun
	free(gunzip);
}

const struct decoder_kind decode_gzip = {.name = "gzip",
	.broken = "it begins like a gzip file and is broken",
	.open = gunzip_open,
	.begin = gunzip_begin,
	.step = gunzip_step,
	.close = gunzip_close};

const struct decoder_kind decode_gzip_inside = {.name = "gzip",
	.guessed = true,
	.open = gunzip_open,
	.begin = gunzip_begin_inside,
	.step = gunzip_step,
	.close = gunzip_close};

const struct decoder_kind decode_gzip_zlib = {.name = "zlib",
	.guessed = true,
	.open = unzlib_open,
	.begin = gunzip_begin,
	.step = gunzip_step,
	.close = gunzip_close};
