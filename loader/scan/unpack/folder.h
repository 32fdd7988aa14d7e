// The names in a folder, in one order on every run. They lie on a stack of their own: a folder's
// are taken off again when everything below it was seen.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_FOLDER_H
#define LOADER_SCAN_UNPACK_FOLDER_H

#include "lib/base/base.h"

struct folder_stack {
	char *texts; // a type (DT_REG, ...) and a name, each
	size_t used, room;
	size_t *places; // of the names in `texts`
	size_t count, places_room;
};

// The names of one folder: places[first] to places[first + count - 1].
struct folder_names {
	size_t first, count, base;
	bool cut; // there were more than WALK_FOLDER_NAMES
};

// Reads the names, but "." and "..", and sorts them by their bytes.
// Returns: 0, -ENOMEM, or the kernel's word.
int folder_read(struct folder_stack *stack, int fd, struct folder_names *ret_names) must_check;

// Takes the names off; the last ones read must go first.
void folder_drop(struct folder_stack *stack, const struct folder_names *names);

// Gives up the memory.
void folder_done(struct folder_stack *stack);

// A name and its type; borrowed until the next folder is read.
const char *folder_name(const struct folder_stack *stack, size_t place, unsigned char *ret_type);

#endif
