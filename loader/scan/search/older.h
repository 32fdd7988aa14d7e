// Older values, of which only fingerprints are known: literals of a fitting length are taken out of
// a text, their escapes undone, and their fingerprints looked up.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_OLDER_H
#define LOADER_SCAN_SEARCH_OLDER_H

#include "lib/base/base.h"

struct err;
struct older;
struct scanjob;
struct secret_arena;

// Older values that are longer are not found.
#define OLDER_LENGTH_MAX 4096
#define OLDER_WRITTEN_MAX (4 * OLDER_LENGTH_MAX) // with its escapes
// Where no length is known; such literals hold no white space.
#define OLDER_UNKNOWN_MIN 16
#define OLDER_UNKNOWN_MAX 128

#define OLDER_DEPTHS 4 // literals in literals

// The literals' quotes met so far in one stream. Zero at its beginning.
struct older_state {
	uint64_t quote[OLDER_DEPTHS][3]; // behind the last one; ", ' and `; 0: none yet
	uint64_t slash;                  // behind the last backslash
	uint64_t line;                   // where the line begins
	uint64_t markup;                 // behind the last `>`; 0: none since the last `<`
};

// Told of a literal that has the fingerprint of print `print` of the job; `form` says in what it
// stands: "quoted", "unquoted" or "markup", or what it is encoded in: "base64", "hex", "url",
// "utf-16".
typedef void older_found(void *user, size_t print, uint64_t offset, const char *form);

// Makes ready to look for the prints of a job, which outlives this.
// Returns: 0 or -ENOMEM. `ret_older` is NULL where there is nothing to look for.
int older_open(const struct scanjob *job, struct secret_arena *arena, struct older **ret_older,
	struct err *err) must_check;
struct older *older_close(struct older *older); // NULL is fine; returns NULL

// A part of a stream that lies in memory: its first byte is byte `base` of the stream. At least
// OLDER_WRITTEN_MAX bytes before `from` are there, where the stream has them.
struct older_part {
	const uint8_t *bytes;
	uint64_t base;
	size_t from, to; // what is new
	bool last;       // the stream ends at `to`
};
void older_look(struct older *older, struct older_state *state, const struct older_part *part,
	older_found *found, void *user);

#endif
