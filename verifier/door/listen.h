// Listening sockets, made without harm: a file that is not a socket of ours, or a socket on which
// somebody still listens, is left alone and said.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_LISTEN_H
#define VERIFIER_DOOR_LISTEN_H

#include "lib/base/base.h"

#include <sys/socket.h>

struct err;

#define LISTEN_MODE 0660      // of a socket, for the group samekey where root listens
#define LISTEN_OPEN_MODE 0666 // of a socket whose callers [admit] rules tell apart
#define LISTEN_OWN_MODE 0600  // of a socket for this user alone
#define LISTEN_GROUP "samekey"
#define LISTEN_FOLDER_MODE 0755 // of its folder, when it had to be made

// A socket file that this process made; removed when it is closed, if it is still the same file.
// Without a path, one that somebody else made and will remove.
struct listen_socket {
	int fd;
	char path[108];
	dev_t device;
	ino_t inode;
};

#define LISTEN_E_DENIED 1 // an outcome: this user may not write the folder, or not take the port

#define LISTEN_NONE ((struct listen_socket){.fd = -1})

// Makes a non-blocking listening Unix socket of `type` (SOCK_STREAM or SOCK_SEQPACKET) at an
// absolute path, and its folder if that is missing. A stale socket, on which nobody listens, is
// replaced. `mode` is one of LISTEN_*_MODE.
// Returns: 0
//   -EADDRINUSE  another process listens there
//   -ENOTSOCK    the path is something else than a socket
//   -ENOTDIR     the folder cannot be made where no other is
//   LISTEN_E_DENIED
//   -EPERM       the folder or the stale socket belongs to somebody else
//   another negative errno
int listen_unix(const char *path, int type, mode_t mode, struct listen_socket *ret_socket,
	struct err *err) must_check;

// Gives a socket's file another mode; one that is no longer the file that was made, or was not made
// by us, is left alone. Fine on LISTEN_NONE.
// Returns: 0
//   -ENOENT  another file stands there, or none
//   another negative errno
int listen_change_mode(const struct listen_socket *socket, mode_t mode) must_check;

// Closes it (unless its descriptor was taken) and removes its file; fine on LISTEN_NONE.
void listen_close(struct listen_socket *socket);

// Reads "127.0.0.1:9464", "localhost:9464" or "[::1]:9464"; no other address than loopback.
// Returns: 0 or -EINVAL.
int listen_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_size,
	struct err *err) must_check;

// Makes a non-blocking listening TCP socket at such an address.
// Returns: 0, LISTEN_E_DENIED, -EINVAL, -EADDRINUSE or another negative errno.
int listen_tcp(const char *text, int *ret_fd, struct err *err) must_check;

#endif
