// A list of what is refused: which calls libcurl, OpenSSL and the C library's resolver make is
// theirs to choose.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/enclosure.h"

#include "lib/base/err.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "lib/confine/privileges.h"

#include <errno.h>
#include <linux/sched.h>

#define NEVER(name) \
	{ \
		name, EPERM, CALLFILTER_ANY, 0, 0 \
	}

// What Landlock does not look at.
static const struct callfilter_row changes[] = {
	NEVER("chmod"),
	NEVER("fchmod"),
	NEVER("fchmodat"),
	NEVER("fchmodat2"),
	NEVER("chown"),
	NEVER("lchown"),
	NEVER("fchown"),
	NEVER("fchownat"),
	NEVER("setxattr"),
	NEVER("lsetxattr"),
	NEVER("fsetxattr"),
	NEVER("utimensat"),
	NEVER("setuid"),
	NEVER("setgid"),
	NEVER("setresuid"),
	NEVER("setresgid"),
	NEVER("setgroups"),
	NEVER("pidfd_send_signal"),
	NEVER("kill"),
	NEVER("tkill"),
};

static const struct callfilter_row of_worker[] = {
	NEVER("fork"),
	NEVER("vfork"),
	{"clone", EPERM, 0, CLONE_THREAD, 0},
	{"clone3", ENOSYS, CALLFILTER_ANY, 0, 0}, // its flags lie where no filter looks
	NEVER("listen"),
	NEVER("accept"),
	NEVER("accept4"),
};

int enclosure_enter(const struct enclosure *enclosure)
{
	const struct landlock_rules rules = {.reads_all = true, .connects = true};
	const struct callfilter_table tables[] = {
		callfilter_deadly, {changes, ARRAY_SIZE(changes)}};
	int code = privileges_keep(NULL);

	if (code < 0 || !callfilter_is_built())
		return code;
	ignore_result(privileges_drop(NULL)); // a container's profile may refuse it
	if (enclosure->landlock)
		code = landlock_enter(&rules, NULL);
	if (code >= 0 && enclosure->seccomp)
		code = callfilter_enter(tables, ARRAY_SIZE(tables), CALLFILTER_ALLOW, NULL);
	return code < 0 ? code : 0;
}

int enclosure_enter_worker(const struct enclosure *enclosure)
{
	const struct callfilter_table table = {of_worker, ARRAY_SIZE(of_worker)};
	int code = 0;

	if (callfilter_is_built() && enclosure->seccomp)
		code = callfilter_enter(&table, 1, CALLFILTER_ALLOW, NULL);
	return code < 0 ? code : 0;
}
