// A file descriptor of ours is close-on-exec, so that what is not was inherited.
// SPDX-License-Identifier: MIT
#include "loader/deliver/inheritance.h"

#include "lib/base/listing.h"
#include "lib/base/num.h"

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

static int close_given(void *user, int folder, const char *name)
{
	uint64_t fd;

	(void)user, (void)folder;
	if (num_parse(name, INT32_MAX, &fd) == 0 && fd > STDERR_FILENO &&
		!(fcntl((int)fd, F_GETFD) & FD_CLOEXEC))
		(void)close((int)fd);
	return 0;
}

void inheritance_close_given(void)
{
	// what cannot be listed stays open until this process ends
	ignore_result(listing_read(AT_FDCWD, "/proc/self/fd", close_given, NULL));
}
