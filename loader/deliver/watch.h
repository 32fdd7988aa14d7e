// Waits for files and folders to change: inotify on the folders that hold them, so that a file that
// is renamed over, a link that leads elsewhere and a folder that comes back are seen; and a look at
// their attributes now and then, for file systems that tell nothing and where the kernel has no
// watches left. Reads no file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_WATCH_H
#define LOADER_DELIVER_WATCH_H

#include "lib/base/base.h"

struct watch;
struct whereabouts;

#define WATCH_LOOK_MS 60000      // between two looks where the kernel tells of changes
#define WATCH_BLIND_LOOK_MS 5000 // and where it does not

// Opens a watch on nothing; the caller owns it. `blind`: without inotify, as where there is none.
// Returns: the watch, or NULL when memory is short.
struct watch *watch_open(bool blind) must_check;
struct watch *watch_close(struct watch *watch); // NULL is fine; returns NULL

// Watches these from now on, in place of what was watched; the list is copied. *ret_grown: folders
// came in that were not watched before, so what was read of them may be older than the watch; where
// the kernel does not tell, also when the attributes differ from those at the last look.
// Returns: 0 or -ENOMEM.
int watch_set(struct watch *watch, const struct whereabouts *list, size_t count, bool *ret_grown)
	must_check;

// What becomes readable when watch_take has something to take. May be another one after watch_set.
// Returns: a descriptor, which the watch keeps; -1: nothing does.
int watch_fd(const struct watch *watch);

// Takes what the kernel has told.
// Returns: whether something that is watched has changed.
bool watch_take(struct watch *watch);

// Looks at the attributes of all that is watched.
// Returns: whether they differ from those at watch_set or at the last look.
bool watch_look(struct watch *watch);

// How long until the next look is worth while, in milliseconds.
uint64_t watch_look_ms(const struct watch *watch);

// Why the kernel does not tell.
// Returns: an errno, not negative: ENOSPC or EMFILE where a limit is reached; 0 when it does tell,
// and when it was asked for.
int watch_trouble(const struct watch *watch);

#endif
