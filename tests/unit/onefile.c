// Made by mkstemp(3), once a process.
// SPDX-License-Identifier: MIT
#include "tests/unit/onefile.h"

#include <stdlib.h>
#include <unistd.h>

char onefile_path[] = "/tmp/samekey-onefile-XXXXXX";

int onefile_make(void **state)
{
	int fd = mkstemp(onefile_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

int onefile_remove(void **state)
{
	(void)state;
	return unlink(onefile_path);
}
