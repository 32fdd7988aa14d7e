// Reads without changing anything.
// SPDX-License-Identifier: MIT
#include "tests/unit/replied.h"

#include "lib/base/log.h"
#include "verifier/door/api/reply.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

const char *replied_header(const struct route_reply *reply, const char *name)
{
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		if (strcasecmp(reply->headers->list[i].name, name) == 0)
			return reply->headers->list[i].value;
	return NULL;
}

char *replied_log(const struct log *log)
{
	off_t size = lseek(log->fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : calloc(1, (size_t)size + 1);

	if (!text || pread(log->fd, text, (size_t)size, 0) != size)
		abort();
	return text;
}
