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

// What Landlock does not look at.
static const struct callfilter_row changes[] = {
	CALLFILTER_ALWAYS("chmod", EPERM),
	CALLFILTER_ALWAYS("fchmod", EPERM),
	CALLFILTER_ALWAYS("fchmodat", EPERM),
	CALLFILTER_ALWAYS("fchmodat2", EPERM),
	CALLFILTER_ALWAYS("chown", EPERM),
	CALLFILTER_ALWAYS("lchown", EPERM),
	CALLFILTER_ALWAYS("fchown", EPERM),
	CALLFILTER_ALWAYS("fchownat", EPERM),
	CALLFILTER_ALWAYS("setxattr", EPERM),
	CALLFILTER_ALWAYS("lsetxattr", EPERM),
	CALLFILTER_ALWAYS("fsetxattr", EPERM),
	CALLFILTER_ALWAYS("utimensat", EPERM),
	CALLFILTER_ALWAYS("setuid", EPERM),
	CALLFILTER_ALWAYS("setgid", EPERM),
	CALLFILTER_ALWAYS("setresuid", EPERM),
	CALLFILTER_ALWAYS("setresgid", EPERM),
	CALLFILTER_ALWAYS("setgroups", EPERM),
	CALLFILTER_ALWAYS("pidfd_send_signal", EPERM),
	CALLFILTER_ALWAYS("kill", EPERM),
	CALLFILTER_ALWAYS("tkill", EPERM),
};

static const struct callfilter_row of_worker[] = {
	CALLFILTER_ALWAYS("fork", EPERM),
	CALLFILTER_ALWAYS("vfork", EPERM),
	{"clone", EPERM, 0, CLONE_THREAD, 0},
	CALLFILTER_ALWAYS("clone3", ENOSYS), // its flags lie where no filter looks
	CALLFILTER_ALWAYS("listen", EPERM),
	CALLFILTER_ALWAYS("accept", EPERM),
	CALLFILTER_ALWAYS("accept4", EPERM),
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
