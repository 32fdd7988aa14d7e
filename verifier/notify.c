// One datagram a message. The environment is only read; the manager owns the socket.
// SPDX-License-Identifier: MIT
#include "verifier/notify.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define NOTIFY_SIZE 512

void notify_send(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[NOTIFY_SIZE];
	own_fd int fd = -1;
	size_t length;
	va_list arguments;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; // the abstract namespace
	ignore_result(sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
			      (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0);
}

bool notify_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM"); // DEVICE:INODE, in decimal
	struct stat facts;
	char text[64];

	if (!stream || fstat(fd, &facts) < 0)
		return false;
	(void)snprintf(
		text, sizeof(text), "%ju:%ju", (uintmax_t)facts.st_dev, (uintmax_t)facts.st_ino);
	return strcmp(stream, text) == 0;
}
