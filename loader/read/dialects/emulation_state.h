// What is inside of an emulation, for the files that make it up and nobody else.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_EMULATION_STATE_H
#define LOADER_READ_DIALECTS_EMULATION_STATE_H

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/emulation_place.h"

struct map;

// A name that was set.
struct emulation_assignment {
	struct span name, value;
	const uint8_t *place;
	uint32_t file;
	bool gone;    // taken away, or another file's value counts
	bool settled; // counts even where the environment would have been kept
};

// Of the arena, for texts that last as long as the emulation.
struct emulation_block {
	struct emulation_block *next;
	uint8_t *bytes;
	size_t size, used;
};

struct emulation {
	struct emulation_options options;
	struct map *names; // of this file (with `finish`: of all), to indices of assignments
	struct map *total; // of the files before it
	struct emulation_assignment *assignments;
	size_t count, room;
	size_t file_start;  // the first assignment of this file
	struct span *texts; // of each file
	size_t file_count, text_room;
	size_t file;  // the one that is read
	void *memory; // of the dialect, from file to file
	void (*forget)(void *memory);
	const uint8_t *reached;                 // in it, NULL: its begin
	struct emulation_block *blocks, *block; // all, and the one that is filled
	uint8_t *stack;                         // text under construction
	size_t stack_used, stack_room;
	uint64_t work, work_max;
	int code;
	struct emulation_places places;
};

// Stops with a code of emulation_read, unless something has stopped it before.
static inline void emulation_fail(struct emulation *emulation, int code)
{
	if (!emulation->code)
		emulation->code = code;
}

#endif
