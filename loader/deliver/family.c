// By /proc/PID/stat: the kernel has no other list of descendants that is always there. A process is
// opened first and compared afterwards, so that a number which was given anew is never hit.
// SPDX-License-Identifier: MIT
#include "loader/deliver/family.h"

#include "lib/base/growth.h"
#include "lib/base/listing.h"
#include "lib/base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#define STAT_SIZE 1024
#define FIELD_STATE 3 // as proc(5) counts; the first one behind the name
#define FIELD_PARENT 4
#define FIELD_SESSION 6
#define FIELD_START 22

static pid_t spared; // a session; see family_spare

struct stat_line {
	pid_t parent, session;
	uint64_t start;
	bool over; // a zombie, or nearly
};

// The fields of one stat line; the name in it may hold anything, so they begin behind its last ')'.
static bool parse(char *line, struct stat_line *ret_stat)
{
	char *at = strrchr(line, ')'), *word;
	struct stat_line stat = {0};
	uint64_t number;
	int field = FIELD_STATE;

	if (!at)
		return false;
	for (at += at[1] == ' ' ? 2 : 1; (word = strsep(&at, " ")); field++) {
		if (field == FIELD_STATE)
			stat.over = strchr("ZXx", *word) != NULL;
		if (field != FIELD_PARENT && field != FIELD_SESSION && field != FIELD_START)
			continue;
		if (num_parse(word, UINT64_MAX, &number) < 0)
			return false;
		if (field == FIELD_START) {
			stat.start = number;
			*ret_stat = stat;
			return true;
		}
		*(field == FIELD_PARENT ? &stat.parent : &stat.session) = (pid_t)number;
	}
	return false;
}

static bool read_stat(pid_t pid, struct stat_line *ret_stat)
{
	char path[48], line[STAT_SIZE];
	ssize_t got;
	own_fd int handle = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	handle = open(path, O_RDONLY | O_CLOEXEC);
	got = handle < 0 ? -1 : read(handle, line, sizeof(line) - 1);
	if (got <= 0)
		return false;
	line[got] = '\0';
	return parse(line, ret_stat);
}

struct reading {
	struct family *family;
	size_t room;
};

static int add(void *user, int folder, const char *name)
{
	struct reading *reading = user;
	struct family *family = reading->family;
	struct stat_line stat;
	uint64_t pid;

	(void)folder;
	if (family->count == FAMILY_MAX || num_parse(name, INT32_MAX, &pid) < 0 ||
		!read_stat((pid_t)pid, &stat) || stat.over || (spared && stat.session == spared))
		return 0;
	if (growth_room(&family->members, &reading->room, family->count, sizeof(*family->members)) <
		0)
		return -ENOMEM;
	family->members[family->count++] =
		(struct family_member){(pid_t)pid, stat.parent, stat.start};
	return 0;
}

static bool is_kin(const struct family *family, size_t kin, pid_t ancestor, pid_t parent)
{
	if (parent == ancestor)
		return true;
	for (size_t i = 0; i < kin; i++)
		if (family->members[i].pid == parent)
			return true;
	return false;
}

// Moves the descendants to the front, generation by generation.
static size_t sort_kin(struct family *family, pid_t ancestor)
{
	size_t kin = 0, before;

	do {
		before = kin;
		for (size_t i = kin; i < family->count; i++) {
			struct family_member member = family->members[i];

			if (!is_kin(family, kin, ancestor, member.parent))
				continue;
			family->members[i] = family->members[kin];
			family->members[kin++] = member;
		}
	} while (kin > before);
	return kin;
}

void family_spare(pid_t session)
{
	spared = session;
}

int family_read(pid_t ancestor, struct family *ret_family)
{
	struct family family = {0};
	struct reading reading = {.family = &family};
	int code = listing_read(AT_FDCWD, "/proc", add, &reading);

	if (code < 0) {
		family_done(&family);
		return code;
	}
	family.count = sort_kin(&family, ancestor);
	*ret_family = family;
	return 0;
}

void family_done(struct family *family)
{
	free(family->members);
	*family = (struct family){0};
}

int family_hold(const struct family_member *member)
{
	own_fd int handle = (int)syscall(SYS_pidfd_open, member->pid, 0);
	struct stat_line stat;

	if (handle < 0)
		return -errno;
	if (!read_stat(member->pid, &stat) || stat.start != member->start || stat.over)
		return -ESRCH;
	return take_fd(&handle);
}

int family_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

bool family_has(pid_t ancestor, pid_t pid)
{
	struct stat_line stat;

	for (size_t i = 0; i < FAMILY_GENERATIONS_MAX && pid > 1; i++) {
		if (!read_stat(pid, &stat))
			return false;
		if (stat.parent == ancestor)
			return true;
		pid = stat.parent;
	}
	return false;
}
