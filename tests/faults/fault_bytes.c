// Reads and writes that fail, or come short, as fault.c says.
// SPDX-License-Identifier: MIT
#include "tests/faults/fault.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): the names and forms are those of what it stands for

// Whether it is a file, a pipe or a device, whose reading can fail; not a queue of the kernel's
// own.
static bool has_medium(int fd)
{
	struct stat facts;

	return syscall(SYS_fstat, fd, &facts) == 0 && (facts.st_mode & S_IFMT);
}

// A read or write of how many bytes, where fewer can be a truth: of files, pipes and streams.
static bool is_cut(int fd, size_t size, enum family family, const char *function, void *caller)
{
	struct stat facts;
	int type = 0;
	socklen_t room = sizeof(type);

	if (!fault_is_here() || fault_mode() < SHORT || fault_mode() > DRIBBLE || size < 2 ||
		syscall(SYS_fstat, fd, &facts) < 0)
		return false;
	if (S_ISSOCK(facts.st_mode) &&
		(syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &room) < 0 ||
			type != SOCK_STREAM))
		return false;
	if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode) && !S_ISSOCK(facts.st_mode))
		return false;
	return fault_is_due(family, function, caller);
}

// One byte, but not a million times.
static size_t cut(size_t size)
{
	return size > 65536 ? 4096 : 1;
}

#define BYTES(family, name, parameters, arguments) \
	static void *real_of_##name; \
	ssize_t name parameters \
	{ \
		if (fault_is_here() && fault_mode() >= SHORT) \
			size = is_cut(fd, size, family, #name, CALLER) ? cut(size) : size; \
		else if (fault_is_here() && (fault_reason() == EINTR || has_medium(fd)) && \
			 fault_fails(family, #name, CALLER)) \
			return -1; \
		return REAL(name) arguments; \
	}

BYTES(READ, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
BYTES(READ, pread, (int fd, void *bytes, size_t size, off_t offset), (fd, bytes, size, offset))
BYTES(READ, pread64, (int fd, void *bytes, size_t size, off_t offset), (fd, bytes, size, offset))
BYTES(WRITE, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
BYTES(WRITE, pwrite, (int fd, const void *bytes, size_t size, off_t offset),
	(fd, bytes, size, offset))
BYTES(WRITE, pwrite64, (int fd, const void *bytes, size_t size, off_t offset),
	(fd, bytes, size, offset))
BYTES(RECEIVE, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))
BYTES(SEND, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))
BYTES(SEND, sendto,
	(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
		socklen_t length),
	(fd, bytes, size, flags, address, length))
CALL(SEND, -1, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
	(fd, message, flags))
CALL(SEND, -1, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
CALL(RECEIVE, -1, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
	(fd, message, flags))

// NOLINTEND(bugprone-*,cert-*,readability-*)
