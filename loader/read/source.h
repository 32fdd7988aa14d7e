// Env files, read into a found_set; secretfile.h has what holds one value a file. What is wrong
// with a file becomes a finding; the other sources are still read.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_SOURCE_H
#define LOADER_READ_SOURCE_H

#include "lib/base/base.h"
#include "lib/base/fs.h"
#include "loader/read/found.h"

struct dialect;
struct diag;
struct environment;
struct pool;
struct secret_arena;

// What every source needs; made once, then passed on.
struct source_reader {
	struct found_set *found;
	struct pool *pool;
	struct secret_arena *arena;
	struct diag *diag;
	const struct dialect *dialect;
	struct environment *environment; // that the dialect's loader would be started in
	size_t max_file;
	bool (*may_set)(void *user, const char *name); // a declared key may be set by a dotenv file
	void *user;
};

struct secretfile_folder;

// One env file to read.
struct source_file {
	int folder;        // directory handle, or AT_FDCWD
	const char *path;  // below it
	const char *shown; // for people, relative to where all begins
	uint32_t layer;    // rank among the env files: lower wins
	bool named; // by a setting or an option: it must exist, and links lead where they lead
	bool build_copy;
};

// Reads one env file; in a dialect that is not samekey's own it is only opened, see emulated.h.
// Returns: 0 (an absent cascade file is fine), SOURCE_E_BAD when a finding of severity error was
// added, or -ENOMEM.
#define SOURCE_E_BAD 1
int source_read_dotenv(const struct source_reader *reader, const struct source_file *source,
	struct found_file **ret_file) must_check;

// Names that change what programs run; only a [key NAME] section lets a file set them.
bool source_is_forbidden(const struct source_reader *reader, const char *name);

// Adds the finding that such a name stands at `origin`.
void source_report_forbidden(
	const struct source_reader *reader, const char *name, const char *origin);

// The names of an env file that no source reads, one call a name. A file that cannot be read has
// none.
// Returns: 0, what `name` returned when it is not 0, or -ENOMEM.
int source_list_names(const struct source_reader *reader, const struct source_file *file,
	int (*name)(void *user, const char *name, size_t length), void *user) must_check;

#endif
