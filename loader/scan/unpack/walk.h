// The walk: every file below the paths of a job, every member of every container in them, each
// given as one stream of bytes to whoever looks at bytes. Follows no link out of a path, opens only
// regular files, never waits for one, and keeps every limit of the job. A file with several names
// is given under each: in a cache, or as an env file, it means something else.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_WALK_H
#define LOADER_SCAN_UNPACK_WALK_H

#include "lib/base/base.h"

struct err;
struct pool;
struct scanjob;
struct scanreport_place;

// The limits, where the job has 0. What a decoder makes more than WALK_RATIO times as large as what
// it was made from is a bomb, from WALK_RATIO_FROM bytes on.
#define WALK_UNPACKED (UINT64_C(4) << 30) // bytes that come out of the decoders, a file
#define WALK_MEMBERS 1000000              // and frames, a file
#define WALK_DEPTH 8                      // containers in containers
#define WALK_RATIO 1000
#define WALK_RATIO_FROM (16u << 20)
#define WALK_BOMBS 4              // of one file; then nothing more of it is unpacked
#define WALK_FOLDERS 200          // folders in folders
#define WALK_FOLDER_NAMES 1000000 // names in one folder
#define WALK_PATH 16384           // bytes of a path

// Who gets the bytes. A stream that could not be begun (NULL) ends the walk.
struct walk_taker {
	void *(*begin)(void *user, const struct scanreport_place *place);
	int (*feed)(void *stream, const uint8_t *bytes, size_t size);
	int (*end)(void *stream);
	// Something was not looked at, or not whole.
	void (*skipped)(void *user, const struct scanreport_place *place, const char *why);
	// A container of a kind that nothing here undoes: its bytes were looked at as they are. Or
	// a link out of the path.
	// NULL: nobody wants to know.
	void (*foreign)(void *user, const struct scanreport_place *place, const char *what);
	// A file or a member begins: its name or its first bytes (at most 4096, 0 when it is empty)
	// may say something by themselves. What a decoder made has a name like "gzip" or
	// "zstd@123".
	void (*named)(void *user, const struct scanreport_place *place, const uint8_t *head,
		size_t head_size);
	void *user;
};

struct walk_total {
	uint64_t files, members, bytes; // bytes given out, containers and what is in them
	bool timed_out;
};

// Opens every path of the job, so that nothing has to be looked up by name outside of them later.
// Between this and walk_run the caller gives up whatever it does not need any more.
// Returns: 0, a negative errno for a path that cannot be opened (err names it), or -ENOMEM.
struct walk;
int walk_open(const struct scanjob *job, struct walk **ret_walk, struct err *err) must_check;
struct walk *walk_close(struct walk *walk); // NULL is fine; returns NULL

// Walks. What cannot be read is skipped, and said.
// Returns: 0, or -ENOMEM.
int walk_run(struct walk *walk, const struct walk_taker *taker, struct walk_total *ret_total)
	must_check;

#endif
