// Landlock by its system calls, for libc knows none of them yet; the filter by libseccomp, from a
// table. Whatever is in no row ends the process.
// SPDX-License-Identifier: MIT
#include "loader/scan/sandbox.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

bool sandbox_is_built(void)
{
	return !SANITIZED;
}

// ---- Landlock (Linux 5.13; Documentation/userspace-api/landlock.rst)

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define ACCESS_READ_FILE (UINT64_C(1) << 2)
#define ACCESS_READ_DIR (UINT64_C(1) << 3)

// Rights over files that a version knows; to handle an unknown one is an error.
static const uint64_t rights[] = {
	0, 0x1fff, // the first 13: run, write, read, list, remove and make
	0x3fff,    // move between folders
	0x7fff,    // truncate
	0x7fff,
	0xffff, // ioctl on devices
};

struct ruleset {
	uint64_t files, network; // the latter since version 4: bind and connect by TCP
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static int allow_path(int ruleset, const char *path, struct err *err)
{
	own_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_beneath rule = {.allowed = ACCESS_READ_FILE, .parent = fd};
	struct stat facts;

	if (fd < 0 || fstat(fd, &facts) < 0)
		return 0; // then nothing reads it either
	if (S_ISDIR(facts.st_mode))
		rule.allowed |= ACCESS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(
			err, -errno, path, "cannot confine the scan to it: %s", strerror(errno));
	return 0;
}

// Returns: the version, 0 where there is none, or a negative errno.
static int confine(const char *const *paths, size_t path_count, struct err *err)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);
	size_t row = version < (long)ARRAY_SIZE(rights) ? (size_t)version : ARRAY_SIZE(rights) - 1;
	struct ruleset rules;
	own_fd int ruleset = -1;

	if (version <= 0)
		return 0;
	rules = (struct ruleset){rights[row], version >= 4 ? 3 : 0};
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules,
		version >= 4 ? sizeof(rules) : sizeof(rules.files), 0);
	if (ruleset < 0)
		return err_set(err, -errno, NULL, "cannot confine the scan: %s", strerror(errno));
	for (size_t i = 0; i < path_count; i++) {
		int code = allow_path(ruleset, paths[i], err);

		if (code < 0)
			return code;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_set(err, -errno, NULL, "cannot confine the scan: %s", strerror(errno));
	return (int)version;
}

// ---- the filter

#define KEEPS (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define ALLOWED 0
#define ANY (-1)

// What may be called, and what is answered with an error because a library may try it.
static const struct {
	const char *name;
	int answer;   // ALLOWED, or an errno
	int argument; // this one, as far as `mask` goes, must be `value`; or ANY
	uint64_t mask, value;
} calls[] = {
	{"read", ALLOWED, ANY, 0, 0},
	{"readv", ALLOWED, ANY, 0, 0},
	{"pread64", ALLOWED, ANY, 0, 0},
	{"write", ALLOWED, ANY, 0, 0},
	{"writev", ALLOWED, ANY, 0, 0},
	{"close", ALLOWED, ANY, 0, 0},
	{"lseek", ALLOWED, ANY, 0, 0},
	{"fstat", ALLOWED, ANY, 0, 0},
	{"stat", ALLOWED, ANY, 0, 0},
	{"lstat", ALLOWED, ANY, 0, 0},
	{"newfstatat", ALLOWED, ANY, 0, 0},
	{"statx", ALLOWED, ANY, 0, 0},
	{"fstatfs", ALLOWED, ANY, 0, 0},
	{"access", ALLOWED, ANY, 0, 0},
	{"faccessat", ALLOWED, ANY, 0, 0},
	{"faccessat2", ALLOWED, ANY, 0, 0},
	{"readlink", ALLOWED, ANY, 0, 0},
	{"readlinkat", ALLOWED, ANY, 0, 0},
	{"getdents64", ALLOWED, ANY, 0, 0},
	{"fadvise64", ALLOWED, ANY, 0, 0},
	{"open", ALLOWED, 1, KEEPS, 0},
	{"openat", ALLOWED, 2, KEEPS, 0},
	{"openat2", ENOSYS, ANY, 0, 0}, // its flags lie where no filter looks
	{"fcntl", ALLOWED, 1, UINT64_MAX, F_GETFD},
	{"fcntl", ALLOWED, 1, UINT64_MAX, F_SETFD},
	{"fcntl", ALLOWED, 1, UINT64_MAX, F_GETFL},
	{"fcntl", ALLOWED, 1, UINT64_MAX, F_SETFL},
	{"fcntl", ALLOWED, 1, UINT64_MAX, F_DUPFD_CLOEXEC},
	{"mmap", ALLOWED, 2, PROT_EXEC, 0},
	{"mmap", EACCES, 2, PROT_EXEC, PROT_EXEC},
	{"mprotect", ALLOWED, 2, PROT_EXEC, 0},
	{"mprotect", EACCES, 2, PROT_EXEC, PROT_EXEC},
	{"munmap", ALLOWED, ANY, 0, 0},
	{"mremap", ALLOWED, ANY, 0, 0},
	{"madvise", ALLOWED, ANY, 0, 0},
	{"mlock", ALLOWED, ANY, 0, 0},
	{"mlock2", ALLOWED, ANY, 0, 0},
	{"munlock", ALLOWED, ANY, 0, 0},
	{"brk", ALLOWED, ANY, 0, 0},
	{"futex", ALLOWED, ANY, 0, 0},
	{"clock_gettime", ALLOWED, ANY, 0, 0},
	{"clock_getres", ALLOWED, ANY, 0, 0},
	{"clock_nanosleep", ALLOWED, ANY, 0, 0}, // before a file that just changed is read again
	{"nanosleep", ALLOWED, ANY, 0, 0},
	{"gettimeofday", ALLOWED, ANY, 0, 0},
	{"time", ALLOWED, ANY, 0, 0},
	{"getrandom", ALLOWED, ANY, 0, 0},
	{"sysinfo", ALLOWED, ANY, 0, 0},
	{"sched_getaffinity", ALLOWED, ANY, 0, 0},
	{"getcwd", ALLOWED, ANY, 0, 0},
	{"getpid", ALLOWED, ANY, 0, 0},
	{"gettid", ALLOWED, ANY, 0, 0},
	{"getuid", ALLOWED, ANY, 0, 0},
	{"geteuid", ALLOWED, ANY, 0, 0},
	{"getgid", ALLOWED, ANY, 0, 0},
	{"getegid", ALLOWED, ANY, 0, 0},
	{"uname", ALLOWED, ANY, 0, 0},
	{"rt_sigaction", ALLOWED, ANY, 0, 0},
	{"rt_sigprocmask", ALLOWED, ANY, 0, 0},
	{"rt_sigreturn", ALLOWED, ANY, 0, 0},
	{"sigaltstack", ALLOWED, ANY, 0, 0},
	{"restart_syscall", ALLOWED, ANY, 0, 0},
	{"exit", ALLOWED, ANY, 0, 0},
	{"exit_group", ALLOWED, ANY, 0, 0},
	{"umask", ALLOWED, ANY, 0, 0},
	{"ioctl", ENOTTY, ANY, 0, 0},
	{"prctl", EPERM, ANY, 0, 0},
	{"prlimit64", EPERM, ANY, 0, 0},
	{"rseq", ENOSYS, ANY, 0, 0},
	{"membarrier", ENOSYS, ANY, 0, 0},
};

static int add_rules(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) && code == 0; i++) {
		uint32_t answer = calls[i].answer == ALLOWED
					  ? SCMP_ACT_ALLOW
					  : SCMP_ACT_ERRNO((unsigned)calls[i].answer);
		int number = seccomp_syscall_resolve_name(calls[i].name);
		struct scmp_arg_cmp argument = {0};

		if (number < 0)
			continue; // not on this architecture
		argument = (struct scmp_arg_cmp){(unsigned)calls[i].argument, SCMP_CMP_MASKED_EQ,
			calls[i].mask, calls[i].value};
		code = calls[i].argument == ANY
			       ? seccomp_rule_add(filter, answer, number, 0)
			       : seccomp_rule_add_array(filter, answer, number, 1, &argument);
	}
	if (code == 0) // abort(3)
		code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
	return code;
}

// Returns: 1 when the filter is in force, 0 where the kernel has none, or a negative errno.
static int filter_calls(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int code = filter ? add_rules(filter) : -ENOMEM;

	if (code < 0) {
		seccomp_release(filter);
		return err_set(err, code, NULL, "cannot make the filter of system calls: %s",
			strerror(-code));
	}
	code = seccomp_load(filter);
	seccomp_release(filter);
	if (code == -EINVAL || code == -ENOSYS || code == -ECANCELED)
		return 0;
	return code < 0 ? err_set(err, code, NULL, "cannot set the filter of system calls: %s",
				  strerror(-code))
			: 1;
}

int sandbox_enter(
	const char *const *paths, size_t path_count, struct sandbox *ret_sandbox, struct err *err)
{
	const struct rlimit memory = {SANDBOX_MEMORY_MAX, SANDBOX_MEMORY_MAX};
	int landlock = 0, filtered = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, NULL, "cannot give up privileges: %s", strerror(errno));
	if (!SANITIZED && setrlimit(RLIMIT_AS, &memory) < 0 && errno != EPERM)
		return err_set(err, -errno, NULL, "cannot limit memory: %s", strerror(errno));
	if (!SANITIZED) // what looks for leaks at the end reads /proc
		landlock = confine(paths, path_count, err);
	if (landlock < 0)
		return landlock;
	if (!SANITIZED)
		filtered = filter_calls(err);
	if (filtered < 0)
		return filtered;
	*ret_sandbox = (struct sandbox){.filtered = filtered, .landlock = landlock};
	return 0;
}
