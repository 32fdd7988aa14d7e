// Bytes go to a temporary name in the same folder and are synced; a link or a rename publishes it.
// SPDX-License-Identifier: MIT
#include "lib/base/freshfile.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>

// A file that is made under a temporary name and then gets its own.
struct fresh {
	const char *path;
	const void *bytes;
	size_t size;
	mode_t mode;
	bool replace;
	const struct stat *was; // what it replaces, and gives its group; NULL: whatever is there
};

static int fill(int fd, const struct fresh *fresh)
{
	int code = fs_write_all(fd, fresh->bytes, fresh->size);

	if (code < 0)
		return code;
	if (fresh->was && fchown(fd, (uid_t)-1, fresh->was->st_gid) < 0)
		return -errno;
	return fchmod(fd, fresh->mode) < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int put_in_place(const struct fresh *fresh, const char *temporary)
{
	struct stat now;

	if (!fresh->replace)
		return link(temporary, fresh->path) < 0 ? -errno : 0;
	if (fresh->was &&
		(lstat(fresh->path, &now) < 0 || now.st_dev != fresh->was->st_dev ||
			now.st_ino != fresh->was->st_ino || !fs_is_same_moment(&now, fresh->was)))
		return -EAGAIN;
	return rename(temporary, fresh->path) < 0 ? -errno : 0;
}

// A device or a FIFO, also by a link as /dev/stdout is one: others go on using it.
static bool is_in_the_way(const struct fresh *fresh)
{
	struct stat facts;

	return fresh->replace && stat(fresh->path, &facts) == 0 && !S_ISREG(facts.st_mode) &&
	       !S_ISDIR(facts.st_mode);
}

// Returns: 0 or -errno.
static int write_and_publish(const struct fresh *fresh, const char *temporary)
{
	own_fd int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int code = fd < 0 ? -errno : fill(fd, fresh);

	if (code == 0)
		code = put_in_place(fresh, temporary);
	if (fd >= 0 && (code < 0 || !fresh->replace))
		(void)unlink(temporary); // after rename it is gone already
	return code;
}

static int make(const struct fresh *fresh, struct err *err)
{
	char temporary[PATH_MAX];
	sigset_t all, before;
	int code;

	if (is_in_the_way(fresh)) {
		(void)err_set(err, -EPERM, fresh->path, "is there already, and no regular file");
		return err_hint(err, "name another file");
	}
	// containers that share a folder share process ids too
	if (snprintf(temporary, sizeof(temporary), "%s.%08x.tmp", fresh->path,
		    (unsigned)randombytes_random()) >= (int)sizeof(temporary))
		return err_set(err, -ENAMETOOLONG, fresh->path, "the path is too long");
	// whoever is told to end leaves no half of a file behind, which may hold values
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	code = write_and_publish(fresh, temporary);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code == -EAGAIN)
		return err_set(err, code, fresh->path, "changed since it was read");
	if (code < 0)
		return err_set(err, code, fresh->path, "cannot write it: %s", strerror(-code));
	return 0;
}

int freshfile_write(const char *path, const void *bytes, size_t size, mode_t mode, bool replace,
	struct err *err)
{
	struct err unread = ERR_NONE; // err_hint gives back the code that it finds there

	return make(&(struct fresh){path, bytes, size, mode, replace, NULL}, err ? err : &unread);
}

int freshfile_replace(
	const char *path, const void *bytes, size_t size, const struct stat *was, struct err *err)
{
	const struct fresh fresh = {path, bytes, size, was->st_mode & 07777, true, was};
	struct err unread = ERR_NONE; // likewise

	if (!err)
		err = &unread;
	if (was->st_nlink == 1)
		return make(&fresh, err);
	(void)err_set(err, -EPERM, path, "has %lu names (hard links), and only one would change",
		(unsigned long)was->st_nlink);
	return err_hint(err, "make the others symbolic links to it, or files of their own");
}
