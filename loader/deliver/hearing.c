// Masks are hexadecimal numbers in lines of their own; bit 0 is signal 1.
// SPDX-License-Identifier: MIT
#include "loader/deliver/hearing.h"

#include "lib/base/text.h"

#include <fcntl.h>

#define STATUS_SIZE 8192 // of a status, which has its masks in the first half

static const char *const masks[] = {"\nSigBlk:\t", "\nSigIgn:\t", "\nSigCgt:\t"};

// Returns: the mask that stands behind a name; 0: there is none.
static uint64_t read_mask(const char *status, const char *name)
{
	const char *at = strstr(status, name);
	uint64_t mask = 0;

	for (at = at ? at + strlen(name) : ""; text_hex_digit(*at) >= 0; at++)
		mask = mask << 4 | (unsigned)text_hex_digit(*at);
	return mask;
}

bool hearing_is_ready(pid_t pid, int signal)
{
	char path[48], status[STATUS_SIZE];
	uint64_t mask = 0;
	ssize_t got;
	own_fd int handle = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	handle = open(path, O_RDONLY | O_CLOEXEC);
	got = handle < 0 ? -1 : read(handle, status, sizeof(status) - 1);
	if (got <= 0)
		return true;
	status[got] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++)
		mask |= read_mask(status, masks[i]);
	return mask >> (signal - 1) & 1;
}
