// One look for older values, as its parts share it: older_marks.c finds literals, older_written.c
// undoes how they are written, and older.c looks their fingerprints up.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_OLDER_LOOK_H
#define LOADER_SCAN_SEARCH_OLDER_LOOK_H

#include "lib/base/base.h"
#include "loader/scan/search/older.h"

#define OLDER_INNER_SIZE ((size_t)OLDER_WRITTEN_MAX * 3 / 2) // UTF-16 as UTF-8

struct map;

struct older {
	const struct scanjob *job;
	struct secret_arena *arena;
	struct map *prints;                // by their bytes
	bool wanted[OLDER_LENGTH_MAX + 1]; // lengths
	bool unknown;                      // some print has no length
	size_t shortest, longest;
	uint8_t *scratch; // OLDER_WRITTEN_MAX bytes of the arena
	uint8_t *inner;   // OLDER_INNER_SIZE bytes of it: what a literal encodes
};

// What is looked at.
struct older_look {
	struct older *older;
	struct older_state *state;
	const struct older_part *part;
	older_found *found;
	void *user;
	uint64_t told; // behind the offset that was told last
	bool inside;   // of what a literal encodes: no deeper
};

// A literal as it is written.
struct older_written {
	uint64_t start, end; // in the stream
	const char *form;
	size_t (*unescape)(const uint8_t *text, size_t length, uint8_t *out); // NULL: none
};

// What may stand around a value.
static inline bool older_is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Goes over all marks of a part.
void older_marks_scan(struct older_look *look);

// Tells of a literal, once it is what it says, that has the fingerprint of a print.
void older_judge(struct older_look *look, const struct older_written *written, const char *form,
	const uint8_t *bytes, size_t length);

// Tries a literal as it stands, without its escapes, and as what it encodes.
void older_written_try(struct older_look *look, const struct older_written *written);

// Tries what stands in an attribute whose quotes are references: JSON.
void older_written_try_attribute(struct older_look *look, const struct older_written *written);

// Tries a line of UTF-16.
// Returns: whether it is one.
bool older_written_try_wide_line(struct older_look *look, uint64_t start, uint64_t end);

#endif
