// Rows by what they are for. What is in none does not exist (ENOSYS), so that a library that tries
// a newer call falls back; what nobody but an attacker calls ends the process, see
// lib/confine/callfilter.h.
// SPDX-License-Identifier: MIT
#include "verifier/fence_calls.h"

#include "lib/confine/callfilter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ALLOWED CALLFILTER_ALLOW
#define INT CALLFILTER_INT

#define ALL(name) \
	{ \
		name, ALLOWED, CALLFILTER_ANY, 0, 0 \
	}
#define NEVER(name) \
	{ \
		name, EPERM, CALLFILTER_ANY, 0, 0 \
	}
#define SPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET)

// ---- files, as far as Landlock opens them

static const struct callfilter_row files[] = {
	ALL("open"),
	ALL("openat"),
	ALL("openat2"),
	ALL("close"),
	ALL("close_range"),
	ALL("read"),
	ALL("readv"),
	ALL("pread64"),
	ALL("preadv"),
	ALL("write"),
	ALL("writev"),
	ALL("pwrite64"),
	ALL("pwritev"),
	ALL("lseek"),
	ALL("stat"),
	ALL("lstat"),
	ALL("fstat"),
	ALL("newfstatat"),
	ALL("statx"),
	ALL("statfs"),
	ALL("fstatfs"),
	ALL("access"),
	ALL("faccessat"),
	ALL("faccessat2"),
	ALL("readlink"),
	ALL("readlinkat"),
	ALL("getdents64"),
	ALL("getcwd"),
	ALL("umask"),
	// SQLite's: its log, its locks, its syncs
	ALL("ftruncate"),
	ALL("fallocate"),
	ALL("fadvise64"),
	ALL("fsync"),
	ALL("fdatasync"),
	ALL("flock"),
	ALL("unlink"),
	ALL("unlinkat"),
	ALL("rmdir"),
	ALL("fchown"),
	{"fchmod", ALLOWED, 1, S_ISUID | S_ISGID, 0},
	{"chmod", ALLOWED, 1, S_ISUID | S_ISGID, 0}, // of a socket, after a reload
	{"fchmodat", ALLOWED, 2, S_ISUID | S_ISGID, 0},
	{"fcntl", ALLOWED, 1, INT, F_DUPFD},
	{"fcntl", ALLOWED, 1, INT, F_DUPFD_CLOEXEC},
	{"fcntl", ALLOWED, 1, INT, F_GETFD},
	{"fcntl", ALLOWED, 1, INT, F_SETFD},
	{"fcntl", ALLOWED, 1, INT, F_GETFL},
	{"fcntl", ALLOWED, 1, INT, F_SETFL},
	{"fcntl", ALLOWED, 1, INT, F_GETLK},
	{"fcntl", ALLOWED, 1, INT, F_SETLK},
	{"fcntl", ALLOWED, 1, INT, F_SETLKW},
	{"fcntl", ALLOWED, 1, INT, F_OFD_GETLK},
	{"fcntl", ALLOWED, 1, INT, F_OFD_SETLK},
	{"fcntl", ALLOWED, 1, INT, F_OFD_SETLKW},
	{"fcntl", ALLOWED, 1, INT, F_GET_SEALS},
	{"fcntl", ALLOWED, 1, INT, F_ADD_SEALS},
	{"ioctl", ALLOWED, 1, INT, FIONREAD},
	{"ioctl", ALLOWED, 1, INT, FIONBIO},
	{"ioctl", ENOTTY, 1, INT, TCGETS}, // is it a terminal?
	NEVER("mkdir"),
	NEVER("mkdirat"),
	NEVER("rename"),
	NEVER("renameat"),
	NEVER("renameat2"),
	NEVER("link"),
	NEVER("linkat"),
	NEVER("symlink"),
	NEVER("symlinkat"),
	NEVER("truncate"),
	NEVER("chown"),
	NEVER("lchown"),
	NEVER("fchownat"),
};

// ---- sockets: those that listen are open; the service manager, Redis and the journal are Unix's

static const struct callfilter_row sockets[] = {
	{"socket", ALLOWED, 0, INT, AF_UNIX},
	{"socket", EACCES, 0, INT, AF_INET},
	{"socket", EACCES, 0, INT, AF_INET6},
	{"socket", EACCES, 0, INT, AF_NETLINK},
	{"socket", EACCES, 0, INT, AF_PACKET},
	{"socket", EACCES, 0, INT, AF_ALG},
	{"socket", EACCES, 0, INT, AF_VSOCK},
	{"socketpair", ALLOWED, 0, INT, AF_UNIX},
	ALL("accept"),
	ALL("accept4"),
	ALL("connect"),
	ALL("getpeername"),
	ALL("getsockname"),
	ALL("getsockopt"),
	ALL("setsockopt"),
	ALL("recvfrom"),
	ALL("recvmsg"),
	ALL("recvmmsg"),
	ALL("sendto"),
	ALL("sendmsg"),
	ALL("sendmmsg"),
	ALL("shutdown"),
	NEVER("bind"),
	NEVER("listen"),
};

// ---- waiting

static const struct callfilter_row waits[] = {
	ALL("poll"),
	ALL("ppoll"),
	ALL("select"),
	ALL("pselect6"),
	ALL("epoll_create1"),
	ALL("epoll_ctl"),
	ALL("epoll_wait"),
	ALL("epoll_pwait"),
	ALL("epoll_pwait2"),
	ALL("eventfd2"),
	ALL("pipe2"),
	ALL("timerfd_create"),
	ALL("timerfd_settime"),
	ALL("timerfd_gettime"),
	ALL("signalfd4"),
	ALL("nanosleep"),
	ALL("clock_nanosleep"),
	ALL("clock_gettime"),
	ALL("clock_getres"),
	ALL("gettimeofday"),
	ALL("time"),
	ALL("restart_syscall"),
};

// ---- memory: none becomes code

static const struct callfilter_row memory[] = {
	ALL("brk"),
	{"mmap", ALLOWED, 2, PROT_EXEC, 0},
	{"mmap", EACCES, 2, PROT_EXEC, PROT_EXEC},
	{"mprotect", ALLOWED, 2, PROT_EXEC, 0},
	{"mprotect", EACCES, 2, PROT_EXEC, PROT_EXEC},
	NEVER("pkey_mprotect"),
	ALL("munmap"),
	ALL("mremap"),
	ALL("madvise"),
	ALL("mlock"),
	ALL("mlock2"),
	ALL("munlock"),
	ALL("msync"),
	ALL("memfd_create"),
	ALL("memfd_secret"),
	ALL("getrandom"),
	ALL("sysinfo"),
};

// ---- this process, its threads, and what it may know of others

static const struct callfilter_row processes[] = {
	{"clone", ALLOWED, 0, CLONE_THREAD | SPACES, CLONE_THREAD},
	{"clone", EPERM, 0, CLONE_THREAD, 0}, NEVER("fork"),
	NEVER("vfork"), // clone3 is unknown, for its flags lie where no filter looks
	ALL("futex"), ALL("set_robust_list"), ALL("rseq"), ALL("membarrier"), ALL("sched_yield"),
	ALL("sched_getaffinity"), ALL("getcpu"), ALL("rt_sigaction"), ALL("rt_sigprocmask"),
	ALL("rt_sigreturn"), ALL("sigaltstack"), ALL("exit"), ALL("exit_group"), ALL("getpid"),
	ALL("getppid"), ALL("gettid"), ALL("getuid"), ALL("geteuid"), ALL("getgid"), ALL("getegid"),
	ALL("getgroups"), ALL("getrusage"), ALL("uname"), ALL("getrlimit"),
	{"prlimit64", ALLOWED, 2, UINT64_MAX, 0}, // looks, and sets nothing
	{"prctl", ALLOWED, 0, INT, PR_GET_DUMPABLE}, {"prctl", ALLOWED, 0, INT, PR_SET_NAME},
	{"prctl", ALLOWED, 0, INT, PR_GET_NAME},
	{"prctl", EINVAL, 0, INT, 0x53564d41}, // PR_SET_VMA: names for memory, of newer libcs
	ALL("pidfd_open"), ALL("wait4"), ALL("waitid"),
	{"kill", ALLOWED, 1, INT, 0}, // is it there?
};

int fence_calls_filter(pid_t helper, struct err *err)
{
	const struct callfilter_row own[] = {
		{"tgkill", ALLOWED, 0, INT, (uint32_t)getpid()}, // abort(3)
		{"kill", ALLOWED, 0, INT, (uint32_t)helper},
	};
	const struct callfilter_table tables[] = {
		callfilter_deadly,
		{files, ARRAY_SIZE(files)},
		{sockets, ARRAY_SIZE(sockets)},
		{waits, ARRAY_SIZE(waits)},
		{memory, ARRAY_SIZE(memory)},
		{processes, ARRAY_SIZE(processes)},
		{own, helper > 0 ? 2 : 1},
	};

	return callfilter_enter(tables, ARRAY_SIZE(tables), ENOSYS, err);
}
