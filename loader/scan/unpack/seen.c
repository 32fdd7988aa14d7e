// Open addressing; inodes are numbered by the kernel, so a plain mix of the bits is enough.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/seen.h"

#include <errno.h>

#define ROOM_FIRST 256
#define MIX UINT64_C(0x9E3779B97F4A7C15)

static struct seen_file *place_of(const struct seen *seen, const struct seen_file *file)
{
	size_t at = (size_t)(((file->inode ^ file->device << 32) * MIX) >> 20) & (seen->room - 1);

	while (seen->files[at].inode &&
		(seen->files[at].inode != file->inode || seen->files[at].device != file->device))
		at = (at + 1) & (seen->room - 1);
	return &seen->files[at];
}

static int grow(struct seen *seen)
{
	struct seen larger = {
		.count = seen->count, .room = seen->room ? 2 * seen->room : ROOM_FIRST};

	larger.files = calloc(larger.room, sizeof(*larger.files));
	if (!larger.files)
		return -ENOMEM;
	for (size_t i = 0; i < seen->room; i++) {
		if (seen->files[i].inode)
			*place_of(&larger, &seen->files[i]) = seen->files[i];
	}
	free(seen->files);
	*seen = larger;
	return 0;
}

int seen_add(struct seen *seen, const struct stat *facts)
{
	struct seen_file file = {facts->st_dev, facts->st_ino}, *place;

	if (!file.inode)
		return 0;
	if (2 * seen->count >= seen->room && seen->room < SEEN_MAX && grow(seen) < 0)
		return -ENOMEM;
	place = place_of(seen, &file);
	if (place->inode)
		return 1;
	if (2 * seen->count < seen->room) {
		*place = file;
		seen->count++;
	}
	return 0;
}

void seen_done(struct seen *seen)
{
	free(seen->files);
	*seen = (struct seen){0};
}
