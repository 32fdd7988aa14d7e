// Binding. Two daemons that start at once are told apart by a lock on the socket's folder.
// SPDX-License-Identifier: MIT
#include "verifier/door/listen.h"

#include "lib/base/err.h"
#include "lib/base/folder.h"
#include "lib/base/num.h"
#include "lib/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

// Of connections that wait: a Unix socket refuses the next one at once, and a proxy's crowd comes
// in one moment. The kernel takes no more than net.core.somaxconn.
#define LISTEN_BACKLOG 4096

// ---- the folder

// Opens the folder of a socket and locks it while we look and bind.
static int lock_folder(const char *path, struct err *err)
{
	static const struct folder_rules rules = {.mode = LISTEN_FOLDER_MODE,
		.holds = "socket",
		.unmade = "set XDG_RUNTIME_DIR, or name a place under [listen] or [session]",
		.unopened = "name another place under [listen] or [session]"};
	own_fd int fd = folder_open(path, &rules, err);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return take_fd(&fd);
	if (errno == EWOULDBLOCK)
		return err_set(err, -EADDRINUSE, path, "another samekeyd is starting here");
	(void)err_set(err, -errno, path, "cannot lock its folder: %s", strerror(errno));
	return err_hint(err, "%s", rules.unopened);
}

// ---- the socket

static int is_listening(const struct sockaddr_un *address, int type)
{
	own_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 1;
	return errno == ECONNREFUSED ? 0 : errno == EAGAIN || errno == EPROTOTYPE ? 1 : -errno;
}

// Removes a socket that nobody serves; refuses everything else.
static int clear_stale(const struct sockaddr_un *address, int type, struct err *err)
{
	const char *path = address->sun_path;
	struct stat facts;
	int listening;

	if (lstat(path, &facts) < 0)
		return errno == ENOENT ? 0
				       : err_set(err, -errno, path, "cannot look at it: %s",
						 strerror(errno));
	if (!S_ISSOCK(facts.st_mode)) {
		(void)err_set(err, -ENOTSOCK, path, "is there and is no socket");
		return err_hint(
			err, "move it away, or name another path under [listen] or [session]");
	}
	if (facts.st_uid != geteuid() && geteuid() != 0)
		return err_set(err, -EPERM, path, "this socket belongs to uid %lu",
			(unsigned long)facts.st_uid);
	listening = is_listening(address, type);
	if (listening > 0) {
		(void)err_set(err, -EADDRINUSE, path, "another process listens on this socket");
		return err_hint(err, "stop the other samekeyd, or name another path under [listen] "
				     "or [session]");
	}
	if (listening < 0)
		return err_set(
			err, listening, path, "cannot ask who listens: %s", strerror(-listening));
	if (unlink(path) < 0)
		return err_set(
			err, -errno, path, "cannot remove the stale socket: %s", strerror(errno));
	return 0;
}

// Root's sockets belong to the group of the apps' users, where there is one.
static void give_to_group(const char *path)
{
	FILE *groups = geteuid() == 0 ? fopen("/etc/group", "re") : NULL;
	struct group *group;

	if (!groups)
		return;
	while ((group = fgetgrent(groups)) != NULL)
		if (text_equal(group->gr_name, LISTEN_GROUP)) {
			ignore_result(lchown(path, (uid_t)-1, group->gr_gid)); // stays root's own
			break;
		}
	(void)fclose(groups); // only read
}

static int bind_here(const struct sockaddr_un *address, int type, mode_t mode,
	struct listen_socket *made, struct err *err)
{
	own_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const char *path = address->sun_path;
	struct stat facts;
	int code = 0;

	if (fd < 0) {
		(void)err_set(err, -errno, path, "cannot make a socket: %s", strerror(errno));
		return err_hint(err, FOLDER_HINT_DESCRIPTORS);
	}
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		(void)err_set(err, -errno, path, "cannot bind: %s", strerror(errno));
		if (errno == EACCES)
			return err_hint(err,
				"uid %u may not write this folder: let systemd listen, "
				"or name another place under [listen] or [session]",
				(unsigned)geteuid());
		return err_hint(
			err, "set XDG_RUNTIME_DIR, or name a place under [listen] or [session]");
	}
	give_to_group(path);
	if (chmod(path, mode) < 0 || lstat(path, &facts) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		code = -errno;
	if (code < 0) {
		(void)unlink(path); // ours, and of no use
		return err_set(err, code, path, "cannot listen: %s", strerror(-code));
	}
	*made = (struct listen_socket){
		.fd = take_fd(&fd), .device = facts.st_dev, .inode = facts.st_ino};
	(void)snprintf(made->path, sizeof(made->path), "%s", path);
	return 0;
}

static int make_unix(
	const char *path, int type, mode_t mode, struct listen_socket *ret_socket, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	own_fd int folder = -1;
	int code;

	if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path))
		return err_set(err, -EINVAL, path,
			"a socket needs an absolute path under %zu bytes",
			sizeof(address.sun_path));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	folder = lock_folder(path, err);
	if (folder < 0)
		return folder;
	code = clear_stale(&address, type, err);
	return code < 0 ? code : bind_here(&address, type, mode, ret_socket, err);
}

int listen_unix(
	const char *path, int type, mode_t mode, struct listen_socket *ret_socket, struct err *err)
{
	int code = make_unix(path, type, mode, ret_socket, err);

	return code == -EACCES ? LISTEN_E_DENIED : code;
}

static bool is_ours(const struct listen_socket *socket, const struct stat *facts)
{
	return facts->st_dev == socket->device && facts->st_ino == socket->inode;
}

int listen_change_mode(const struct listen_socket *socket, mode_t mode)
{
	char handle_path[64];
	own_fd int handle = -1;
	struct stat facts;

	if (!socket->path[0])
		return 0;
	handle = open(socket->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (handle < 0 || fstat(handle, &facts) < 0)
		return -errno;
	if (!is_ours(socket, &facts))
		return -ENOENT;
	// fchmod refuses such a handle; by its path another file could have come in between
	(void)snprintf(handle_path, sizeof(handle_path), "/proc/self/fd/%d", handle);
	return chmod(handle_path, mode) < 0 ? -errno : 0;
}

void listen_close(struct listen_socket *socket)
{
	struct stat facts;

	if (socket->path[0] && lstat(socket->path, &facts) == 0 && is_ours(socket, &facts))
		(void)unlink(socket->path); // a leftover would only be cleared by the next start
	own_fd_release(&socket->fd);
	*socket = LISTEN_NONE;
}

// ---- TCP

// The port behind the last colon.
static bool read_port(const char *text, in_port_t *ret_port)
{
	uint64_t port;

	if (num_parse(text, UINT16_MAX, &port) < 0)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

int listen_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_size,
	struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	char host[64] = "";
	in_port_t port = 0;

	if (colon && (size_t)(colon - text) < sizeof(host))
		(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	*ret_address = (struct sockaddr_storage){0};
	*ret_size = 0;
	if (colon && read_port(colon + 1, &port)) {
		four.sin_port = six.sin6_port = port;
		if (text_equal(host, "[::1]")) {
			memcpy(ret_address, &six, sizeof(six));
			*ret_size = sizeof(six);
			return 0;
		}
		if (inet_pton(AF_INET, text_equal(host, "localhost") ? "127.0.0.1" : host,
			    &four.sin_addr) == 1 &&
			ntohl(four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
			memcpy(ret_address, &four, sizeof(four));
			*ret_size = sizeof(four);
			return 0;
		}
	}
	(void)err_set(err, -EINVAL, NULL, "'http' must be a loopback address and a port");
	return err_hint(err, "http = 127.0.0.1:9464; put a proxy in front for other hosts");
}

int listen_tcp(const char *text, int *ret_fd, struct err *err)
{
	struct sockaddr_storage address;
	socklen_t size;
	own_fd int fd = -1;
	const int on = 1;
	int code = listen_address(text, &address, &size, err);

	if (code < 0)
		return code;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, text, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); // only speeds restarts up
	if (bind(fd, (const struct sockaddr *)&address, size) < 0 ||
		listen(fd, LISTEN_BACKLOG) < 0) {
		code = err_set(err, errno == EACCES ? LISTEN_E_DENIED : -errno, text,
			"cannot listen: %s", strerror(errno));
		(void)err_hint(
			err, code == -EADDRINUSE
				     ? "stop who listens there (ss -tlnp), or choose another port "
				       "for http under [listen] or [session]"
				     : "choose another port for http under [listen] or [session]");
		return code;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
