// Everything is judged on the open descriptor. The lock is a flock(2) on it, which ends with the
// process, however that ends, and which SQLite's own locks do not meet.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/databasefile.h"

#include "lib/base/err.h"
#include "lib/base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define HEADER_SIZE 100 // https://www.sqlite.org/fileformat.html section 1.3
#define MAGIC "SQLite format 3"
#define AT_VERSION 60
#define AT_APPLICATION 68
#define FOLDER_MODE 0700

static bool others_write(const struct stat *facts)
{
	return facts->st_mode & (S_IWGRP | S_IWOTH);
}

// ---- the folder

int databasefile_lock_folder(const char *path, struct err *err)
{
	static const struct folder_rules rules = {.mode = FOLDER_MODE,
		.holds = "database",
		.unmade = "make it for the user of samekeyd, or name another place as url under "
			  "[store]",
		.unopened = "the url under [store] names a file in a folder of samekeyd's user"};
	own_fd int fd = -1;

	if (!strchr(path, '/') || strlen(path) > DATABASEFILE_PATH_MAX)
		return err_set(err, -EINVAL, path, "a database needs an absolute path");
	fd = folder_open(path, &rules, err);
	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX) < 0) // who has it is about to be done
		return err_set(err, -errno, path, "cannot lock the folder: %s", strerror(errno));
	return take_fd(&fd);
}

// ---- the file

// Judges a file of the database by what the kernel says of it.
static int judge_file(const char *path, const struct stat *facts, struct err *err)
{
	if (!S_ISREG(facts->st_mode))
		return err_set(err, -EPERM, path, "is there and is no regular file");
	if (facts->st_uid != geteuid()) {
		(void)err_set(err, -EPERM, path, "belongs to uid %lu, not to this one, %lu",
			(unsigned long)facts->st_uid, (unsigned long)geteuid());
		return err_hint(err, "chown it to the user of samekeyd, or move it away");
	}
	if (others_write(facts)) {
		(void)err_set(err, -EPERM, path, "others can write it");
		return err_hint(err, "chmod 600 it when you know that nobody has changed it");
	}
	if (facts->st_nlink != 1) {
		(void)err_set(err, -EPERM, path, "has several names (hard links)");
		return err_hint(err, "a database must have one name; remove the others");
	}
	return 0;
}

// What lies beside a database is as much of it as the file itself.
static int judge_beside(const char *path, struct err *err)
{
	static const char *const endings[] = {"-wal", "-shm", "-journal"};

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		char beside[DATABASEFILE_PLACE_SIZE];
		struct stat facts;
		int code;

		(void)snprintf(beside, sizeof(beside), "%s%s", path, endings[i]);
		if (lstat(beside, &facts) < 0) {
			if (errno == ENOENT)
				continue;
			return err_set(
				err, -errno, beside, "cannot look at it: %s", strerror(errno));
		}
		code = judge_file(beside, &facts, err);
		if (code < 0)
			return code;
		if (i == 2) // ours are made elsewhere and have a write-ahead log from then on
			return databasefile_damaged(
				path, "another program was interrupted while it wrote to it", err);
	}
	return 0;
}

static uint32_t big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int judge_header(int fd, const char *path, struct err *err)
{
	uint8_t header[HEADER_SIZE];
	ssize_t got = pread(fd, header, sizeof(header), 0);

	if (got < 0)
		return err_set(err, -errno, path, "cannot read it: %s", strerror(errno));
	if (got == 0)
		return -ENOENT;
	if ((size_t)got < sizeof(header) || memcmp(header, MAGIC, sizeof(MAGIC)) != 0)
		return databasefile_damaged(path, "this is no SQLite database", err);
	return databasefile_judge(
		path, big_endian(header + AT_APPLICATION), big_endian(header + AT_VERSION), err);
}

int databasefile_judge(const char *path, uint64_t application, uint64_t version, struct err *err)
{
	if (application != DATABASEFILE_APPLICATION)
		return databasefile_damaged(
			path, "this is no database of samekeyd, or its header is damaged", err);
	if (version == 0)
		return databasefile_damaged(path, "its schema has no version", err);
	if (version > DATABASEFILE_VERSION) {
		(void)err_set(err, -EPROTO, path,
			"its schema is of version %lu, and this samekeyd knows %d",
			(unsigned long)version, DATABASEFILE_VERSION);
		return err_hint(err, "start the samekeyd that made it, or move it away: a new one "
				     "is made and everybody logs in again");
	}
	return 0;
}

int databasefile_damaged(const char *path, const char *how, struct err *err)
{
	(void)err_set(err, -EUCLEAN, path, "%s; it was not touched", how);
	return err_hint(err,
		"put a backup in its place, or move it away together with its -wal and -shm: a new "
		"one is made and everybody logs in again");
}

static int judge_taken(struct databasefile *file, const char *path, struct err *err)
{
	struct stat facts;
	int code;

	if (fstat(file->fd, &facts) < 0)
		return err_set(err, -errno, path, "cannot look at it: %s", strerror(errno));
	code = judge_file(path, &facts, err);
	if (code < 0)
		return code;
	if (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
		(void)err_set(err, errno == EWOULDBLOCK ? -EBUSY : -errno, path,
			"another process has this database");
		return err_hint(err, "one samekeyd a database: stop the other, name another file "
				     "as url under [store], or share a Redis");
	}
	file->device = facts.st_dev;
	file->inode = facts.st_ino;
	code = judge_beside(path, err);
	return code < 0 ? code : judge_header(file->fd, path, err);
}

int databasefile_take(const char *path, struct databasefile *ret_file, struct err *err)
{
	struct databasefile file = DATABASEFILE_NONE;
	int code;

	file.fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file.fd < 0) {
		code = -errno;
		if (code == -ENOENT)
			return code;
		if (code != -ELOOP) {
			(void)err_set(err, code, path, "cannot open it: %s", strerror(-code));
			return err_hint(err,
				"the url under [store] names a file that samekeyd's user may read "
				"and write");
		}
		(void)err_set(err, -EPERM, path, "is a symbolic link");
		return err_hint(err, "name the file itself as url under [store]");
	}
	code = judge_taken(&file, path, err);
	if (code < 0) {
		databasefile_release(&file);
		return code;
	}
	*ret_file = file;
	return 0;
}

void databasefile_release(struct databasefile *file)
{
	own_fd_release(&file->fd);
	*file = DATABASEFILE_NONE;
}

bool databasefile_is_there(const struct databasefile *file, const char *path)
{
	struct stat facts;

	return lstat(path, &facts) == 0 && facts.st_dev == file->device &&
	       facts.st_ino == file->inode;
}

const char *databasefile_gone(const char *path)
{
	struct stat facts;

	return lstat(path, &facts) == 0
		       ? "another file is in the place of the database: restart samekeyd to take "
			 "that one, or move back the one that was there"
		       : "the database was moved or removed: move it back, or restart samekeyd";
}
