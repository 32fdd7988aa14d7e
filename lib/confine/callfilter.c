// Made by libseccomp.
// SPDX-License-Identifier: MIT
#include "lib/confine/callfilter.h"

#include "lib/base/err.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
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

#define DEADLY(name) \
	{ \
		name, CALLFILTER_END, CALLFILTER_ANY, 0, 0 \
	}

static const struct callfilter_row deadly[] = {
	DEADLY("execve"),
	DEADLY("execveat"),
	DEADLY("ptrace"),
	DEADLY("process_vm_readv"),
	DEADLY("process_vm_writev"),
	DEADLY("process_madvise"),
	DEADLY("pidfd_getfd"),
	DEADLY("kcmp"),
	DEADLY("bpf"),
	DEADLY("perf_event_open"),
	DEADLY("userfaultfd"),
	DEADLY("io_uring_setup"),
	DEADLY("io_uring_enter"),
	DEADLY("io_uring_register"),
	DEADLY("keyctl"),
	DEADLY("add_key"),
	DEADLY("request_key"),
	DEADLY("unshare"),
	DEADLY("setns"),
	DEADLY("mount"),
	DEADLY("umount2"),
	DEADLY("move_mount"),
	DEADLY("open_tree"),
	DEADLY("fsopen"),
	DEADLY("fsmount"),
	DEADLY("fsconfig"),
	DEADLY("fspick"),
	DEADLY("mount_setattr"),
	DEADLY("pivot_root"),
	DEADLY("chroot"),
	DEADLY("open_by_handle_at"),
	DEADLY("init_module"),
	DEADLY("finit_module"),
	DEADLY("delete_module"),
	DEADLY("kexec_load"),
	DEADLY("kexec_file_load"),
	DEADLY("reboot"),
	DEADLY("swapon"),
	DEADLY("swapoff"),
	DEADLY("personality"),
	DEADLY("mknod"),
	DEADLY("mknodat"),
	DEADLY("iopl"),
	DEADLY("ioperm"),
	DEADLY("modify_ldt"),
	DEADLY("quotactl"),
	DEADLY("quotactl_fd"),
	DEADLY("acct"),
	DEADLY("syslog"),
	DEADLY("settimeofday"),
	DEADLY("clock_settime"),
	DEADLY("adjtimex"),
	DEADLY("clock_adjtime"),
	DEADLY("sethostname"),
	DEADLY("setdomainname"),
	DEADLY("fanotify_init"),
	DEADLY("lookup_dcookie"),
	DEADLY("vhangup"),
};

const struct callfilter_table callfilter_deadly = {deadly, ARRAY_SIZE(deadly)};

bool callfilter_is_built(void)
{
	return !SANITIZED;
}

bool callfilter_is_there(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
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

int callfilter_enter(
	const struct callfilter_table *tables, size_t count, int otherwise, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(action_of(otherwise));
	int code = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;

	for (size_t i = 0; i < count && code == 0; i++)
		code = add_table(filter, &tables[i], otherwise);
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
