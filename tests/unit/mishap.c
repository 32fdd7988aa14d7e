// One counter for all calls; the wrapped functions ask it. `__wrap_NAME` and `__real_NAME` are what
// the linker's --wrap=NAME makes of NAME.
// SPDX-License-Identifier: MIT
#include "tests/unit/mishap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define WRAP(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names

static struct mishap armed;
static size_t calls;
static bool happened;

void (*mishap_on_exec)(char *const *environment);

// Whether this call fails, or is cut short: then errno is MISHAP_SHORT.
static bool fails(unsigned kind)
{
	if (!(armed.kinds & kind))
		return false;
	calls++;
	if (calls != armed.at && !(armed.for_good && calls > armed.at))
		return false;
	happened = true;
	errno = armed.reason;
	return true;
}

WRAP(void *, malloc, size_t size)
{
	return fails(MISHAP_MEMORY) ? NULL : __real_malloc(size);
}

void mishap_arm(const struct mishap *mishap)
{
	json_set_alloc_funcs(__wrap_malloc, free);
	calls = 0;
	happened = false;
	armed = *mishap;
}

bool mishap_disarm(void)
{
	armed.kinds = 0;
	return happened;
}

// ---- memory

WRAP(void *, calloc, size_t count, size_t size)
{
	return fails(MISHAP_MEMORY) ? NULL : __real_calloc(count, size);
}

WRAP(void *, reallocarray, void *at, size_t count, size_t size)
{
	return fails(MISHAP_MEMORY) ? NULL : __real_reallocarray(at, count, size);
}

WRAP(char *, strdup, const char *text)
{
	return fails(MISHAP_MEMORY) ? NULL : __real_strdup(text);
}

WRAP(void *, mmap, void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	return fails(MISHAP_MEMORY) ? MAP_FAILED : __real_mmap(at, size, access, flags, fd, offset);
}

WRAP(int, mprotect, void *at, size_t size, int access)
{
	return fails(MISHAP_MEMORY) ? -1 : __real_mprotect(at, size, access);
}

WRAP(FILE *, open_memstream, char **bytes, size_t *size)
{
	return fails(MISHAP_MEMORY) ? NULL : __real_open_memstream(bytes, size);
}

// ---- opening

WRAP(FILE *, fopen, const char *path, const char *mode)
{
	return fails(MISHAP_OPEN) ? NULL : __real_fopen(path, mode);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return fails(MISHAP_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...)
{
	return fails(MISHAP_OPEN) ? -1 : __real_openat(folder, path, flags); // nobody creates here
}

WRAP(int, __openat_2, int folder, const char *path, int flags)
{
	return fails(MISHAP_OPEN) ? -1 : __real___openat_2(folder, path, flags);
}

// openat2 and others that glibc has no function for; none takes more than five arguments.
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	long at[5];
	va_list arguments;

	va_start(arguments, number);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		at[i] = va_arg(arguments, long);
	va_end(arguments);
	return fails(MISHAP_OPEN) ? -1 : __real_syscall(number, at[0], at[1], at[2], at[3], at[4]);
}

WRAP(int, memfd_create, const char *name, unsigned flags)
{
	return fails(MISHAP_OPEN) ? -1 : __real_memfd_create(name, flags);
}

WRAP(int, socket, int domain, int type, int protocol)
{
	return fails(MISHAP_OPEN) ? -1 : __real_socket(domain, type, protocol);
}

WRAP(int, accept4, int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	return fails(MISHAP_OPEN) ? -1 : __real_accept4(fd, address, size, flags);
}

// ---- using

WRAP(int, fstat, int fd, struct stat *facts)
{
	return fails(MISHAP_LOOK) ? -1 : __real_fstat(fd, facts);
}

WRAP(int, flock, int fd, int operation)
{
	return fails(MISHAP_LOCK) ? -1 : __real_flock(fd, operation);
}

WRAP(struct dirent *, readdir, DIR *folder)
{
	return fails(MISHAP_LIST) ? NULL : __real_readdir(folder);
}

WRAP(int, scandirat, int folder, const char *path, struct dirent ***entries,
	int (*wanted)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **))
{
	return fails(MISHAP_LIST) ? -1 : __real_scandirat(folder, path, entries, wanted, compare);
}

WRAP(ssize_t, read, int fd, void *bytes, size_t size)
{
	if (!fails(MISHAP_READ))
		return __real_read(fd, bytes, size);
	return errno == MISHAP_SHORT ? __real_read(fd, bytes, size > 0) : -1;
}

WRAP(ssize_t, pread, int fd, void *bytes, size_t size, off_t offset)
{
	if (!fails(MISHAP_READ))
		return __real_pread(fd, bytes, size, offset);
	return errno == MISHAP_SHORT ? __real_pread(fd, bytes, size > 0, offset) : -1;
}

WRAP(ssize_t, write, int fd, const void *bytes, size_t size)
{
	if (!fails(MISHAP_WRITE))
		return __real_write(fd, bytes, size);
	return errno == MISHAP_SHORT ? __real_write(fd, bytes, size > 0) : -1;
}

WRAP(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags)
{
	return fails(MISHAP_SEND) ? -1 : __real_sendmsg(fd, message, flags);
}

WRAP(ssize_t, recvmsg, int fd, struct msghdr *message, int flags)
{
	return fails(MISHAP_RECEIVE) ? -1 : __real_recvmsg(fd, message, flags);
}

WRAP(int, epoll_ctl, int epoll, int operation, int fd, struct epoll_event *event)
{
	return fails(MISHAP_WATCH) ? -1 : __real_epoll_ctl(epoll, operation, fd, event);
}

int __wrap_execvp(const char *program, char *const *arguments);
int __wrap_execvp(const char *program, char *const *arguments)
{
	(void)program;
	(void)arguments;
	mishap_on_exec(environ);
	errno = ENOENT;
	return -1;
}

// NOLINTEND(bugprone-reserved-identifier)
