// A preloaded library in which the n-th call of a family fails, comes short, or tells another time.
// What it shall do stands in a file that the driver (drive.py) shares: it can be changed while a
// program runs, and what was counted is read there. Inactive in every program but the one that it
// names.
// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): the names and forms are those of what it stands for

enum family {
	MEMORY,  // the heap
	MAP,     // mappings and locks
	OPEN,    // whatever makes a descriptor
	LOOK,    // facts about files and sockets
	READ,    // bytes from files and pipes
	WRITE,   // bytes to files and pipes
	RECEIVE, // from sockets
	SEND,    // to sockets
	CHANGE,  // of folders and files
	SETTLE,  // of sockets and descriptors
	WAIT,    // until something happens
	PROCESS, // starts, ends and limits them
	CLOCK,
	FAMILIES,
};

enum mode {
	ERROR,     // the call fails
	FOR_GOOD,  // and so do all that follow
	EVERY_2ND, // that one, the next but one and so on: who tries again succeeds
	SHORT,     // reads or writes one byte
	DRIBBLE,   // and so do all that follow
	JUMP,      // from here on the time of day is `amount` seconds off
};

// Laid out as drive.py reads it.
struct control {
	char program[32];
	uint32_t armed, family, mode;
	int32_t reason; // errno
	int64_t amount;
	uint64_t at;
	_Atomic uint64_t fired;
	char first[32];  // the function that failed first
	uint64_t caller; // and where it was called from, in that program or library
	char caller_in[64];
	_Atomic uint64_t calls[FAMILIES];
};

static struct control *control;

__attribute__((constructor)) static void take_control(void)
{
	const char *path = getenv("FAULT_FILE");
	char program[512], *name;
	struct control *shared;
	ssize_t length;
	int fd;

	if (!path)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program, sizeof(program) - 1);
	if (fd < 0 || length < 0)
		return;
	program[length] = '\0';
	name = strrchr(program, '/');
	shared = (void *)syscall(
		SYS_mmap, 0L, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if ((intptr_t)shared > -4096 && (intptr_t)shared < 0)
		return;
	if (name && strcmp(name + 1, shared->program) == 0)
		control = shared;
	else
		(void)syscall(SYS_munmap, shared, sizeof(*shared));
}

static void remember(const char *function, void *caller)
{
	Dl_info info;
	const char *name;

	(void)strncpy(control->first, function, sizeof(control->first) - 1);
	if (!dladdr(caller, &info) || !info.dli_fname)
		return;
	name = strrchr(info.dli_fname, '/');
	(void)strncpy(control->caller_in, name ? name + 1 : info.dli_fname,
		sizeof(control->caller_in) - 1);
	control->caller = (uint64_t)((uintptr_t)caller - (uintptr_t)info.dli_fbase);
}

// Counts a call.
// Returns: whether it is one that the driver asked for.
static bool is_due(enum family family, const char *function, void *caller)
{
	uint64_t number, since;

	if (!control)
		return false;
	number = atomic_fetch_add(&control->calls[family], 1) + 1;
	if (!control->armed || control->family != family || number < control->at)
		return false;
	since = number - control->at;
	if ((control->mode == ERROR || control->mode == SHORT) && since)
		return false;
	if (control->mode == EVERY_2ND && since % 2)
		return false;
	if (atomic_fetch_add(&control->fired, 1) == 0)
		remember(function, caller);
	return true;
}

static bool fails(enum family family, const char *function, void *caller)
{
	if (!is_due(family, function, caller) || control->mode > EVERY_2ND)
		return false;
	errno = control->reason;
	return true;
}

// waitpid(2) never lacks memory.
static bool wait_fails(void *caller)
{
	return control && control->reason == EINTR && fails(WAIT, "waitpid", caller);
}

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

	if (!control || control->mode < SHORT || control->mode > DRIBBLE || size < 2 ||
		syscall(SYS_fstat, fd, &facts) < 0)
		return false;
	if (S_ISSOCK(facts.st_mode) &&
		(syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &room) < 0 ||
			type != SOCK_STREAM))
		return false;
	if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode) && !S_ISSOCK(facts.st_mode))
		return false;
	return is_due(family, function, caller);
}

#define CALLER __builtin_return_address(0)
#define REAL(name) ((__typeof__(&name))find(&real_of_##name, #name))

static void *find(void **at, const char *name)
{
	if (!*at)
		*at = dlsym(RTLD_NEXT, name);
	return *at;
}

#define CALL(family, failed, type, name, parameters, arguments) \
	static void *real_of_##name; \
	type name parameters \
	{ \
		if (fails(family, #name, CALLER)) \
			return failed; \
		return REAL(name) arguments; \
	}

#define INT(family, name, parameters, arguments) CALL(family, -1, int, name, parameters, arguments)

// ---- memory: under a sanitizer its own functions are the real ones

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t count, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *at, size_t size);
__attribute__((weak)) void *__interceptor_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	if (fails(MEMORY, "malloc", CALLER))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fails(MEMORY, "calloc", CALLER))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(count, size)
				    : __libc_calloc(count, size);
}

static void *resize(void *at, size_t size)
{
	return __interceptor_realloc ? __interceptor_realloc(at, size) : __libc_realloc(at, size);
}

void *realloc(void *at, size_t size)
{
	return fails(MEMORY, "realloc", CALLER) ? NULL : resize(at, size);
}

void *reallocarray(void *at, size_t count, size_t size)
{
	size_t whole;

	if (fails(MEMORY, "reallocarray", CALLER))
		return NULL;
	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(at, whole);
}

static void *align(size_t alignment, size_t size)
{
	return __interceptor_memalign ? __interceptor_memalign(alignment, size)
				      : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
	return fails(MEMORY, "memalign", CALLER) ? NULL : align(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(MEMORY, "aligned_alloc", CALLER) ? NULL : align(alignment, size);
}

int posix_memalign(void **ret_at, size_t alignment, size_t size)
{
	void *at = fails(MEMORY, "posix_memalign", CALLER) ? NULL : align(alignment, size);

	if (!at)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

CALL(MAP, MAP_FAILED, void *, mmap,
	(void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
CALL(MAP, MAP_FAILED, void *, mmap64,
	(void *at, size_t size, int access, int flags, int fd, off_t offset),
	(at, size, access, flags, fd, offset))
INT(MAP, mprotect, (void *at, size_t size, int access), (at, size, access))
INT(MAP, madvise, (void *at, size_t size, int advice), (at, size, advice))
INT(MAP, mlock, (const void *at, size_t size), (at, size))
INT(MAP, mlock2, (const void *at, size_t size, unsigned flags), (at, size, flags))

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
		if (fails(OPEN, #name, CALLER)) \
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
		if (fails(OPEN, #name, CALLER)) \
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
	if (control && number != SYS_fstat && number != SYS_getsockopt && number != SYS_gettid &&
		number != SYS_futex && fails(OPEN, "syscall", CALLER))
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
CALL(LOOK, -1, ssize_t, getdents64, (int fd, void *bytes, size_t size), (fd, bytes, size))
INT(LOOK, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
	(fd, level, name, value, size))
INT(LOOK, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
INT(LOOK, getpeername, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size))
INT(LOOK, gethostname, (char *name, size_t size), (name, size))

char *__realpath_chk(const char *path, char *target, size_t room);
CALL(LOOK, NULL, char *, __realpath_chk, (const char *path, char *target, size_t room),
	(path, target, room))

// ---- bytes

// One byte, but not a million times.
static size_t cut(size_t size)
{
	return size > 65536 ? 4096 : 1;
}

#define BYTES(family, name, parameters, arguments) \
	static void *real_of_##name; \
	ssize_t name parameters \
	{ \
		if (control && control->mode >= SHORT) \
			size = is_cut(fd, size, family, #name, CALLER) ? cut(size) : size; \
		else if (control && (control->reason == EINTR || has_medium(fd)) && \
			 fails(family, #name, CALLER)) \
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
	bool failed = fails(SETTLE, "close", CALLER);
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
		if (fails(SETTLE, #name, CALLER)) \
			return -1; \
		return REAL(name)(fd, operation, argument); \
	}

CONTROLLING(fcntl)
CONTROLLING(fcntl64)

// ---- waiting, processes

INT(WAIT, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
INT(WAIT, epoll_wait, (int fd, struct epoll_event *events, int count, int timeout),
	(fd, events, count, timeout))
INT(WAIT, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
	(epoll, operation, fd, event))
INT(WAIT, timerfd_settime,
	(int fd, int flags, const struct itimerspec *time, struct itimerspec *was),
	(fd, flags, time, was))
INT(WAIT, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
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
	if (fails(PROCESS, "prctl", CALLER))
		return -1;
	return REAL(prctl)(option, at[0], at[1], at[2], at[3]);
}

// The child and its stack are the caller's; what else clone(2) takes nobody here gives.
static void *real_of_clone;
int clone(int (*start)(void *), void *stack, int flags, void *user, ...)
{
	if (fails(PROCESS, "clone", CALLER))
		return -1;
	return REAL(clone)(start, stack, flags, user);
}

// This one says what is wrong by its result.
static void *real_of_pthread_create;
int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *user)
{
	if (fails(PROCESS, "pthread_create", CALLER))
		return control->reason;
	return REAL(pthread_create)(thread, attributes, start, user);
}

// ---- the time of day

static time_t jumped(const char *function, void *caller)
{
	if (!control || !is_due(CLOCK, function, caller) || control->mode != JUMP)
		return 0;
	return (time_t)control->amount;
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
