// A name without a slash stands for every file and folder that is called so.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/excluded.h"

#include "lib/wire/scanjob.h"

static bool begins_with_path(const char *path, const char *excluded, size_t length)
{
	return strncmp(path, excluded, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

static bool matches(const char *path, const char *excluded)
{
	size_t length = strlen(excluded);

	while (length && excluded[length - 1] == '/')
		length--;
	if (!length)
		return false;
	if (memchr(excluded, '/', length))
		return begins_with_path(path, excluded, length);
	while (path) {
		if (begins_with_path(path, excluded, length))
			return true;
		path = strchr(path, '/');
		path = path ? path + 1 : NULL;
	}
	return false;
}

bool excluded_is(const struct scanjob *job, const char *path)
{
	for (size_t i = 0; i < job->excluded_count; i++) {
		if (matches(path, job->excluded[i]))
			return true;
	}
	return false;
}
