// JSON by jansson.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/guards.h"

#include "lib/value/dump.h"
#include "verifier/trust/vault.h"

#include <jansson.h>
#include <sys/prctl.h>

static const char *const names[GUARDS] = {[GUARD_SECCOMP] = "seccomp",
	[GUARD_LANDLOCK] = "landlock",
	[GUARD_CAPABILITIES] = "capabilities",
	[GUARD_NO_NEW_PRIVS] = "no_new_privs",
	[GUARD_MEMORY_LOCKED] = "memory_locked",
	[GUARD_MEMORY_HIDDEN] = "memory_hidden",
	[GUARD_NOT_DUMPABLE] = "not_dumpable"};

static const char *const causes[] = {[GUARD_IN_FORCE] = "",
	[GUARD_KERNEL] = "kernel",
	[GUARD_SETTINGS] = "settings",
	[GUARD_BUILD] = "build",
	[GUARD_LIMIT] = "limit",
	[GUARD_NOT_SET] = "not_set"};

static const struct {
	enum guard guard;
	enum guard_cause cause;
	const char *text;
} reasons[] = {
	{GUARD_SECCOMP, GUARD_KERNEL,
		"the kernel filters no system calls (CONFIG_SECCOMP_FILTER), or what is around "
		"samekeyd refuses seccomp: allow it in SystemCallFilter= or the container's "
		"profile"},
	{GUARD_SECCOMP, GUARD_SETTINGS, "seccomp = no stands under [sandbox] of samekeyd.ini"},
	{GUARD_LANDLOCK, GUARD_KERNEL,
		"the kernel has no Landlock (Linux 5.13, and landlock in lsm= of its command "
		"line), or what is around samekeyd refuses it: allow landlock_create_ruleset and "
		"its like in SystemCallFilter= or the container's profile"},
	{GUARD_LANDLOCK, GUARD_SETTINGS, "landlock = no stands under [sandbox] of samekeyd.ini"},
	{GUARD_CAPABILITIES, GUARD_KERNEL,
		"what is around samekeyd refuses capset: allow it in SystemCallFilter= or the "
		"container's profile, or start it without capabilities"},
	{GUARD_MEMORY_LOCKED, GUARD_LIMIT,
		"the limit on locked memory is too low: LimitMEMLOCK=infinity in the unit"},
	{GUARD_MEMORY_HIDDEN, GUARD_KERNEL,
		"the kernel gives no memfd_secret: Linux 5.14, before 6.5 with secretmem.enable=1"},
};

const char *guards_name(enum guard guard)
{
	return names[guard];
}

const char *guards_why(enum guard guard, enum guard_cause cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].guard == guard && reasons[i].cause == cause)
			return reasons[i].text;
	if (cause == GUARD_BUILD)
		return "this build looks for mistakes of memory, and cannot be confined";
	return cause == GUARD_IN_FORCE ? "" : "it was not set up";
}

void guards_look(struct guards *guards, const struct vault *vault)
{
	struct secret_guard memory = vault_guard(vault);

	guards->causes[GUARD_MEMORY_LOCKED] = memory.locked ? GUARD_IN_FORCE : GUARD_LIMIT;
	guards->causes[GUARD_MEMORY_HIDDEN] = memory.hidden ? GUARD_IN_FORCE : GUARD_KERNEL;
	guards->causes[GUARD_NOT_DUMPABLE] =
		prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? GUARD_IN_FORCE : GUARD_NOT_SET;
}

static json_t *guard_json(enum guard guard, enum guard_cause cause)
{
	if (cause == GUARD_IN_FORCE)
		return json_pack("{s:s, s:b}", "guard", names[guard], "active", 1);
	return json_pack("{s:s, s:b, s:s, s:s}", "guard", names[guard], "active", 0, "cause",
		causes[cause], "why", guards_why(guard, cause));
}

json_t *guards_json(const struct guards *guards)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < GUARDS; i++)
		dump_append(&list, guard_json((enum guard)i, guards->causes[i]));
	return list ? json_pack("{s:i, s:i, s:o}", "v", 1, "landlock", guards->landlock, "guards",
			      list)
		    : NULL;
}
