// The other calls into the kernel, as fault.c says: what makes descriptors, looks, changes and
// waits; and the time of day.
// SPDX-License-Identifier: MIT
#include "tests/faults/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): the names and forms are those of what it stands for

// waitpid(2) never lacks memory.
static bool wait_fails(void *caller)
{
	return fault_is_here() && fault_reason() == EINTR && fault_fails(WAIT, "waitpid", caller);
}

// ---- what makes a descriptor

#define OPENING(name) \
	static void *real_of_##name; \
	int name(const char *path, int flags, ...) \
	{ \
		va_list arguments; \
		mode_t mode; \
\
		va_start(arguments, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
		va_end(arguments); \
		if (fault_fails(OPEN, #name, CALLER)) \
			return -1; \
		return REAL(name)(path, flags, mode); \
	}
#define OPENING_AT(name) \
	static void *real_of_##name; \
	int name(int folder, const char *path, int flags, ...) \
	{ \
		va_list arguments; \
		mode_t mode; \
\
		va_start(arguments, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
		va_end(arguments); \
		if (fault_fails(OPEN, #name, CALLER)) \
			return -1; \
		return REAL(name)(folder, path, flags, mode); \
	}

int __open_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)
INT(OPEN, __open_2, (const char *path, int flags), (path, flags))
INT(OPEN, __openat_2, (int folder, const char *path, int flags), (folder, path, flags))
CALL(OPEN, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
CALL(OPEN, NULL, FILE *, fopen64, (const char *path, const char *mode), (path, mode))
CALL(OPEN, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
CALL(OPEN, NULL, DIR *, opendir, (const char *path), (path))
CALL(OPEN, NULL, DIR *, fdopendir, (int fd), (fd))
INT(OPEN, memfd_create, (const char *name, unsigned flags), (name, flags))
INT(OPEN, socket, (int domain, int type, int protocol), (domain, type, protocol))
INT(OPEN, socketpair, (int domain, int type, int protocol, int pair[2]),
	(domain, type, protocol, pair))
INT(OPEN, accept4, (int fd, struct sockaddr *peer, socklen_t *size, int flags),
	(fd, peer, size, flags))
INT(OPEN, epoll_create1, (int flags), (flags))
INT(OPEN, eventfd, (unsigned start, int flags), (start, flags))
INT(OPEN, timerfd_create, (int clock, int flags), (clock, flags))
INT(OPEN, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
INT(OPEN, inotify_init1, (int flags), (flags))
INT(OPEN, pipe2, (int pair[2], int flags), (pair, flags))
INT(OPEN, dup, (int fd), (fd))
INT(OPEN, dup2, (int fd, int as), (fd, as))

// openat2, pidfd_open and others that glibc has no function for.
static void *real_of_syscall;
long syscall(long number, ...)
{
	long at[6];
	va_list arguments;

	va_start(arguments, number);
	for (size_t i = 0; i < 6; i++)
		at[i] = va_arg(arguments, long);
	va_end(arguments);
	if (fault_is_here() && number != SYS_fstat && number != SYS_getsockopt &&
		number != SYS_gettid && number != SYS_futex && fault_fails(OPEN, "syscall", CALLER))
		return -1;
	return REAL(syscall)(number, at[0], at[1], at[2], at[3], at[4], at[5]);
}

// ---- facts

INT(LOOK, fstat, (int fd, struct stat *facts), (fd, facts))
INT(LOOK, fstat64, (int fd, struct stat64 *facts), (fd, facts))
INT(LOOK, stat, (const char *path, struct stat *facts), (path, facts))
INT(LOOK, stat64, (const char *path, struct stat64 *facts), (path, facts))
INT(LOOK, lstat, (const char *path, struct stat *facts), (path, facts))
INT(LOOK, lstat64, (const char *path, struct stat64 *facts), (path, facts))
INT(LOOK, fstatat, (int folder, const char *path, struct stat *facts, int flags),
	(folder, path, facts, flags))
INT(LOOK, statfs, (const char *path, struct statfs *facts), (path, facts))
INT(LOOK, fstatfs, (int fd, struct statfs *facts), (fd, facts))
INT(LOOK, access, (const char *path, int mode), (path, mode))
INT(LOOK, faccessat, (int folder, const char *path, int mode, int flags),
	(folder, path, mode, flags))
CALL(LOOK, -1, ssize_t, readlink, (const char *path, char *target, size_t size),
	(path, target, size))
CALL(LOOK, -1, ssize_t, readlinkat, (int folder, const char *path, char *target, size_t size),
	(folder, path, target, size))
CALL(LOOK, NULL, char *, realpath, (const char *path, char *target), (path, target))
CALL(LOOK, NULL, char *, getcwd, (char *path, size_t size), (path, size))
CALL(LOOK, NULL, struct dirent *, readdir, (DIR * folder), (folder))
INT(LOOK, scandirat,
	(int folder, const char *path, struct dirent ***entries,
		int (*wanted)(const struct dirent *),
		int (*compare)(const struct dirent **, const struct dirent **)),
	(folder, path, entries, wanted, compare))
CALL(LOOK, -1, ssize_t, getdents64, (int fd, void *bytes, size_t size), (fd, bytes, size))
INT(LOOK, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
	(fd, level, name, value, size))
INT(LOOK, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
INT(LOOK, getpeername, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
INT(LOOK, gethostname, (char *name, size_t size), (name, size))

char *__realpath_chk(const char *path, char *target, size_t room);
CALL(LOOK, NULL, char *, __realpath_chk, (const char *path, char *target, size_t room),
	(path, target, room))

// ---- folders, files, sockets

INT(CHANGE, rename, (const char *from, const char *to), (from, to))
INT(CHANGE, link, (const char *from, const char *to), (from, to))
INT(CHANGE, unlink, (const char *path), (path))
INT(CHANGE, rmdir, (const char *path), (path))
INT(CHANGE, mkdir, (const char *path, mode_t mode), (path, mode))
INT(CHANGE, fsync, (int fd), (fd))
INT(CHANGE, fdatasync, (int fd), (fd))
INT(CHANGE, ftruncate, (int fd, off_t size), (fd, size))
INT(CHANGE, ftruncate64, (int fd, off_t size), (fd, size))
INT(CHANGE, chmod, (const char *path, mode_t mode), (path, mode))
INT(CHANGE, fchmod, (int fd, mode_t mode), (fd, mode))
INT(CHANGE, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
INT(CHANGE, lchown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
INT(CHANGE, chdir, (const char *path), (path))
INT(CHANGE, flock, (int fd, int operation), (fd, operation))
CALL(CHANGE, NULL, char *, mkdtemp, (char *path), (path))

INT(SETTLE, connect, (int fd, const struct sockaddr *peer, socklen_t size), (fd, peer, size))
INT(SETTLE, bind, (int fd, const struct sockaddr *name, socklen_t size), (fd, name, size))
INT(SETTLE, listen, (int fd, int backlog), (fd, backlog))
INT(SETTLE, shutdown, (int fd, int how), (fd, how))
INT(SETTLE, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
	(fd, level, name, value, size))

// Its descriptor is gone, whatever it says.
static void *real_of_close;
int close(int fd)
{
	bool failed = fault_fails(SETTLE, "close", CALLER);
	int reason = errno, code = REAL(close)(fd);

	if (!failed)
		return code;
	errno = reason;
	return -1;
}

#define CONTROLLING(name) \
	static void *real_of_##name; \
	int name(int fd, int operation, ...) \
	{ \
		va_list arguments; \
		void *argument; \
\
		va_start(arguments, operation); \
		argument = va_arg(arguments, void *); \
		va_end(arguments); \
		if (fault_fails(SETTLE, #name, CALLER)) \
			return -1; \
		return REAL(name)(fd, operation, argument); \
	}

CONTROLLING(fcntl)
CONTROLLING(fcntl64)

// ---- waiting, processes

INT(WAIT, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
INT(WAIT, epoll_wait, (int fd, struct epoll_event *events, int count, int timeout),
	(fd, events, count, timeout))
// What a signal never interrupts.
#define UNINTERRUPTED(name, parameters, arguments) \
	static void *real_of_##name; \
	int name parameters \
	{ \
		if (fault_is_here() && fault_reason() != EINTR && \
			fault_fails(WAIT, #name, CALLER)) \
			return -1; \
		return REAL(name) arguments; \
	}

UNINTERRUPTED(epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
	(epoll, operation, fd, event))
UNINTERRUPTED(timerfd_settime,
	(int fd, int flags, const struct itimerspec *time, struct itimerspec *was),
	(fd, flags, time, was))
UNINTERRUPTED(inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
INT(WAIT, nanosleep, (const struct timespec *time, struct timespec *left), (time, left))

static void *real_of_waitpid;
pid_t waitpid(pid_t pid, int *status, int flags)
{
	return wait_fails(CALLER) ? -1 : REAL(waitpid)(pid, status, flags);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
INT(WAIT, __poll_chk, (struct pollfd * fds, nfds_t count, int timeout, size_t room),
	(fds, count, timeout, room))

CALL(PROCESS, -1, pid_t, fork, (void), ())
INT(PROCESS, execve, (const char *program, char *const *words, char *const *environment),
	(program, words, environment))
INT(PROCESS, execvp, (const char *program, char *const *words), (program, words))
INT(PROCESS, setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit),
	(resource, limit))
INT(PROCESS, close_range, (unsigned first, unsigned last, int flags), (first, last, flags))

static void *real_of_prctl;
int prctl(int option, ...)
{
	unsigned long at[4];
	va_list arguments;

	va_start(arguments, option);
	for (size_t i = 0; i < 4; i++)
		at[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (fault_fails(PROCESS, "prctl", CALLER))
		return -1;
	return REAL(prctl)(option, at[0], at[1], at[2], at[3]);
}

// The child and its stack are the caller's; what else clone(2) takes nobody here gives.
static void *real_of_clone;
int clone(int (*start)(void *), void *stack, int flags, void *user, ...)
{
	if (fault_fails(PROCESS, "clone", CALLER))
		return -1;
	return REAL(clone)(start, stack, flags, user);
}

// This one says what is wrong by its result.
static void *real_of_pthread_create;
int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *user)
{
	if (fault_fails(PROCESS, "pthread_create", CALLER))
		return fault_reason();
	return REAL(pthread_create)(thread, attributes, start, user);
}

// ---- the time of day

static time_t jumped(const char *function, void *caller)
{
	if (!fault_is_here() || !fault_is_due(CLOCK, function, caller) || fault_mode() != JUMP)
		return 0;
	return (time_t)fault_amount();
}

static void *real_of_clock_gettime;
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int code = REAL(clock_gettime)(clock, ret_time);

	if (code == 0 && clock == CLOCK_REALTIME)
		ret_time->tv_sec += jumped("clock_gettime", CALLER);
	return code;
}

static void *real_of_time;
time_t time(time_t *ret_time)
{
	time_t now = REAL(time)(NULL) + jumped("time", CALLER);

	if (ret_time)
		*ret_time = now;
	return now;
}

static void *real_of_gettimeofday;
int gettimeofday(struct timeval *ret_time, void *zone)
{
	int code = REAL(gettimeofday)(ret_time, zone);

	if (code == 0)
		ret_time->tv_sec += jumped("gettimeofday", CALLER);
	return code;
}

// NOLINTEND(bugprone-*,cert-*,readability-*)
