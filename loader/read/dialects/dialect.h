// Dialects: the rules by which one real loader reads a file. A family of loaders is one reader and
// a row of traits each; a dialect is found by its name and read through an emulation.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_DIALECT_H
#define LOADER_READ_DIALECTS_DIALECT_H

#include "lib/base/base.h"

struct emulation;
struct err;

// Whose value counts for a name that the environment holds before the loader begins.
enum dialect_keeper {
	DIALECT_ENVIRONMENT_WINS,
	DIALECT_FILE_WINS,
	DIALECT_NONEMPTY_WINS, // the environment, unless its value is empty
};

// Whose value counts for a name in several files.
enum dialect_files {
	DIALECT_FIRST_FILE_WINS,
	DIALECT_LAST_FILE_WINS,
	DIALECT_LAST_FILE_FIRST, // the last one, for the loader begins with it: no file sees
				 // what one before it sets
	DIALECT_ONE_FILE_ONLY,   // none: the reader refuses a name that an earlier one set
};

struct dialect {
	const char *name;
	const char *loader; // the real loader that it was measured against, with its version
	const char *doc;    // what is peculiar to it; one line, no final dot
	enum dialect_keeper keeper;
	enum dialect_files files;
	uint32_t traits;    // of the family's reader
	bool own;           // read by dotenv.h, which knows more of a value than what it is
	bool unlisted;      // an older version that only a comparison with it names
	bool machine_made;  // of files that a program writes: nobody's choice for one written by
			    // hand
	const char *frozen; // how names begin whose values a build writes into the code; NULL: none

	// Reads one file: see emulation.h for what a reader may call.
	void (*read)(struct emulation *emulation);
	// What earlier files set is still found, and replaced, while a later one is read.
	bool together;
	// What happens once, after the last file, to what it leaves; NULL: nothing.
	void (*finish)(struct emulation *emulation);
};

// Finds a dialect by name, an unlisted one too.
// Returns: the row or NULL.
const struct dialect *dialect_find(const char *name);

// Adds a hint to an error about a name that is no dialect's: the one that was probably meant, or
// where they are listed.
void dialect_suggest(const char *name, struct err *err);

// The listed rows, for lists and suggestions: samekey's own first.
// Returns: the row at `index`, or NULL past the last.
const struct dialect *dialect_at(size_t index);

#endif
