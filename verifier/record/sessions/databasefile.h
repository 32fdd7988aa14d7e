// The file of a database as a file: whose it is, that no other process has it, and what its header
// says, before any library that might mend it touches it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_DATABASEFILE_H
#define VERIFIER_RECORD_SESSIONS_DATABASEFILE_H

#include "lib/base/base.h"

#include <sys/types.h>

struct err;

#define DATABASEFILE_PATH_MAX 255           // bytes
#define DATABASEFILE_PLACE_SIZE (255 + 16)  // of a path with what is put behind it
#define DATABASEFILE_APPLICATION 0x736b7365 // "skse", at offset 68 of the header
#define DATABASEFILE_VERSION 1              // of the schema, at offset 60

struct databasefile {
	int fd; // holds the lock; open as long as the database is
	dev_t device;
	ino_t inode;
};

#define DATABASEFILE_NONE ((struct databasefile){.fd = -1})

// Opens the folder of a database, made (0700) if it is missing, and locks it against others who
// look and make at the same time.
// Returns: a descriptor, or a negative errno as folder_open.
int databasefile_lock_folder(const char *path, struct err *err) must_check;

// Takes the file: opens and locks it, and judges it and what lies beside it. Changes nothing.
// Returns: 0
//   -ENOENT    there is none, or it is empty
//   -EPERM     it is a link, or somebody else can write it
//   -EBUSY     another process has it
//   -EUCLEAN   it is no database of ours, or is damaged
//   -EPROTO    its schema is of a later version
//   another negative errno
int databasefile_take(const char *path, struct databasefile *ret_file, struct err *err) must_check;
void databasefile_release(struct databasefile *file);

// Whether the path still leads to the file that was taken.
bool databasefile_is_there(const struct databasefile *file, const char *path);

// Returns: what has become of one that is not there, and what to do: a copy in its place is another
// file.
const char *databasefile_gone(const char *path);

// Judges what a header, or the database, says of itself.
// Returns: 0, -EUCLEAN or -EPROTO.
int databasefile_judge(const char *path, uint64_t application, uint64_t version, struct err *err)
	must_check;

// Says that it is damaged, and what to do.
// Returns: -EUCLEAN.
int databasefile_damaged(const char *path, const char *how, struct err *err);

#endif
