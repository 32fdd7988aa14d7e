// errno before and behind each readdir(3) tells its end from a failure.
// SPDX-License-Identifier: MIT
#include "lib/base/listing.h"

#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

int listing_read(int above, const char *path, listing_visitor *visit, void *user)
{
	own_fd int fd = openat(above, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int code;

	if (!folder)
		return -errno;
	(void)take_fd(&fd);
	do {
		errno = 0;
		entry = readdir(folder);
		code = entry ? 0 : -errno;
		if (entry && !text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			code = visit(user, dirfd(folder), entry->d_name);
	} while (entry && code == 0);
	(void)closedir(folder); // only read
	return code;
}
