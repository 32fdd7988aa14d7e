// Safe reading of files, and whole reads and writes of descriptors. Knows nothing of contents.
// SPDX-License-Identifier: MIT
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <time.h>

#define FS_TRIES 3

// A write sets a file's times before it copies the bytes, and in steps of the kernel's tick. Only
// times that are older than this say that nobody writes.
#define FS_SETTLE_NS INT64_C(20000000)
#define NS_PER_S INT64_C(1000000000)

static int open_below(int directory, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

// A link by absolute path is fine when it leads below the directory after all.
static int open_absolute_link(int directory, const char *path)
{
	char handle[64], target[PATH_MAX], base[PATH_MAX], link[PATH_MAX];
	ssize_t length;
	size_t base_length;

	(void)snprintf(handle, sizeof(handle), "/proc/self/fd/%d", directory);
	length =
		readlink(directory == AT_FDCWD ? "/proc/self/cwd" : handle, base, sizeof(base) - 1);
	if (length < 0)
		return -ELOOP;
	base[length] = '\0';
	base_length = length == 1 ? 0 : (size_t)length; // "/" has its slash already
	if (snprintf(link, sizeof(link), "%s/%s", base, path) >= (int)sizeof(link))
		return -ENAMETOOLONG;
	if (!realpath(link, target))
		return -errno;
	if (strncmp(target, base, base_length) != 0 || target[base_length] != '/')
		return -ELOOP;
	return open_below(directory, target + base_length + 1);
}

static int open_for_reading(int directory, const char *path, enum fs_links links)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd;

	if (links == FS_LINKS_INSIDE) {
		fd = open_below(directory, path);
		if (fd == -EXDEV)
			fd = open_absolute_link(directory, path);
		if (fd != -ENOSYS && fd != -EPERM)
			return fd == -EXDEV ? -ELOOP : fd;
		// a kernel before 5.6 cannot promise more, nor a filter that does not know the call
		links = FS_LINKS_REFUSED;
	}
	if (links == FS_LINKS_REFUSED)
		flags |= O_NOFOLLOW;
	fd = openat(directory, path, flags);
	return fd < 0 ? -errno : fd;
}

static bool group_is_own(const struct stat *facts)
{
	FILE *passwd =
		fopen("/etc/passwd", "re"); // not getpwuid: it pulls NSS into a static program
	struct passwd *user = NULL;
	bool is_known = false, own_group = false;

	while (passwd && !is_known && (user = fgetpwent(passwd)) != NULL) {
		is_known = user->pw_uid == facts->st_uid;
		own_group = is_known && user->pw_gid == facts->st_gid;
	}
	if (passwd)
		(void)fclose(passwd); // only read
	// a container's user that no file names
	return is_known ? own_group : facts->st_gid == getegid() && facts->st_uid == geteuid();
}

static int judge(const struct stat *facts, const char *shown, size_t max_size, struct err *err)
{
	if (!S_ISREG(facts->st_mode)) {
		const char *kind = S_ISDIR(facts->st_mode)    ? "a directory"
				   : S_ISFIFO(facts->st_mode) ? "a FIFO"
							      : "a device or socket";
		(void)err_set(err, -EINVAL, shown, "is %s, not a file", kind);
		return err_hint(err, "put a regular file there, or take it out of the sources");
	}
	if (facts->st_mode & S_IWOTH) {
		(void)err_set(err, -EPERM, shown, "everybody may write this file");
		return err_hint(err, "chmod o-w %s", shown);
	}
	if ((facts->st_mode & S_IWGRP) && !group_is_own(facts)) {
		(void)err_set(err, -EPERM, shown,
			"group %u may write this file and is not the owner's own group",
			(unsigned)facts->st_gid);
		return err_hint(err, "chmod g-w %s", shown);
	}
	if ((uint64_t)facts->st_size > max_size) {
		(void)err_set(err, -EFBIG, shown, "has %lld bytes, the cap is %zu",
			(long long)facts->st_size, max_size);
		return err_hint(
			err, "is it the right file? max_file in samekey.ini raises the cap");
	}
	return 0;
}

// Reads the `size` bytes that the file had and one more, which it has if it grew.
static ssize_t read_whole(int fd, uint8_t *bytes, size_t size)
{
	size_t used = 0;

	do {
		ssize_t got = pread(fd, bytes + used, size + 1 - used, (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	} while (used < size);
	return (ssize_t)used;
}

// How long until the file's times can be trusted; 0 when they can, or when they lie in a future
// that another host's clock made.
static int64_t unsettled_ns(const struct stat *facts)
{
	struct timespec now = {0};
	int64_t age;

	(void)clock_gettime(CLOCK_REALTIME, &now); // cannot fail for this clock
	if (now.tv_sec - facts->st_ctim.tv_sec > 1 || facts->st_ctim.tv_sec - now.tv_sec > 1)
		return 0;
	age = (now.tv_sec - facts->st_ctim.tv_sec) * NS_PER_S + now.tv_nsec -
	      facts->st_ctim.tv_nsec;
	return age < -FS_SETTLE_NS || age >= FS_SETTLE_NS ? 0 : FS_SETTLE_NS - age;
}

// Looks at the file, once more when it was written this very moment.
// Returns: 0, -EAGAIN when it is still being written, or another negative errno.
static int look(int fd, struct stat *ret_facts)
{
	struct timespec wait = {0};

	if (fstat(fd, ret_facts) < 0)
		return -errno;
	wait.tv_nsec = unsettled_ns(ret_facts);
	if (!wait.tv_nsec)
		return 0;
	(void)nanosleep(&wait, NULL); // cut short by a signal: then the next look says -EAGAIN
	if (fstat(fd, ret_facts) < 0)
		return -errno;
	return unsettled_ns(ret_facts) ? -EAGAIN : 0;
}

// One attempt on an open handle; -EAGAIN when the file moved under it.
static int read_once(int fd, const char *shown, size_t max_size, struct secret_arena *arena,
	struct fs_file *ret_file, struct err *err)
{
	struct fs_file file = {0};
	struct stat after;
	ssize_t got;
	int code = look(fd, &file.facts);

	if (code == -EAGAIN)
		return err_set(err, code, shown, "is being written");
	if (code < 0)
		return err_set(err, code, shown, "cannot look at it: %s", strerror(-code));
	code = judge(&file.facts, shown, max_size, err);
	if (code < 0)
		return code;
	file.size = (size_t)file.facts.st_size;
	file.bytes = secret_arena_take(arena, file.size + FS_PADDING);
	if (!file.bytes)
		return err_set(err, -ENOMEM, shown, "no memory for %zu bytes", file.size);
	got = read_whole(fd, file.bytes, file.size);
	if (got < 0)
		code = err_set(err, (int)got, shown, "cannot read it: %s", strerror((int)-got));
	else if ((size_t)got != file.size || fstat(fd, &after) < 0 ||
		 !fs_is_same_moment(&file.facts, &after))
		code = err_set(err, -EAGAIN, shown, "changed while it was read");
	if (code < 0) {
		fs_file_done(&file, arena);
		return code;
	}
	file.bytes[file.size] = 0;
	*ret_file = file;
	return 0;
}

static bool leads_nowhere(int directory, const char *path)
{
	struct stat facts;

	return fstatat(directory, path, &facts, 0) < 0 && (errno == ENOENT || errno == ELOOP) &&
	       fstatat(directory, path, &facts, AT_SYMLINK_NOFOLLOW) == 0;
}

// NFS takes a file away from who has it open, when another host put a new one in its place.
static void open_again(int directory, const char *path, enum fs_links links, int *fd)
{
	(void)close(*fd); // only read
	*fd = open_for_reading(directory, path, links);
}

int fs_read(int directory, const char *path, const struct fs_rules *rules,
	struct secret_arena *arena, struct fs_file *ret_file, struct err *err)
{
	const char *shown = rules->shown ? rules->shown : path;
	own_fd int fd = open_for_reading(directory, path, rules->links);
	struct err unread = ERR_NONE;
	int code = -EAGAIN;

	if (!err)
		err = &unread; // err_hint gives back the code that it finds there
	if (fd < 0 && leads_nowhere(directory, path)) {
		(void)err_set(err, -ENOENT, shown, "is a link that leads nowhere");
		return err_hint(err, "correct the link, or delete it");
	}
	if (fd == -ELOOP) {
		(void)err_set(err, fd, shown, "is a link that leads out of its folder");
		return err_hint(err, "name the target itself with --dotenv or `files =`");
	}
	if (fd < 0) {
		(void)err_set(err, fd, shown, "cannot open it: %s", strerror(-fd));
		return fd == -EACCES
			       ? err_hint(err, "check owner and mode, also of the folders above it")
			       : fd;
	}
	for (int i = 0; i < FS_TRIES && fd >= 0 && (code == -EAGAIN || code == -ESTALE); i++) {
		if (code == -ESTALE)
			open_again(directory, path, rules->links, &fd);
		if (fd >= 0)
			code = read_once(fd, shown, rules->max_size, arena, ret_file, err);
	}
	if (code == -ESTALE)
		code = err_set(err, -EAGAIN, shown, "was replaced while it was read");
	if (code == -EAGAIN)
		(void)err_hint(err, "write it under another name and rename it into place");
	return code;
}

void fs_file_done(struct fs_file *file, struct secret_arena *arena)
{
	secret_arena_give(arena, file->bytes, file->size + FS_PADDING);
	*file = (struct fs_file){0};
}

bool fs_is_same_moment(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool fs_is_trusted(const struct stat *facts, uid_t other_uid)
{
	bool sticky = S_ISDIR(facts->st_mode) && (facts->st_mode & S_ISVTX);

	if (facts->st_uid != 0 && facts->st_uid != geteuid() && facts->st_uid != other_uid)
		return false;
	if ((facts->st_mode & S_IWOTH) && !sticky)
		return false;
	return !(facts->st_mode & S_IWGRP) || sticky || facts->st_gid == 0 || group_is_own(facts);
}

void fs_hold_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0) // the lowest free number, so this one
			ignore_result(open("/dev/null", O_PATH | O_CLOEXEC));
}

ssize_t fs_read_all(int fd, void *bytes, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, (uint8_t *)bytes + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

int fs_write_all(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size) {
		ssize_t put = write(fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		at += put;
		size -= (size_t)put;
	}
	return 0;
}
