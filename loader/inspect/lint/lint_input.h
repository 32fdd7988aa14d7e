// The env files of a lint: those that were named, else those of a folder, read whole.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_INPUT_H
#define LOADER_INSPECT_LINT_LINT_INPUT_H

#include "lib/base/base.h"

struct err;
struct fs_file;
struct pool;
struct secret_arena;

struct lint_input_request {
	char *const *named; // paths; none: those of the folder
	size_t named_count;
	int folder;        // a handle on it
	const char *start; // how messages name it
	const char *root;  // how its files are named: ROOT/FILE; NULL: FILE
	size_t max_file;   // bytes; a larger file is refused
	struct secret_arena *arena;
	struct pool *pool;
};

struct lint_input {
	char *const *files; // paths, as they are shown
	struct fs_file *contents;
	size_t count;
};

// Reads them into the arena; paths are borrowed or in the pool.
// Returns: 0, or a negative errno with err, of which -ENOENT also says that the folder holds no env
// file, -EISDIR and -ENXIO that a path is no file, and -EBADMSG that one holds no text.
int lint_input_load(const struct lint_input_request *request, struct lint_input *ret_input,
	struct err *err) must_check;

// Whether file `index` was named before, under another spelling perhaps.
bool lint_input_is_twice(const struct lint_input *input, size_t index);

#endif
