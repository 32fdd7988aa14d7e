// Opens without waiting (a FIFO may lie there), judges size and kind on the handle.
// SPDX-License-Identifier: MIT
#include "loader/resolve/appfile.h"

#include "lib/base/fs.h"
#include "lib/value/jsonload.h"

#include <fcntl.h>
#include <sys/stat.h>

static int open_regular(int folder, const char *path, struct stat *ret_facts)
{
	int handle = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (handle < 0)
		return -1;
	if (fstat(handle, ret_facts) == 0 && S_ISREG(ret_facts->st_mode) &&
		ret_facts->st_size <= (off_t)APPFILE_SIZE_MAX)
		return handle;
	(void)close(handle); // only read
	return -1;
}

json_t *appfile_json(int folder, const char *path, uint64_t *ret_changed_at_s)
{
	struct stat facts;
	own_fd int handle = open_regular(folder, path, &facts);
	json_t *json = NULL;

	if (handle < 0)
		return NULL;
	if (ret_changed_at_s)
		*ret_changed_at_s = (uint64_t)facts.st_mtim.tv_sec;
	ignore_result(jsonload_file(handle, (size_t)facts.st_size, &json));
	return json;
}

bool appfile_holds(int folder, const char *path, const char *word)
{
	struct stat facts;
	own_fd int handle = open_regular(folder, path, &facts);
	own_free char *text = NULL;
	ssize_t size;

	if (handle < 0 || facts.st_size == 0)
		return false;
	text = malloc((size_t)facts.st_size);
	if (!text)
		return false;
	size = fs_read_all(handle, text, (size_t)facts.st_size);
	return size > 0 && memmem(text, (size_t)size, word, strlen(word));
}

void appfile_release(json_t **json)
{
	json_decref(*json);
}
