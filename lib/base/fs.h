// Reading a file that may hold secrets: opened once, judged on the handle, read into guarded
// memory, and checked again after reading.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_FS_H
#define LIB_BASE_FS_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/secret.h"

#include <sys/stat.h>

enum fs_links {
	FS_LINKS_ANYWHERE, // the path was named by the user: links lead where they lead
	FS_LINKS_INSIDE,   // a link must stay below the directory handle
	FS_LINKS_REFUSED,
};

struct fs_rules {
	size_t max_size; // bytes; a larger file is refused
	enum fs_links links;
	const char *shown; // the name for messages; NULL: the path
};

// A file's bytes in guarded memory; give them back with fs_file_done.
struct fs_file {
	uint8_t *bytes; // `size` bytes and FS_PADDING zero bytes behind them
	size_t size;
	struct stat facts; // as of the moment the bytes were read
};

#define FS_PADDING 64

// Reads the regular file `path` below `directory` (or AT_FDCWD).
// Returns: 0
//   -ENOENT      there is none (err is set, with no hint)
//   -EACCES ...  the kernel's word on opening or reading
//   -ELOOP       a link that leads outside, or any link where they are refused
//   -EINVAL      not a regular file
//   -EPERM       others may write it: world-writable, or group-writable and the group is not the
//                owner's own
//   -EFBIG       over max_size
//   -EAGAIN      it changed while it was read, three times in a row
//   -ENOMEM      no guarded memory left
int fs_read(int directory, const char *path, const struct fs_rules *rules,
	struct secret_arena *arena, struct fs_file *ret_file, struct err *err) must_check;

// Wipes the bytes and gives them back.
void fs_file_done(struct fs_file *file, struct secret_arena *arena);

// Whether two looks at a file found the same size and times: nobody wrote it between them.
bool fs_is_same_moment(const struct stat *a, const struct stat *b);

// Judges one path's owner and mode: root or this user, or `other_uid`, owns it and nobody else
// may write it (a sticky folder counts as not writable by others).
bool fs_is_trusted(const struct stat *facts, uid_t other_uid);

// Takes the places of standard descriptors that are closed, so that no secret's file or socket gets
// the number that messages are written to. They still cannot be read or written, and exec closes
// them again.
void fs_hold_standard(void);

// Reads up to `size` bytes from a descriptor, through EINTR and short reads.
// Returns: how many there were before its end, or a negative errno.
ssize_t fs_read_all(int fd, void *bytes, size_t size) must_check;

// Writes all bytes to a descriptor, through EINTR and short writes.
// Returns: 0 or a negative errno.
int fs_write_all(int fd, const void *bytes, size_t size) must_check;

#endif
