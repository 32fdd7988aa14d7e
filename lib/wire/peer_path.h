// Whether the path to a socket can be trusted: who might put another one there.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_PEER_PATH_H
#define LIB_WIRE_PEER_PATH_H

#include "lib/base/base.h"

#include <sys/types.h>

struct err;

#define PEER_PATH_LINKS_MAX 16 // symbolic links on the way

// Whether nobody else can swap the socket at an absolute `path`: every directory and symbolic link
// on the way is owned by root, this user or `user` (or PEER_NO_USER) and not writable by others
// (sticky directories as /tmp are fine, but not as the socket's own), and so is the socket.
// Returns: 0
//   -ENOENT    nothing there
//   -ENOTSOCK  something else
//   -EPERM     somebody else could have put it there; err names the directory
//   another negative errno
int peer_path_is_trusted(const char *path, uid_t user, struct err *err) must_check;

#endif
