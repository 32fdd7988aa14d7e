// By its system calls, for libc knows none of them yet, and by numbers of our own where the
// headers are older than the kernel may be.
// SPDX-License-Identifier: MIT
#include "lib/confine/landlock.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_FOLDER (UINT64_C(1) << 3)
#define REMOVE_FOLDER (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_FILE (UINT64_C(1) << 8)
#define TRUNCATE (UINT64_C(1) << 14)
#define OF_FILES (WRITE_FILE | READ_FILE | TRUNCATE) // what a rule on a file may say

#define BIND_TCP (UINT64_C(1) << 0)
#define CONNECT_TCP (UINT64_C(1) << 1)

#define SCOPE_SOCKETS (UINT64_C(1) << 0)
#define SCOPE_SIGNALS (UINT64_C(1) << 1)

#define VERSION_NETWORK 4
#define VERSION_SCOPE 6

// Rights over files that a version knows; to handle an unknown one is an error.
static const uint64_t rights[] = {
	0, 0x1fff, // the first 13: run, write, read, list, remove and make
	0x3fff,    // move between folders
	0x7fff,    // truncate
	0x7fff,
	0xffff, // ioctl on devices
};

static const uint64_t uses[] = {
	[LANDLOCK_READ] = READ_FILE | READ_FOLDER,
	[LANDLOCK_CHANGE] =
		READ_FILE | READ_FOLDER | WRITE_FILE | REMOVE_FILE | MAKE_FILE | TRUNCATE,
	[LANDLOCK_REMOVE_FILE] = REMOVE_FILE,
	[LANDLOCK_REMOVE_FOLDER] = REMOVE_FOLDER,
};

struct ruleset {
	uint64_t files, network, scope;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

int landlock_version(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

static int allow(int ruleset, const struct landlock_place *place, uint64_t handled, struct err *err)
{
	own_fd int fd = open(place->path, O_PATH | O_CLOEXEC);
	struct path_beneath rule = {.allowed = uses[place->use] & handled, .parent = fd};
	struct stat facts;

	if (fd < 0 || fstat(fd, &facts) < 0)
		return 0;
	if (!S_ISDIR(facts.st_mode))
		rule.allowed &= OF_FILES;
	if (rule.allowed &&
		syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(
			err, -errno, place->path, "cannot be confined to it: %s", strerror(errno));
	return 0;
}

// What is refused unless a rule allows it.
static struct ruleset handled_by(const struct landlock_rules *rules, int version)
{
	size_t row = version < (int)ARRAY_SIZE(rights) ? (size_t)version : ARRAY_SIZE(rights) - 1;
	struct ruleset ruleset = {.files = rights[row]};

	if (rules->reads_all)
		ruleset.files &= ~(READ_FILE | READ_FOLDER);
	if (version >= VERSION_NETWORK)
		ruleset.network = rules->connects ? BIND_TCP : BIND_TCP | CONNECT_TCP;
	if (version >= VERSION_SCOPE)
		ruleset.scope = (rules->signals_others ? 0 : SCOPE_SIGNALS) |
				(rules->reaches_sockets ? 0 : SCOPE_SOCKETS);
	return ruleset;
}

static size_t size_of(int version)
{
	if (version >= VERSION_SCOPE)
		return sizeof(struct ruleset);
	return version >= VERSION_NETWORK ? offsetof(struct ruleset, scope)
					  : offsetof(struct ruleset, network);
}

int landlock_enter(const struct landlock_rules *rules, struct err *err)
{
	int version = landlock_version();
	struct ruleset handled = handled_by(rules, version);
	own_fd int ruleset = -1;

	if (!version)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size_of(version), 0);
	if (ruleset < 0)
		return err_set(
			err, -errno, NULL, "cannot make rules for files: %s", strerror(errno));
	for (size_t i = 0; i < rules->count; i++) {
		int code = allow(ruleset, &rules->places[i], handled.files, err);

		if (code < 0)
			return code;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_set(
			err, -errno, NULL, "cannot set rules for files: %s", strerror(errno));
	return version;
}
