// A file descriptor of ours is close-on-exec, so that what is not was inherited.
// SPDX-License-Identifier: MIT
#include "loader/deliver/inheritance.h"

#include "lib/base/num.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

void inheritance_wipe_environment(void)
{
	for (char **at = environ; *at; at++)
		sodium_memzero(*at, strlen(*at));
	*environ = NULL;
}

void inheritance_close(int kept)
{
	if (kept > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)kept - 1, 0);
	(void)close_range((unsigned)kept + 1, ~0u, 0); // before Linux 5.9 they stay open
}

void inheritance_close_given(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		uint64_t fd;

		if (num_parse(entry->d_name, INT32_MAX, &fd) == 0 && fd > STDERR_FILENO &&
			!(fcntl((int)fd, F_GETFD) & FD_CLOEXEC))
			(void)close((int)fd);
	}
	if (folder)
		(void)closedir(folder);
}
