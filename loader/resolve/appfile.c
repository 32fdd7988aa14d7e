// Opens without waiting (a FIFO may lie there), judges size and kind on the handle.
// SPDX-License-Identifier: MIT
#include "loader/resolve/appfile.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/value/jsonload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int appfile_failure(int reason)
{
	static const int unknown[] = {ENOMEM, EIO, EINTR, EMFILE, ENFILE};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (reason == unknown[i])
			return -reason;
	return 0;
}

// Returns: 1 with a regular file's handle, 0 when there is none to read, or a negative errno.
static int open_regular(int folder, const char *path, int *ret_handle, struct stat *ret_facts)
{
	own_fd int handle = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (handle < 0 || fstat(handle, ret_facts) < 0)
		return appfile_failure(errno);
	if (!S_ISREG(ret_facts->st_mode) || ret_facts->st_size > (off_t)APPFILE_SIZE_MAX)
		return 0;
	*ret_handle = take_fd(&handle);
	return 1;
}

int appfile_json(int folder, const char *path, json_t **ret_json, uint64_t *ret_changed_at_s)
{
	struct stat facts = {0};
	own_fd int handle = -1;
	int code = open_regular(folder, path, &handle, &facts);

	*ret_json = NULL;
	if (code <= 0)
		return code;
	if (ret_changed_at_s)
		*ret_changed_at_s = (uint64_t)facts.st_mtim.tv_sec;
	code = jsonload_file(handle, (size_t)facts.st_size, ret_json);
	return appfile_failure(-code);
}

int appfile_holds(int folder, const char *path, const char *word)
{
	struct stat facts = {0};
	own_fd int handle = -1;
	own_free char *text = NULL;
	ssize_t size;
	int code = open_regular(folder, path, &handle, &facts);

	if (code <= 0 || facts.st_size == 0)
		return code < 0 ? code : 0;
	text = malloc((size_t)facts.st_size);
	if (!text)
		return -ENOMEM;
	size = fs_read_all(handle, text, (size_t)facts.st_size);
	if (size < 0)
		return appfile_failure((int)-size);
	return memmem(text, (size_t)size, word, strlen(word)) != NULL;
}

int appfile_complain(int code, struct err *err)
{
	if (code == -ENOMEM)
		return err_no_memory(err);
	return err_set(err, code, NULL, "cannot read what the app is made of: %s", strerror(-code));
}

void appfile_release(json_t **json)
{
	json_decref(*json);
}
