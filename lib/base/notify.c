// One datagram a message. The environment is only read; the manager owns the socket.
// SPDX-License-Identifier: MIT
#include "lib/base/notify.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define NOTIFY_SIZE 512
#define NOTIFY_PATIENCE_US 500000

// Whether the manager let us wait in vain: until it takes something again nobody waits for it, or
// each of many offers would have us stand still.
static bool is_deaf;

// Where the manager listens.
// Returns: the size of the address, or 0: nowhere.
static socklen_t manager_address(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!path || (path[0] != '/' && path[0] != '@') || length >= sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = '\0'; // the abstract namespace
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void notify_send(const char *format, ...)
{
	struct sockaddr_un address;
	socklen_t size = manager_address(&address);
	char text[NOTIFY_SIZE];
	own_fd int fd = -1;
	va_list arguments;

	if (!size)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	ignore_result(sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
			      (const struct sockaddr *)&address, size) < 0);
}

bool notify_send_descriptor(const char *lines, int descriptor)
{
	const struct timeval patience = {.tv_usec = NOTIFY_PATIENCE_US};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct sockaddr_un address;
	struct iovec part = {.iov_base = (void *)(uintptr_t)lines, .iov_len = strlen(lines)};
	struct msghdr message = {.msg_name = &address,
		.msg_namelen = manager_address(&address),
		.msg_iov = &part,
		.msg_iovlen = 1};
	own_fd int fd = -1;
	bool sent;

	if (!message.msg_namelen)
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return false;
	if (descriptor >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &descriptor, sizeof(descriptor));
	}
	sent = sendmsg(fd, &message, MSG_NOSIGNAL | (is_deaf ? MSG_DONTWAIT : 0)) >= 0;
	is_deaf = !sent;
	return sent;
}

void notify_send_surely(const char *lines)
{
	(void)notify_send_descriptor(
		lines, -1); // a manager that stays deaf will find out by itself
}

bool notify_is_there(void)
{
	struct sockaddr_un address;

	return manager_address(&address) != 0;
}
