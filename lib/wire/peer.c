// Peers and processes. Asks the kernel only; user names come from /etc/passwd.
// SPDX-License-Identifier: MIT
#include "lib/wire/peer.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/procfs.h"
#include "lib/base/text.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 // Linux 6.5
#endif

// ---- processes

int peer_start_time(pid_t pid, uint64_t *ret_start_time)
{
	struct procfs_stat stat;

	if (procfs_stat_of(pid, &stat) < 0 || procfs_is_over(&stat))
		return -ESRCH;
	*ret_start_time = stat.start;
	return 0;
}

static bool pidfd_is_over(int pidfd)
{
	struct pollfd wanted = {.fd = pidfd, .events = POLLIN};

	return poll(&wanted, 1, 0) > 0;
}

enum peer_life peer_life(const struct peer *peer)
{
	uint64_t start_time;

	if (peer->pidfd >= 0)
		return pidfd_is_over(peer->pidfd) ? PEER_DEAD : PEER_ALIVE;
	if (peer->pid <= 0 || !peer->start_time)
		return PEER_UNKNOWN;
	if (peer_start_time(peer->pid, &start_time) < 0 || start_time != peer->start_time)
		return PEER_DEAD;
	return PEER_ALIVE;
}

// ---- peers

int peer_credentials(int socket, struct peer *ret_peer, struct err *err)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return err_set(err, -errno, NULL, "cannot ask who is at the other end: %s",
			strerror(errno));
	*ret_peer = PEER_NONE;
	ret_peer->uid = credentials.uid;
	ret_peer->gid = credentials.gid;
	ret_peer->pid = credentials.pid > 0 ? credentials.pid : 0;
	return 0;
}

// The kernel's own handle for the process that connected.
// Returns: a descriptor, -ENOPROTOOPT before Linux 6.5, or another negative errno.
static int pidfd_of_socket(int socket)
{
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0)
		return -errno;
	return pidfd;
}

// A handle by number: the same process if its start time is the same before and after.
static int pidfd_of_number(pid_t pid, uint64_t start_time)
{
	own_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t again;

	if (pidfd < 0)
		return -errno;
	if (peer_start_time(pid, &again) < 0 || again != start_time)
		return -ESRCH;
	return take_fd(&pidfd);
}

// Whether no process of that number runs: one whose start time cannot be read may only be hidden.
static bool is_over(pid_t pid)
{
	own_fd int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	return pidfd >= 0 ? pidfd_is_over(pidfd) : pid > 0 && errno == ESRCH;
}

// The same where the kernel gives none for a socket.
static int pidfd_of_peer(struct peer *peer)
{
	if (peer_start_time(peer->pid, &peer->start_time) == 0)
		return pidfd_of_number(peer->pid, peer->start_time);
	peer->start_time = 0;
	return is_over(peer->pid) ? -ESRCH : -ENOENT;
}

int peer_identify(int socket, struct peer *ret_peer, struct err *err)
{
	struct peer peer = PEER_NONE;
	int code = peer_credentials(socket, &peer, err);

	if (code < 0)
		return code;
	peer.pidfd = pidfd_of_socket(socket);
	if (peer.pidfd < 0 && peer.pidfd != -ESRCH)
		peer.pidfd = pidfd_of_peer(&peer);
	if (peer.pidfd == -ESRCH || (peer.pidfd >= 0 && pidfd_is_over(peer.pidfd))) {
		peer_done(&peer);
		return err_set(err, -ESRCH, NULL, "the process at the other end has ended");
	}
	if (peer.pidfd < 0)
		peer.pidfd = -1; // no handle on this kernel: pid and start time must do
	*ret_peer = peer;
	return 0;
}

// The parent's number as it is now. One that is about to end has none: it may have been left to
// another by a parent whose end kills it. Returns: 0, or -ESRCH.
static int parent_of(pid_t pid, pid_t *ret_parent)
{
	struct procfs_stat stat;

	if (procfs_stat_of(pid, &stat) < 0 || stat.exiting || stat.killed || stat.parent < 1)
		return -ESRCH;
	*ret_parent = stat.parent;
	return 0;
}

static bool is_of_user(pid_t pid, uid_t uid)
{
	struct stat facts;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return stat(path, &facts) == 0 && facts.st_uid == uid;
}

int peer_parent(const struct peer *peer, struct peer *ret_parent, struct err *err)
{
	struct peer parent = {.uid = peer->uid, .gid = peer->gid, .pidfd = -1};
	pid_t again;

	if (parent_of(peer->pid, &parent.pid) == 0 &&
		peer_start_time(parent.pid, &parent.start_time) == 0 &&
		is_of_user(parent.pid, peer->uid)) {
		parent.pidfd = pidfd_of_number(parent.pid, parent.start_time);
		// the peer still lives and has the same parent: the numbers were theirs all along
		if ((parent.pidfd >= 0 || parent.pidfd == -ENOSYS) &&
			parent_of(peer->pid, &again) == 0 && again == parent.pid &&
			peer_life(peer) == PEER_ALIVE) {
			parent.pidfd = parent.pidfd < 0 ? -1 : parent.pidfd;
			*ret_parent = parent;
			return 0;
		}
		own_fd_release(&parent.pidfd);
	}
	(void)err_set(err, -ESRCH, NULL, "cannot see the process that called it, of the same user");
	(void)err_hint(err, "samekeyd needs /proc with the processes of its users (hidepid, "
			    "ProtectProc=), and the same PID namespace or one above");
	return -ESRCH; // also to who takes no words
}

int peer_again(pid_t pid, uint64_t start_time, struct peer *ret_peer)
{
	struct peer peer = PEER_NONE;

	peer.pid = pid;
	peer.start_time = start_time;
	if (!start_time || peer_life(&peer) != PEER_ALIVE)
		return -ESRCH;
	peer.pidfd = pidfd_of_number(pid, start_time);
	if (peer.pidfd == -ESRCH)
		return -ESRCH;
	if (peer.pidfd < 0)
		peer.pidfd = -1; // no handle on this kernel: pid and start time must do
	*ret_peer = peer;
	return 0;
}

void peer_done(struct peer *peer)
{
	own_fd_release(&peer->pidfd);
	*peer = PEER_NONE;
}

bool peer_is_trusted(uid_t uid, uid_t user)
{
	if (uid == PEER_NOBODY || uid == PEER_NO_USER)
		return false;
	return uid == 0 || uid == geteuid() || uid == user;
}

int peer_user(const char *name, uid_t *ret_uid)
{
	struct passwd *user = NULL;
	uint64_t number;
	FILE *passwd;
	int code = -ENOENT;

	if (num_parse(name, PEER_NO_USER - 1, &number) == 0) {
		*ret_uid = (uid_t)number;
		return 0;
	}
	passwd = fopen("/etc/passwd", "re"); // not getpwnam: it pulls NSS into a static program
	if (!passwd)
		return code;
	while (code < 0 && (user = fgetpwent(passwd)) != NULL) {
		if (!text_equal(user->pw_name, name))
			continue;
		*ret_uid = user->pw_uid;
		code = 0;
	}
	(void)fclose(passwd); // only read
	return code;
}
