// By system calls of their own, so that nobody needs libcap.
// SPDX-License-Identifier: MIT
#include "lib/confine/privileges.h"

#include "lib/base/err.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define CAPABILITIES_MAX 64 // bits of the sets

int privileges_keep(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, NULL, "cannot give up privileges: %s", strerror(errno));
	return 0;
}

// Whether there is none to give up: then capset, which a filter around us may refuse, is not
// needed.
static bool has_none(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, sets) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (sets[i].effective || sets[i].permitted || sets[i].inheritable)
			return false;
	return true;
}

int privileges_drop(struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); // Linux 4.3
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); // not everybody may, see the header
	if (!has_none() && syscall(SYS_capset, &header, none) < 0)
		return err_set(err, -errno, NULL, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}
