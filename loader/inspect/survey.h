// What a tree of source code wants from its environment: the env files in it, the keys that they
// offer, and the places where the code reads keys. Reads text, runs nothing, keeps no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_SURVEY_H
#define LOADER_INSPECT_SURVEY_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct filevalue;
struct pool;

#define SURVEY_FILE_MAX (1024u * 1024)  // bytes of one file; a larger one is skipped
#define SURVEY_BYTES_MAX (256ull << 20) // bytes of all files
#define SURVEY_KEYS_MAX 10000           // different names
#define SURVEY_PLACES_MAX 4             // kept of one key; the rest is counted
#define SURVEY_FALLBACKS_MAX 100        // kept of the whole tree
#define SURVEY_FILES_LISTED_MAX 64      // env files and app folders that are kept

// A place in the tree, relative to its root.
struct survey_place {
	const char *file;
	uint32_t line;
};

struct survey_key {
	const char *name;
	struct survey_place read[SURVEY_PLACES_MAX]; // by code, the first ones
	size_t read_count;                           // all of them
	const char *offered[SURVEY_PLACES_MAX];      // env files that hold it, the first ones
	size_t offered_count;
	struct filevalue *values; // what these files hold, but no value
	const char *differing[2]; // two of them that hold different values (filevalue_differing),
				  // or NULL
	bool in_browser_only;     // read through import.meta.env and nowhere else
	bool value_looks_secret;  // some env file offers a value that looks so
	bool fallback;            // some code goes on with a literal when it is missing
};

struct survey_fallback {
	const char *key;
	struct survey_place place;
};

// A folder with a package.json.
struct survey_app {
	const char *folder; // "." for the root
	const char *name;   // from package.json; "" when it has none
	bool next, dotenv;  // among its dependencies
};

enum survey_mark {            // files that say how the apps are started, found anywhere in the tree
	SURVEY_PM2 = 1u << 0, // ecosystem.config.*
	SURVEY_DOCKERFILE = 1u << 1,
	SURVEY_COMPOSE = 1u << 2,
	SURVEY_SYSTEMD = 1u << 3, // *.service
	SURVEY_PROCFILE = 1u << 4,
};

struct survey {
	const struct survey_key *keys; // sorted by name
	size_t key_count;
	const struct survey_fallback *fallbacks; // in the order of the walk
	size_t fallback_count;
	const char *const *env_files; // without examples, in the order of the walk
	size_t env_file_count;
	const char *example; // the root's .env.example or the like; NULL: none
	const struct survey_app *apps;
	size_t app_count;
	unsigned marks; // enum survey_mark
	size_t files;   // source files that were read
	size_t skipped; // files that could not be read or are too large
	bool cut;       // a cap ended the walk early
};

// Walks the sources below `root` (sources_enter), with the limits of tree_walk. Everything lives in
// `pool`.
// Returns: 0; -ENOENT, -ENOTDIR, -EACCES when the root cannot be read; -ENOMEM.
int survey_tree(const char *root, struct pool *pool, struct survey *ret_survey, struct err *err)
	must_check;

// The name of a mark for people, such as "ecosystem.config.js".
const char *survey_mark_text(enum survey_mark mark);

#endif
