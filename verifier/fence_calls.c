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

#define SPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET)

// ---- files, as far as Landlock opens them

static const struct callfilter_row files[] = {
	CALLFILTER_ALWAYS("open", ALLOWED),
	CALLFILTER_ALWAYS("openat", ALLOWED),
	CALLFILTER_ALWAYS("openat2", ALLOWED),
	CALLFILTER_ALWAYS("close", ALLOWED),
	CALLFILTER_ALWAYS("close_range", ALLOWED),
	CALLFILTER_ALWAYS("read", ALLOWED),
	CALLFILTER_ALWAYS("readv", ALLOWED),
	CALLFILTER_ALWAYS("pread64", ALLOWED),
	CALLFILTER_ALWAYS("preadv", ALLOWED),
	CALLFILTER_ALWAYS("write", ALLOWED),
	CALLFILTER_ALWAYS("writev", ALLOWED),
	CALLFILTER_ALWAYS("pwrite64", ALLOWED),
	CALLFILTER_ALWAYS("pwritev", ALLOWED),
	CALLFILTER_ALWAYS("lseek", ALLOWED),
	CALLFILTER_ALWAYS("stat", ALLOWED),
	CALLFILTER_ALWAYS("lstat", ALLOWED),
	CALLFILTER_ALWAYS("fstat", ALLOWED),
	CALLFILTER_ALWAYS("newfstatat", ALLOWED),
	CALLFILTER_ALWAYS("statx", ALLOWED),
	CALLFILTER_ALWAYS("statfs", ALLOWED),
	CALLFILTER_ALWAYS("fstatfs", ALLOWED),
	CALLFILTER_ALWAYS("access", ALLOWED),
	CALLFILTER_ALWAYS("faccessat", ALLOWED),
	CALLFILTER_ALWAYS("faccessat2", ALLOWED),
	CALLFILTER_ALWAYS("readlink", ALLOWED),
	CALLFILTER_ALWAYS("readlinkat", ALLOWED),
	CALLFILTER_ALWAYS("getdents64", ALLOWED),
	CALLFILTER_ALWAYS("getcwd", ALLOWED),
	CALLFILTER_ALWAYS("umask", ALLOWED),
	// SQLite's: its log, its locks, its syncs
	CALLFILTER_ALWAYS("ftruncate", ALLOWED),
	CALLFILTER_ALWAYS("fallocate", ALLOWED),
	CALLFILTER_ALWAYS("fadvise64", ALLOWED),
	CALLFILTER_ALWAYS("fsync", ALLOWED),
	CALLFILTER_ALWAYS("fdatasync", ALLOWED),
	CALLFILTER_ALWAYS("flock", ALLOWED),
	CALLFILTER_ALWAYS("unlink", ALLOWED),
	CALLFILTER_ALWAYS("unlinkat", ALLOWED),
	CALLFILTER_ALWAYS("rmdir", ALLOWED),
	CALLFILTER_ALWAYS("fchown", ALLOWED),
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
	CALLFILTER_ALWAYS("mkdir", EPERM),
	CALLFILTER_ALWAYS("mkdirat", EPERM),
	CALLFILTER_ALWAYS("rename", EPERM),
	CALLFILTER_ALWAYS("renameat", EPERM),
	CALLFILTER_ALWAYS("renameat2", EPERM),
	CALLFILTER_ALWAYS("link", EPERM),
	CALLFILTER_ALWAYS("linkat", EPERM),
	CALLFILTER_ALWAYS("symlink", EPERM),
	CALLFILTER_ALWAYS("symlinkat", EPERM),
	CALLFILTER_ALWAYS("truncate", EPERM),
	CALLFILTER_ALWAYS("chown", EPERM),
	CALLFILTER_ALWAYS("lchown", EPERM),
	CALLFILTER_ALWAYS("fchownat", EPERM),
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
	CALLFILTER_ALWAYS("accept", ALLOWED),
	CALLFILTER_ALWAYS("accept4", ALLOWED),
	CALLFILTER_ALWAYS("connect", ALLOWED),
	CALLFILTER_ALWAYS("getpeername", ALLOWED),
	CALLFILTER_ALWAYS("getsockname", ALLOWED),
	CALLFILTER_ALWAYS("getsockopt", ALLOWED),
	CALLFILTER_ALWAYS("setsockopt", ALLOWED),
	CALLFILTER_ALWAYS("recvfrom", ALLOWED),
	CALLFILTER_ALWAYS("recvmsg", ALLOWED),
	CALLFILTER_ALWAYS("recvmmsg", ALLOWED),
	CALLFILTER_ALWAYS("sendto", ALLOWED),
	CALLFILTER_ALWAYS("sendmsg", ALLOWED),
	CALLFILTER_ALWAYS("sendmmsg", ALLOWED),
	CALLFILTER_ALWAYS("shutdown", ALLOWED),
	CALLFILTER_ALWAYS("bind", EPERM),
	CALLFILTER_ALWAYS("listen", EPERM),
};

// ---- waiting

static const struct callfilter_row waits[] = {
	CALLFILTER_ALWAYS("poll", ALLOWED),
	CALLFILTER_ALWAYS("ppoll", ALLOWED),
	CALLFILTER_ALWAYS("select", ALLOWED),
	CALLFILTER_ALWAYS("pselect6", ALLOWED),
	CALLFILTER_ALWAYS("epoll_create1", ALLOWED),
	CALLFILTER_ALWAYS("epoll_ctl", ALLOWED),
	CALLFILTER_ALWAYS("epoll_wait", ALLOWED),
	CALLFILTER_ALWAYS("epoll_pwait", ALLOWED),
	CALLFILTER_ALWAYS("epoll_pwait2", ALLOWED),
	CALLFILTER_ALWAYS("eventfd2", ALLOWED),
	CALLFILTER_ALWAYS("pipe2", ALLOWED),
	CALLFILTER_ALWAYS("timerfd_create", ALLOWED),
	CALLFILTER_ALWAYS("timerfd_settime", ALLOWED),
	CALLFILTER_ALWAYS("timerfd_gettime", ALLOWED),
	CALLFILTER_ALWAYS("signalfd4", ALLOWED),
	CALLFILTER_ALWAYS("nanosleep", ALLOWED),
	CALLFILTER_ALWAYS("clock_nanosleep", ALLOWED),
	CALLFILTER_ALWAYS("clock_gettime", ALLOWED),
	CALLFILTER_ALWAYS("clock_getres", ALLOWED),
	CALLFILTER_ALWAYS("gettimeofday", ALLOWED),
	CALLFILTER_ALWAYS("time", ALLOWED),
	CALLFILTER_ALWAYS("restart_syscall", ALLOWED),
};

// ---- memory: none becomes code

static const struct callfilter_row memory[] = {
	CALLFILTER_ALWAYS("brk", ALLOWED),
	{"mmap", ALLOWED, 2, PROT_EXEC, 0},
	{"mmap", EACCES, 2, PROT_EXEC, PROT_EXEC},
	{"mprotect", ALLOWED, 2, PROT_EXEC, 0},
	{"mprotect", EACCES, 2, PROT_EXEC, PROT_EXEC},
	CALLFILTER_ALWAYS("pkey_mprotect", EPERM),
	CALLFILTER_ALWAYS("munmap", ALLOWED),
	CALLFILTER_ALWAYS("mremap", ALLOWED),
	CALLFILTER_ALWAYS("madvise", ALLOWED),
	CALLFILTER_ALWAYS("mlock", ALLOWED),
	CALLFILTER_ALWAYS("mlock2", ALLOWED),
	CALLFILTER_ALWAYS("munlock", ALLOWED),
	CALLFILTER_ALWAYS("msync", ALLOWED),
	CALLFILTER_ALWAYS("memfd_create", ALLOWED),
	CALLFILTER_ALWAYS("memfd_secret", ALLOWED),
	CALLFILTER_ALWAYS("getrandom", ALLOWED),
	CALLFILTER_ALWAYS("sysinfo", ALLOWED),
};

// ---- this process, its threads, and what it may know of others

static const struct callfilter_row processes[] = {
	CALLFILTER_ALWAYS("futex", ALLOWED), CALLFILTER_ALWAYS("set_robust_list", ALLOWED),
	CALLFILTER_ALWAYS("rseq", ALLOWED), CALLFILTER_ALWAYS("membarrier", ALLOWED),
	CALLFILTER_ALWAYS("sched_yield", ALLOWED), CALLFILTER_ALWAYS("sched_getaffinity", ALLOWED),
	CALLFILTER_ALWAYS("getcpu", ALLOWED), CALLFILTER_ALWAYS("rt_sigaction", ALLOWED),
	CALLFILTER_ALWAYS("rt_sigprocmask", ALLOWED), CALLFILTER_ALWAYS("rt_sigreturn", ALLOWED),
	CALLFILTER_ALWAYS("sigaltstack", ALLOWED), CALLFILTER_ALWAYS("exit", ALLOWED),
	CALLFILTER_ALWAYS("exit_group", ALLOWED), CALLFILTER_ALWAYS("getpid", ALLOWED),
	CALLFILTER_ALWAYS("getppid", ALLOWED), CALLFILTER_ALWAYS("gettid", ALLOWED),
	CALLFILTER_ALWAYS("getuid", ALLOWED), CALLFILTER_ALWAYS("geteuid", ALLOWED),
	CALLFILTER_ALWAYS("getgid", ALLOWED), CALLFILTER_ALWAYS("getegid", ALLOWED),
	CALLFILTER_ALWAYS("getgroups", ALLOWED), CALLFILTER_ALWAYS("getrusage", ALLOWED),
	CALLFILTER_ALWAYS("uname", ALLOWED), CALLFILTER_ALWAYS("getrlimit", ALLOWED),
	CALLFILTER_ALWAYS("pidfd_open", ALLOWED), CALLFILTER_ALWAYS("wait4", ALLOWED),
	CALLFILTER_ALWAYS("waitid", ALLOWED),
	// threads, and no processes; clone3 is unknown, for its flags lie where no filter looks
	{"clone", ALLOWED, 0, CLONE_THREAD | SPACES, CLONE_THREAD},
	{"clone", EPERM, 0, CLONE_THREAD, 0}, CALLFILTER_ALWAYS("fork", EPERM),
	CALLFILTER_ALWAYS("vfork", EPERM),
	{"prlimit64", ALLOWED, 2, UINT64_MAX, 0}, // looks, and sets nothing
	{"prctl", ALLOWED, 0, INT, PR_GET_DUMPABLE}, {"prctl", ALLOWED, 0, INT, PR_SET_NAME},
	{"prctl", ALLOWED, 0, INT, PR_GET_NAME},
	{"prctl", EINVAL, 0, INT, 0x53564d41}, // PR_SET_VMA: names for memory, of newer libcs
	{"kill", ALLOWED, 1, INT, 0},          // is it there?
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
