// Parts are told by their slashes alone: neither "." nor ".." nor a link is followed.
// SPDX-License-Identifier: MIT
#include "lib/base/path.h"

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

const char *path_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length && folder[length - 1] == '/')
		length--;
	if (!*folder || strncmp(path, folder, length) != 0)
		return NULL;
	path += length;
	if (*path != '/')
		return *path || !length ? NULL : path; // "/" holds nothing that is not absolute
	while (*path == '/')
		path++;
	return path;
}
