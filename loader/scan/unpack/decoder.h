// What undoes one kind of packing, as a row; and a tap's bytes through it, looked at as a stream.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_DECODER_H
#define LOADER_SCAN_UNPACK_DECODER_H

#include "lib/base/base.h"

struct tap;

// Windows of zstd frames; the larger one only where no other zstd frame is around it, so that all
// levels together stay bounded.
#define DECODER_WINDOW_LOG 27
#define DECODER_WINDOW_LOG_INNER 23

struct decoder_io {
	const uint8_t *in;
	size_t in_size;
	bool in_ended; // nothing comes after these
	uint8_t *out;
	size_t out_size;
};

enum decoder_step {
	DECODER_MORE,
	DECODER_DONE,
	DECODER_BROKEN,
	DECODER_FOREIGN, // it is well formed, but needs what lies elsewhere
};

struct decoder_kind {
	const char *name;
	const char *broken;  // what is said when not even one byte comes out; NULL: nothing
	const char *foreign; // what is said with DECODER_FOREIGN; NULL: nothing
	bool guessed;        // it may be none at all: what breaks soon is not spoken of
	// Makes a state. Returns: it, or NULL when memory is short.
	void *(*open)(void);
	// Begins anew with a state. `inner`: another of its kind is around it.
	bool (*begin)(void *state, bool inner);
	// Takes and makes what it can; moves the ends of `io`.
	enum decoder_step (*step)(void *state, struct decoder_io *io);
	// Whether a state is too large to be kept; NULL: never.
	bool (*is_large)(const void *state);
	void (*close)(void *state);
};

// Each in the file of its name.
extern const struct decoder_kind decode_gzip;        // all members from here on, as one stream
extern const struct decoder_kind decode_gzip_inside; // the same, from behind its magic number
extern const struct decoder_kind decode_gzip_zlib;   // objects of git
extern const struct decoder_kind decode_zstd;        // all frames from here on, as one stream
extern const struct decoder_kind decode_zstd_frame;  // one frame, from behind its magic number
extern const struct decoder_kind decode_brotli;
extern const struct decoder_kind decode_brotli_unnamed;
extern const struct decoder_kind decode_base64; // what is behind "data:"

// Whether bytes that nothing else is known of may be the beginning of brotli, or all of it: they
// make more than they are.
bool decode_brotli_fits(const uint8_t *head, size_t size) must_check;

// Looks at what a decoder makes of the tap's bytes, under a name. Afterwards the tap stands behind
// what was decoded.
// Returns: whether anything was decoded.
bool decoder_look(struct tap *tap, const struct decoder_kind *kind, const char *name);

#endif
