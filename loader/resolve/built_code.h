// Compiled server code that goes on with a public placeholder where a variable is missing:
// `process.env.X || "your-secret-key"` as bundlers write it. Reads text, runs nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_BUILT_CODE_H
#define LOADER_RESOLVE_BUILT_CODE_H

#include "lib/base/base.h"

struct pool;
struct pool_list;

#define BUILT_CODE_FILE_MAX (16u * 1024 * 1024)   // bytes of one file; a larger one is passed over
#define BUILT_CODE_BYTES_MAX (128u * 1024 * 1024) // bytes of all files
#define BUILT_CODE_KEYS_MAX 100                   // keys that are told

// A key, the first file that falls back, and the placeholder.
struct built_fallback {
	const char *key, *file; // the file as seen from where the folder is named from
	const char *placeholder;
	const char *minted; // see built_code_minted
};

// Looks through the .js, .cjs and .mjs files below `folder`, which starts at the handle `at`, in
// the order of tree_walk. A folder that is not there holds none. What is over a limit is passed
// over: this is an aid, no proof.
// Returns: 0 with struct built_fallback added to `ret_found`, no
// key twice; or -ENOMEM.
int built_code_fallbacks(int at, const char *folder, struct pool *pool, struct pool_list *ret_found)
	must_check;

// Looks through what was rendered at build below `folder` (.body, .html, .rsc and .json files) for
// tokens that placeholders signed.
// Returns: 0, with the first file of each in `minted` where there is one, from the pool; or
// -ENOMEM.
int built_code_minted(int at, const char *folder, struct built_fallback *fallbacks, size_t count,
	struct pool *pool) must_check;

// What built_code_fallbacks does, of one text; `file` goes with what is found. For tests.
// Returns: 0 or -ENOMEM.
int built_code_read(const char *text, size_t length, const char *file, struct pool *pool,
	struct pool_list *ret_found) must_check;

#endif
