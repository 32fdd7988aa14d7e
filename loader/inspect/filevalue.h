// What the env files of a tree hold for one key, so far as it takes to say whether they hold the
// same: a hash of each value that nobody can make again, never the value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_FILEVALUE_H
#define LOADER_INSPECT_FILEVALUE_H

#include "lib/base/base.h"
#include "lib/value/fingerprint.h"

struct dotenv_entry;
struct pool;
struct secret_arena;

#define FILEVALUE_MAX 64 // files of one key that are compared

// The newest stands first.
struct filevalue {
	struct filevalue *next;
	const char *file; // borrowed
	bool empty;
	uint8_t print[FINGERPRINT_BYTES];
	size_t count; // of values from this one on
};

// What all values of a walk are made with.
struct filevalue_room {
	struct pool *pool;
	struct secret_arena *arena; // for a value that is being decoded
	uint8_t subkey[FINGERPRINT_KEY_BYTES];
};

// Begins a room with a key of its own; filevalue_room_close wipes it.
void filevalue_room_open(
	struct filevalue_room *room, struct pool *pool, struct secret_arena *arena);
void filevalue_room_close(struct filevalue_room *room);

// Adds what `file` holds to a key's values; an entry below another one of the same file counts in
// its place. Past FILEVALUE_MAX nothing is added.
// Returns: 0 or -ENOMEM.
int filevalue_add(struct filevalue_room *room, struct filevalue **values, const char *file,
	const struct dotenv_entry *entry) must_check;

// Finds two files, in two folders, that hold different values and are read in the same mode: they
// have one name, or each is all that its folder has of the key. An empty one holds none, and layers
// of one folder differ on purpose.
// Returns: whether there are such; the first ones of the walk.
bool filevalue_differing(const struct filevalue *values, const char *ret_files[static 2]);

#endif
