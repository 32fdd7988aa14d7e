// Which loaders a project uses, by the files that lie around its env files: package.json, compose
// files, units and the like. They are searched as text: nothing is run, no file is followed.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_IN_USE_H
#define LOADER_INSPECT_IN_USE_H

#include "lib/base/base.h"

struct pool;

#define IN_USE_FILE_MAX (1024u * 1024) // bytes; a larger file is passed over
#define IN_USE_FILES_MAX 256           // files that are looked at in one folder
#define IN_USE_FOUND_MAX 64            // loaders
#define IN_USE_DEPTH_MAX 3             // folders below the one of the env file
#define IN_USE_FOLDERS_MAX 128         // that are looked at below it

// A loader and the place that speaks for it.
struct in_use {
	const char *dialect; // a dialect's name, or "pm2"
	const char *file;    // as it is shown: `folder`'s prefix and the name
	uint32_t line;       // from 1; 0: the file by being there
	const char *word;    // what was found; NULL: the file itself
};

struct in_use_list {
	struct in_use items[IN_USE_FOUND_MAX];
	size_t count;
	const char *unread; // the first file that may say more and is a link, too large or cannot
			    // be read; NULL: there is none
	size_t unread_count;
};

// Looks through one folder and adds what is not in the list yet; a folder that cannot be read has
// nothing. `prefix` stands before the names that are shown. Texts live in `pool`.
// Returns: 0 or -ENOMEM.
int in_use_look(int folder, const char *prefix, struct pool *pool, struct in_use_list *list)
	must_check;

// Looks through the folders below one, for files that name an env file: a unit, a script. It goes
// IN_USE_DEPTH_MAX deep into IN_USE_FOLDERS_MAX folders and passes over those that hold an env file
// of their own, hidden ones and what tools fill (node_modules).
// Returns: 0 or -ENOMEM.
int in_use_look_below(int folder, const char *prefix, struct pool *pool, struct in_use_list *list)
	must_check;

// Finds one by its dialect.
// Returns: the item or NULL.
const struct in_use *in_use_find(const struct in_use_list *list, const char *dialect);

#endif
