// Who is at the other end of a Unix socket, and whether that process still lives. Asks the kernel,
// never the peer.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_PEER_H
#define LIB_WIRE_PEER_H

#include "lib/base/base.h"

#include <sys/types.h>

struct err;

#define PEER_NOBODY ((uid_t)65534) // also what an unmapped uid looks like: never admitted
#define PEER_NO_USER ((uid_t)-1)

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;           // 0: in a PID namespace that we cannot see
	int pidfd;           // -1: the kernel has none for it; owned, see peer_done
	uint64_t start_time; // clock ticks after boot, from /proc/PID/stat; 0: not asked for, or
			     // unknown
};

#define PEER_NONE ((struct peer){.uid = PEER_NOBODY, .gid = (gid_t)PEER_NOBODY, .pidfd = -1})

enum peer_life {
	PEER_ALIVE,
	PEER_DEAD,
	PEER_UNKNOWN, // neither pidfd nor pid: nobody can tell
};

// Asks whose the other end is, and nothing about whether it lives: the one who listened may have
// handed its socket on. Leaves pidfd -1.
// Returns: 0 or a negative errno.
int peer_credentials(int socket, struct peer *ret_peer, struct err *err) must_check;

// Asks who connected and holds on to that process: SO_PEERCRED, SO_PEERPIDFD, else pidfd_open
// between two looks at the start time, which only then is set. Returns: 0; -ESRCH when the peer
// died meanwhile; another negative errno. Release with peer_done.
int peer_identify(int socket, struct peer *ret_peer, struct err *err) must_check;

// The process that started a peer, which must be of the same user: asked of /proc while the peer
// lives, so that nobody can name another one. Returns: 0; -ESRCH when there is none, it ended, the
// peer did, or it is another user's or cannot be seen. Release with peer_done.
int peer_parent(const struct peer *peer, struct peer *ret_parent, struct err *err) must_check;

// Finds a process again by its number and start time; uid and gid are left as nobody's.
// Returns: 0; -ESRCH when it has ended; another negative errno. Release with peer_done.
int peer_again(pid_t pid, uint64_t start_time, struct peer *ret_peer) must_check;

// Closes the pidfd; fine on PEER_NONE.
void peer_done(struct peer *peer);

// Whether the process still lives, a zombie does not. The pidfd decides, else pid and start time.
enum peer_life peer_life(const struct peer *peer);

// The start time of a process, in clock ticks after boot.
// Returns: 0, or -ESRCH when there is none or it is a zombie.
int peer_start_time(pid_t pid, uint64_t *ret_start_time) must_check;

// Whether a socket's owner or a peer may be trusted: root, this process's user, or `user` (or
// PEER_NO_USER); never PEER_NOBODY.
bool peer_is_trusted(uid_t uid, uid_t user);

// A user's number: decimal digits, or a name in /etc/passwd (no NSS, so that it works in a static
// program).
// Returns: 0 or -ENOENT.
int peer_user(const char *name, uid_t *ret_uid) must_check;

#endif
