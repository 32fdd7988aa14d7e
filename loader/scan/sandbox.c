// The table of what a scan may call. Whatever is in no row ends the process.
// SPDX-License-Identifier: MIT
#include "loader/scan/sandbox.h"

#include "lib/base/err.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "lib/confine/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

bool sandbox_is_built(void)
{
	return callfilter_is_built();
}

// ---- the filter

#define KEEPS (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define ALLOWED CALLFILTER_ALLOW
#define ANY CALLFILTER_ANY

// What may be called, and what is answered with an error because a library may try it.
static const struct callfilter_row calls[] = {
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

static int filter_calls(struct err *err)
{
	const struct callfilter_row own = {
		"tgkill", ALLOWED, 0, CALLFILTER_INT, (uint32_t)getpid()}; // abort(3)
	const struct callfilter_table tables[] = {{calls, ARRAY_SIZE(calls)}, {&own, 1}};

	return callfilter_enter(tables, ARRAY_SIZE(tables), CALLFILTER_END, err);
}

static int confine(const char *const *paths, size_t path_count, struct err *err)
{
	struct landlock_rules rules = {.count = path_count};
	own_free struct landlock_place *places = calloc(path_count + 1, sizeof(*places));

	if (!places)
		return err_no_memory(err);
	for (size_t i = 0; i < path_count; i++)
		places[i].path = paths[i]; // to be read
	rules.places = places;
	return landlock_enter(&rules, err);
}

int sandbox_enter(
	const char *const *paths, size_t path_count, struct sandbox *ret_sandbox, struct err *err)
{
	const struct rlimit memory = {SANDBOX_MEMORY_MAX, SANDBOX_MEMORY_MAX};
	int landlock = 0, filtered = privileges_keep(err);

	if (filtered < 0)
		return filtered;
	if (sandbox_is_built() && setrlimit(RLIMIT_AS, &memory) < 0 && errno != EPERM)
		return err_set(err, -errno, NULL, "cannot limit memory: %s", strerror(errno));
	if (sandbox_is_built()) // what looks for leaks at the end reads /proc
		landlock = confine(paths, path_count, err);
	if (landlock < 0)
		return landlock;
	if (sandbox_is_built())
		filtered = filter_calls(err);
	if (filtered < 0)
		return filtered;
	*ret_sandbox = (struct sandbox){.filtered = filtered, .landlock = landlock};
	return 0;
}
