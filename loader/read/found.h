// What the sources hold: every value that any of them offers, by key, each with its origin.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_FOUND_H
#define LOADER_READ_FOUND_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "lib/value/origin.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/read/dialects/span.h"

struct found_set;
struct pool;
struct settings_key;

// A file that was read, for findings about it.
struct found_file {
	const char *shown; // its path as people see it
	struct span text;  // of an env file: its bytes, in the arena
	uint32_t layer;    // of an env file: its rank; lower wins
	uint32_t mode;     // st_mode
	uint64_t device, inode;
	uint64_t changed_at_s;
	bool named;         // by a setting or an option, not by the cascade
	bool repeats;       // a name stands twice in it
	bool build_copy;    // copied into a build output: ranks last
	bool offers_secret; // filled while resolving
};

// One value that a source offers.
struct found {
	struct found *next; // the next one of the same key, in the order they were added
	struct origin origin;
	struct secret value; // decoded, quotes and newline removed
	struct secret raw;   // of a dotenv entry: as written, for interpolation
	enum dotenv_quote quote;
	bool dollar;             // raw holds a $ that some loader expands
	bool from_file;          // env: through KEY_FILE
	struct found_file *file; // NULL: not from a file
	uint32_t layer;          // within its source: lower wins
};

struct found_key {
	const char *name;
	struct found *first, *last;
	const struct settings_key *rule; // its [key] section; NULL: none. Set while resolving
	bool framework_secret;           // a recognised framework signs with it
	bool inherited;                  // in the environment only
};

// Makes an empty set; names and nodes live in `pool`. The caller owns it.
// Returns: the set, or NULL when memory is short.
struct found_set *found_new(struct pool *pool) must_check;
struct found_set *found_free(struct found_set *set); // NULL is fine; returns NULL

// Makes sure that a key is in the set, with or without a value.
// Returns: the key, or NULL when memory is short.
struct found_key *found_key(struct found_set *set, const char *name, size_t length) must_check;

// Finds a key.
// Returns: the key or NULL.
struct found_key *found_find(const struct found_set *set, const char *name);

// Adds a value to a key; `value` is copied, its bytes are borrowed.
// Returns: 0 or -ENOMEM.
int found_add(struct found_set *set, struct found_key *key, const struct found *value) must_check;

// How many keys there are, and each of them.
size_t found_count(const struct found_set *set);
struct found_key *found_at(const struct found_set *set, size_t index); // in the order first seen

#endif
