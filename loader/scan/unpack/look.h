// Looking at one file: its bytes as a stream, and those of everything in it as further streams.
// Keeps the limits of the job, which hold for the outermost file together with all that is inside.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_LOOK_H
#define LOADER_SCAN_UNPACK_LOOK_H

#include "lib/base/base.h"

struct decoder_kind;
struct scanjob;
struct scanreport_place;
struct source;
struct walk_taker;
struct walk_total;

#define LOOK_HEAD 4096           // first bytes of a stream that tell what it is
#define LOOK_BUFFER (128 * 1024) // what a decoder makes at a time
#define LOOK_NAME 1024           // bytes of a member's name as it is shown
#define LOOK_SKIPPED 16          // of one file; more is said in one word
#define LOOK_LEVELS 8            // containers in containers; SCANREPORT_INSIDE_MAX

// What one level of containers keeps from one container to the next.
struct look_level {
	char name[LOOK_NAME]; // of the innermost member, as it is shown
	uint8_t *buffer;      // LOOK_BUFFER bytes, or NULL as long as nothing was decoded here
	const struct decoder_kind *kind; // whose state it is
	void *state;
	bool active;
};

struct look {
	const struct scanjob *job;
	const struct walk_taker *taker;
	struct walk_total *total;
	uint64_t deadline_ms; // by clock_steady_ms; 0: none
	uint64_t max_unpacked, max_members;
	size_t max_depth;
	int failed; // a negative errno that ends the walk
	// of the outermost file
	uint64_t unpacked, members;
	unsigned skipped, bombs;
	bool limited, too_deep;
	struct look_level levels[LOOK_LEVELS];
};

// Makes ready for the files of a job; all three must outlive the look.
// Returns: the look, or NULL when memory is short.
struct look *look_new(const struct scanjob *job, const struct walk_taker *taker,
	struct walk_total *total) must_check;
struct look *look_free(struct look *look); // NULL is fine; returns NULL

// Gives out a file, and what is in it. A failure of the taker is in `failed`.
void look_file(struct look *look, struct source *source, const struct scanreport_place *place);

// The same for what is in a container.
void look_stream(struct look *look, struct source *source, const struct scanreport_place *place);

// Whether to go on at all: no failure, and time is left.
bool look_goes_on(struct look *look);

// The place of what is inside: one level deeper, with a name of its own that is shown.
// Returns: false where containers are nested too deep, which is said once.
bool look_inside(struct look *look, const struct scanreport_place *place, const char *name,
	struct scanreport_place *ret_inside) must_check;

// Where a level decodes to.
// Returns: LOOK_BUFFER bytes, or NULL when memory is short, which ends the walk.
uint8_t *look_buffer(struct look *look, size_t level) must_check;

// Counts what came out of a decoder, or a member.
// Returns: false when a limit is reached; it is said, and nothing more of this file is unpacked.
bool look_count_unpacked(struct look *look, const struct scanreport_place *place, size_t size)
	must_check;
bool look_count_member(struct look *look, const struct scanreport_place *place) must_check;

// Judges by size what a decoder made of `taken` bytes. A file with several bombs is not unpacked
// on. Returns: NULL, or why it is given up.
const char *look_bomb(struct look *look, const struct scanreport_place *place, uint64_t made,
	uint64_t taken) must_check;

// Says that something was not looked at, or not whole.
void look_skip(struct look *look, const struct scanreport_place *place, const char *why);

// Says that something is of a kind that is not looked into.
void look_foreign(struct look *look, const struct scanreport_place *place, const char *what);

#endif
