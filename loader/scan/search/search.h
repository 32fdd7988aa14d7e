// The search: bytes in, findings out. It knows every form in which a value may be written, and
// nothing of files and containers. A stream may come in pieces of any size.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_SEARCH_H
#define LOADER_SCAN_SEARCH_SEARCH_H

#include "lib/base/base.h"

struct err;
struct pool;
struct scanjob;
struct scanreport;
struct scanreport_place;
struct search;
struct search_stream;
struct secret_arena;

// Places of one value that are reported in one stream; how many more there are is said at its end.
#define SEARCH_LISTED_MAX 100

// Who is told. `report` lives during the call.
struct search_sink {
	void (*found)(void *user, const struct scanreport *report);
	void *user;
};

// Makes ready to look for what the job names. All that holds values for longer lies in the arena:
// patterns, the compiled literals and the windows of the streams, which hold what was found. Not
// guarded are the copies of vectorscan's compiler (the heap, overwritten as it is freed) and its
// scratch, which holds no bytes of literals.
//
// Of a value of more than 512 bytes its middle is searched, and the offset is that of the middle.
//
// The job outlives the search. Values shorter than SCANJOB_SEARCHED_MIN are reported once as
// skipped. Searches are opened and closed by one thread: vectorscan's allocator is the process's.
// Returns: 0, -ENOMEM, or -EINVAL when the patterns cannot be compiled.
int search_open(const struct scanjob *job, const struct search_sink *sink,
	struct secret_arena *arena, struct search **ret_search, struct err *err) must_check;
struct search *search_close(struct search *search); // NULL is fine; returns NULL

// Begins a stream, the first byte of which is byte `offset` of the place; several may be open at
// once (a container and what is in it). The place is borrowed until the stream's end. Returns: the
// stream, or NULL when memory is short.
struct search_stream *search_begin(struct search *search, const struct scanreport_place *place)
	must_check;

// Looks at the next bytes.
// Returns: 0, or -ENOMEM.
int search_feed(struct search_stream *stream, const uint8_t *bytes, size_t size) must_check;

// Ends a stream: what its last bytes complete is reported.
// Returns: 0, or -ENOMEM.
int search_end(struct search_stream *stream) must_check;

#endif
