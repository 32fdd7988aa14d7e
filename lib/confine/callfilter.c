// Made by libseccomp.
// SPDX-License-Identifier: MIT
#include "lib/confine/callfilter.h"

#include "lib/base/err.h"

#include <errno.h>
#include <seccomp.h>

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

#define ROOM ((size_t)1 << 20) // the largest filter here takes a quarter of it

static const struct callfilter_row deadly[] = {
	CALLFILTER_ALWAYS("execve", CALLFILTER_END),
	CALLFILTER_ALWAYS("execveat", CALLFILTER_END),
	CALLFILTER_ALWAYS("ptrace", CALLFILTER_END),
	CALLFILTER_ALWAYS("process_vm_readv", CALLFILTER_END),
	CALLFILTER_ALWAYS("process_vm_writev", CALLFILTER_END),
	CALLFILTER_ALWAYS("process_madvise", CALLFILTER_END),
	CALLFILTER_ALWAYS("pidfd_getfd", CALLFILTER_END),
	CALLFILTER_ALWAYS("kcmp", CALLFILTER_END),
	CALLFILTER_ALWAYS("bpf", CALLFILTER_END),
	CALLFILTER_ALWAYS("perf_event_open", CALLFILTER_END),
	CALLFILTER_ALWAYS("userfaultfd", CALLFILTER_END),
	CALLFILTER_ALWAYS("io_uring_setup", CALLFILTER_END),
	CALLFILTER_ALWAYS("io_uring_enter", CALLFILTER_END),
	CALLFILTER_ALWAYS("io_uring_register", CALLFILTER_END),
	CALLFILTER_ALWAYS("keyctl", CALLFILTER_END),
	CALLFILTER_ALWAYS("add_key", CALLFILTER_END),
	CALLFILTER_ALWAYS("request_key", CALLFILTER_END),
	CALLFILTER_ALWAYS("unshare", CALLFILTER_END),
	CALLFILTER_ALWAYS("setns", CALLFILTER_END),
	CALLFILTER_ALWAYS("mount", CALLFILTER_END),
	CALLFILTER_ALWAYS("umount2", CALLFILTER_END),
	CALLFILTER_ALWAYS("move_mount", CALLFILTER_END),
	CALLFILTER_ALWAYS("open_tree", CALLFILTER_END),
	CALLFILTER_ALWAYS("fsopen", CALLFILTER_END),
	CALLFILTER_ALWAYS("fsmount", CALLFILTER_END),
	CALLFILTER_ALWAYS("fsconfig", CALLFILTER_END),
	CALLFILTER_ALWAYS("fspick", CALLFILTER_END),
	CALLFILTER_ALWAYS("mount_setattr", CALLFILTER_END),
	CALLFILTER_ALWAYS("pivot_root", CALLFILTER_END),
	CALLFILTER_ALWAYS("chroot", CALLFILTER_END),
	CALLFILTER_ALWAYS("open_by_handle_at", CALLFILTER_END),
	CALLFILTER_ALWAYS("init_module", CALLFILTER_END),
	CALLFILTER_ALWAYS("finit_module", CALLFILTER_END),
	CALLFILTER_ALWAYS("delete_module", CALLFILTER_END),
	CALLFILTER_ALWAYS("kexec_load", CALLFILTER_END),
	CALLFILTER_ALWAYS("kexec_file_load", CALLFILTER_END),
	CALLFILTER_ALWAYS("reboot", CALLFILTER_END),
	CALLFILTER_ALWAYS("swapon", CALLFILTER_END),
	CALLFILTER_ALWAYS("swapoff", CALLFILTER_END),
	CALLFILTER_ALWAYS("personality", CALLFILTER_END),
	CALLFILTER_ALWAYS("mknod", CALLFILTER_END),
	CALLFILTER_ALWAYS("mknodat", CALLFILTER_END),
	CALLFILTER_ALWAYS("iopl", CALLFILTER_END),
	CALLFILTER_ALWAYS("ioperm", CALLFILTER_END),
	CALLFILTER_ALWAYS("modify_ldt", CALLFILTER_END),
	CALLFILTER_ALWAYS("quotactl", CALLFILTER_END),
	CALLFILTER_ALWAYS("quotactl_fd", CALLFILTER_END),
	CALLFILTER_ALWAYS("acct", CALLFILTER_END),
	CALLFILTER_ALWAYS("syslog", CALLFILTER_END),
	CALLFILTER_ALWAYS("settimeofday", CALLFILTER_END),
	CALLFILTER_ALWAYS("clock_settime", CALLFILTER_END),
	CALLFILTER_ALWAYS("adjtimex", CALLFILTER_END),
	CALLFILTER_ALWAYS("clock_adjtime", CALLFILTER_END),
	CALLFILTER_ALWAYS("sethostname", CALLFILTER_END),
	CALLFILTER_ALWAYS("setdomainname", CALLFILTER_END),
	CALLFILTER_ALWAYS("fanotify_init", CALLFILTER_END),
	CALLFILTER_ALWAYS("lookup_dcookie", CALLFILTER_END),
	CALLFILTER_ALWAYS("vhangup", CALLFILTER_END),
};

const struct callfilter_table callfilter_deadly = {deadly, ARRAY_SIZE(deadly)};

bool callfilter_is_built(void)
{
	return !SANITIZED;
}

static uint32_t action_of(int answer)
{
	if (answer == CALLFILTER_ALLOW)
		return SCMP_ACT_ALLOW;
	return answer == CALLFILTER_END ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO((unsigned)answer);
}

static int add_row(scmp_filter_ctx filter, const struct callfilter_row *row)
{
	int number = seccomp_syscall_resolve_name(row->name);
	struct scmp_arg_cmp argument = {0};

	if (number < 0)
		return 0;
	if (row->argument == CALLFILTER_ANY)
		return seccomp_rule_add(filter, action_of(row->answer), number, 0);
	argument = (struct scmp_arg_cmp){
		(unsigned)row->argument, SCMP_CMP_MASKED_EQ, row->mask, row->value};
	return seccomp_rule_add_array(filter, action_of(row->answer), number, 1, &argument);
}

static int add_table(scmp_filter_ctx filter, const struct callfilter_table *table, int otherwise)
{
	int code = 0;

	for (size_t i = 0; i < table->count && code == 0; i++)
		if (table->rows[i].answer != otherwise) // a row that says so has no place
			code = add_row(filter, &table->rows[i]);
	return code;
}

// libseccomp 2.5 does not look whether it got what it asked for, and crashes or never ends without:
// whether there is more than it takes. Volatile, or no compiler would ask for what nobody uses.
static bool has_room(void)
{
	void *volatile room = malloc(ROOM);
	bool is_there = room;

	free(room);
	return is_there;
}

// Returns: 0, -EOPNOTSUPP (the kernel, or a filter around us, gives no filter), or another one.
static int make(
	scmp_filter_ctx filter, const struct callfilter_table *tables, size_t count, int otherwise)
{
	int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (code == 0) // or whatever the kernel says is one errno
		code = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	for (size_t i = 0; i < count && code == 0; i++)
		code = add_table(filter, &tables[i], otherwise);
	return code;
}

static bool is_refusal(int code)
{
	return code == -EINVAL || code == -ENOSYS || code == -EPERM || code == -EACCES;
}

int callfilter_enter(
	const struct callfilter_table *tables, size_t count, int otherwise, struct err *err)
{
	scmp_filter_ctx filter = has_room() ? seccomp_init(action_of(otherwise)) : NULL;
	int code = filter ? make(filter, tables, count, otherwise) : -ENOMEM;

	if (code < 0) {
		seccomp_release(filter);
		return code == -EOPNOTSUPP ? 0
					   : err_set(err, code, NULL,
						     "cannot make the filter of system calls: %s",
						     strerror(-code));
	}
	code = seccomp_load(filter);
	seccomp_release(filter);
	if (is_refusal(code))
		return 0;
	return code < 0 ? err_set(err, code, NULL, "cannot set the filter of system calls: %s",
				  strerror(-code))
			: 1;
}
