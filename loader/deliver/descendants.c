// By /proc/PID/stat: the kernel has no other list of descendants that is always there. A process is
// opened first and compared afterwards, so that a number which was given anew is never hit.
// SPDX-License-Identifier: MIT
#include "loader/deliver/descendants.h"

#include "lib/base/growth.h"
#include "lib/base/listing.h"
#include "lib/base/num.h"
#include "lib/base/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

static pid_t spared; // a session; see descendants_spare

struct reading {
	struct descendants *descendants;
	size_t room;
};

static int add(void *user, int folder, const char *name)
{
	struct reading *reading = user;
	struct descendants *descendants = reading->descendants;
	struct procfs_stat stat;
	uint64_t pid;

	(void)folder;
	if (descendants->count == DESCENDANTS_MAX || num_parse(name, INT32_MAX, &pid) < 0 ||
		procfs_stat_of((pid_t)pid, &stat) < 0 || procfs_is_over(&stat) ||
		(spared && stat.session == spared))
		return 0;
	if (growth_room(&descendants->items, &reading->room, descendants->count,
		    sizeof(*descendants->items)) < 0)
		return -ENOMEM;
	descendants->items[descendants->count++] =
		(struct descendant){(pid_t)pid, stat.parent, stat.start};
	return 0;
}

static bool is_kin(const struct descendants *descendants, size_t kin, pid_t ancestor, pid_t parent)
{
	if (parent == ancestor)
		return true;
	for (size_t i = 0; i < kin; i++)
		if (descendants->items[i].pid == parent)
			return true;
	return false;
}

// Moves the descendants to the front, generation by generation.
static size_t sort_kin(struct descendants *descendants, pid_t ancestor)
{
	size_t kin = 0, before;

	do {
		before = kin;
		for (size_t i = kin; i < descendants->count; i++) {
			struct descendant member = descendants->items[i];

			if (!is_kin(descendants, kin, ancestor, member.parent))
				continue;
			descendants->items[i] = descendants->items[kin];
			descendants->items[kin++] = member;
		}
	} while (kin > before);
	return kin;
}

void descendants_spare(pid_t session)
{
	spared = session;
}

int descendants_read(pid_t ancestor, struct descendants *ret_descendants)
{
	struct descendants descendants = {0};
	struct reading reading = {.descendants = &descendants};
	int code = listing_read(AT_FDCWD, "/proc", add, &reading);

	if (code < 0) {
		descendants_done(&descendants);
		return code;
	}
	descendants.count = sort_kin(&descendants, ancestor);
	*ret_descendants = descendants;
	return 0;
}

void descendants_done(struct descendants *descendants)
{
	free(descendants->items);
	*descendants = (struct descendants){0};
}

int descendants_hold(const struct descendant *member)
{
	own_fd int handle = (int)syscall(SYS_pidfd_open, member->pid, 0);
	struct procfs_stat stat;

	if (handle < 0)
		return -errno;
	if (procfs_stat_of(member->pid, &stat) < 0 || stat.start != member->start ||
		procfs_is_over(&stat))
		return -ESRCH;
	return take_fd(&handle);
}

int descendants_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

bool descendants_has(pid_t ancestor, pid_t pid)
{
	struct procfs_stat stat;

	for (size_t i = 0; i < DESCENDANTS_GENERATIONS_MAX && pid > 1; i++) {
		if (procfs_stat_of(pid, &stat) < 0)
			return false;
		if (stat.parent == ancestor)
			return true;
		pid = stat.parent;
	}
	return false;
}
