// Judged on the open descriptor.
// SPDX-License-Identifier: MIT
#include "lib/base/folder.h"

#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static int judge(int fd, const char *folder, const char *holds, struct err *err)
{
	struct stat facts;

	if (fstat(fd, &facts) < 0)
		return err_set(err, -errno, folder, "cannot look at it: %s", strerror(errno));
	if (!fs_is_trusted(&facts, geteuid()) || (facts.st_mode & S_IWOTH)) {
		(void)err_set(err, -EPERM, folder,
			"others can write this folder, so they could replace the %s", holds);
		return err_hint(err, "choose a folder of your own, or chmod go-w %s", folder);
	}
	return 0;
}

static int make(const char *folder, const struct folder_rules *rules, struct err *err)
{
	if (mkdir(folder, rules->mode) == 0) {
		ignore_result(chmod(folder, rules->mode)); // past the umask; ours alone if not
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	(void)err_set(err, errno == ENOENT ? -ENOTDIR : -errno, folder,
		"cannot make the folder: %s", strerror(errno));
	return err_hint(err, "%s", rules->unmade);
}

int folder_open(const char *path, const struct folder_rules *rules, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	own_fd int fd = -1;
	int code;

	if (!slash || strlen(path) >= sizeof(folder))
		return err_set(err, -EINVAL, path, "it has no folder");
	(void)snprintf(
		folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	code = make(folder, rules, err);
	if (code < 0)
		return code;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		code = -errno;
		(void)err_set(err, code, folder, "cannot open the folder: %s", strerror(errno));
		return err_hint(err, "%s",
			code == -EMFILE || code == -ENFILE ? FOLDER_HINT_DESCRIPTORS
							   : rules->unopened);
	}
	code = judge(fd, folder, rules->holds, err);
	return code < 0 ? code : take_fd(&fd);
}
