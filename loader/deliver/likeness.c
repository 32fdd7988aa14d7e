// A hash of what stat() says: device and inode, mode, owner, size and times.
// SPDX-License-Identifier: MIT
#include "loader/deliver/likeness.h"

#include "loader/resolve/whereabouts.h"

#include <errno.h>
#include <sys/stat.h>

static void mix(uint64_t *likeness, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) // FNV-1a
		*likeness = (*likeness ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void mix_facts(uint64_t *likeness, int code, const struct stat *facts)
{
	const uint64_t all[] = {facts->st_dev, facts->st_ino, facts->st_mode, facts->st_uid,
		facts->st_gid, (uint64_t)facts->st_size, (uint64_t)facts->st_mtim.tv_sec,
		(uint64_t)facts->st_mtim.tv_nsec, (uint64_t)facts->st_ctim.tv_sec,
		(uint64_t)facts->st_ctim.tv_nsec};

	mix(likeness, &code, sizeof(code));
	if (code == 0)
		mix(likeness, all, sizeof(all));
}

uint64_t likeness_of(const struct whereabouts *list, size_t count)
{
	uint64_t likeness = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < count; i++) {
		const char *path = list[i].path;
		struct stat facts;

		mix_facts(&likeness, stat(path, &facts) < 0 ? errno : 0, &facts);
		mix_facts(&likeness, lstat(path, &facts) < 0 ? errno : 0, &facts);
	}
	return likeness;
}
