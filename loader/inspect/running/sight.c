// A second look at its start and at the place of its environment says whether a process ended or
// became another program meanwhile; then all that was read of it is thrown away.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/sight.h"

#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/inspect/running/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define ENVIRON_STEP 16384u // bytes that are tried where the kernel does not say how many
#define TRIES 8             // looks at a process that becomes another program under them
#define PATH_SIZE 16        // of a number below /proc
#define DELETED " (deleted)"

int sight_open_proc(void)
{
	own_fd int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs facts;

	if (fd < 0 || fstatfs(fd, &facts) < 0)
		return -errno;
	if (facts.f_type != PROC_SUPER_MAGIC)
		return -ENOENT;
	return take_fd(&fd);
}

void sight_close(const struct sight *sight)
{
	own_fd_release(&sight->pidfd);
	own_fd_release(&sight->folder);
	own_fd_release(&sight->stat);
}

// A pidfd first: from then on the number cannot go to another process unseen. Kernels before 5.3
// and some sandboxes have none; the folder's handle and the start time do without.
int sight_open(int proc, pid_t pid, struct sight *ret_sight)
{
	struct sight sight = {-1, -1, -1, {0}};
	char name[PATH_SIZE];
	int code;

	(void)snprintf(name, sizeof(name), "%d", pid);
	sight.pidfd = (int)syscall(SYS_pidfd_open, pid, 0u);
	sight.folder = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sight.folder >= 0)
		sight.stat = openat(sight.folder, "stat", O_RDONLY | O_CLOEXEC);
	if (sight.stat < 0 && errno != EACCES && errno != EPERM) {
		code = errno == ENOENT ? -ESRCH : -errno;
		sight_close(&sight);
		return code;
	}
	*ret_sight = sight;
	return 0;
}

// Whether it ended since it was opened.
static bool has_ended(const struct sight *sight)
{
	struct pollfd poll_one = {.fd = sight->pidfd, .events = POLLIN};

	return sight->pidfd >= 0 && poll(&poll_one, 1, 0) > 0;
}

// What a link of the folder leads to; "" where it is not shown, or not there.
static const char *link_text(const struct sight *sight, const char *name, bool *ret_gone,
	bool *ret_hidden, struct pool *pool)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(sight->folder, name, target, sizeof(target));
	size_t tail = strlen(DELETED);
	struct stat facts;

	*ret_gone = false;
	if (length < 0 && errno != ENOENT && errno != ESRCH)
		*ret_hidden = true;
	if (length <= 0)
		return "";
	// a file may really be called so
	if ((size_t)length > tail && memcmp(target + length - tail, DELETED, tail) == 0 &&
		fstatat(sight->folder, name, &facts, 0) == 0 && facts.st_nlink == 0) {
		*ret_gone = true;
		length -= (ssize_t)tail;
	}
	return pool_text(pool, target, (size_t)length);
}

// A block of the arena with an environment.
struct block {
	uint8_t *bytes;
	size_t room, length;
};

static void give_back(struct sight_round *round, struct block *block)
{
	secret_arena_give(round->arena, block->bytes, block->room);
	round->environments -= block->room;
	*block = (struct block){0};
}

// Reads to the end, which is known where the kernel said how much there is.
// Returns: 0, or a negative errno.
static int fill_block(int fd, struct block *block, size_t expected)
{
	ssize_t got;

	do {
		got = pread(fd, block->bytes + block->length, block->room - block->length,
			(off_t)block->length);
		block->length += got > 0 ? (size_t)got : 0;
	} while (block->length != expected && block->length < block->room &&
		 (got > 0 || (got < 0 && errno == EINTR)));
	return got < 0 ? -errno : 0;
}

// Reads an environment that is said to have `expected` bytes; 0: nobody knows.
static enum process_sight read_environ(
	struct sight_round *round, int fd, size_t expected, struct block *ret_block)
{
	size_t room = expected ? expected + 1 : ENVIRON_STEP;

	for (; room <= PROCESS_ENVIRON_MAX + 1; room *= 2) {
		struct block block = {.room = room};
		int code;

		if (room > PROCESS_ENVIRONS_MAX - round->environments ||
			!(block.bytes = secret_arena_take(round->arena, room)))
			break;
		round->environments += room;
		code = fill_block(fd, &block, expected);
		// the kernel gives less where it cannot get at the pages: that is no end
		if (code == 0 && block.length < expected)
			code = -EAGAIN;
		if (code == 0 && block.length < room) {
			*ret_block = block;
			return PROCESS_SEEN;
		}
		give_back(round, &block);
		if (code < 0)
			return code == -EACCES || code == -EPERM ? PROCESS_DENIED : PROCESS_GONE;
	}
	return PROCESS_TOO_LARGE;
}

static enum process_sight see_environ(
	struct sight_round *round, const struct sight *sight, struct block *ret_block)
{
	const struct procfs_stat *first = &sight->first;
	uint64_t size =
		first->environ_end > first->environ_at ? first->environ_end - first->environ_at : 0;
	own_fd int fd = -1;

	if (size > PROCESS_ENVIRON_MAX)
		return PROCESS_TOO_LARGE;
	fd = openat(sight->folder, "environ", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ESRCH || errno == ENOENT ? PROCESS_GONE : PROCESS_DENIED;
	return read_environ(round, fd, size, ret_block);
}

// What the first look shows.
static int see_facts(struct sight_round *round, const struct sight *sight, struct process *process)
{
	char name[4 * PROCFS_NAME_MAX + 1];
	uint64_t began = sight->first.start / round->ticks;
	struct stat facts;

	process->parent = sight->first.parent;
	process->session = sight->first.session;
	process->start = sight->first.start;
	process->age_s = sight->stat >= 0 && round->now_s > began ? round->now_s - began : 0;
	process->uid = fstat(sight->folder, &facts) == 0 ? facts.st_uid : (uid_t)-1;
	process->name =
		pool_copy(round->pool, text_printable(name, sizeof(name), sight->first.name));
	process->program = process->folder = "";
	return process->name ? 0 : -ENOMEM;
}

static int see_links(struct pool *pool, const struct sight *sight, struct process *process)
{
	bool replaced, hidden = false;

	process->program = link_text(sight, "exe", &replaced, &hidden, pool);
	process->folder = link_text(sight, "cwd", &process->folder_gone, &hidden, pool);
	if (hidden && process->sight == PROCESS_SEEN) // whose it is cannot be told
		process->sight = PROCESS_DENIED;
	return process->program && process->folder ? 0 : -ENOMEM;
}

// Whether the second look shows the program of the first one. While execve puts a new one in place
// there is an environment of no bytes.
static bool is_settled(
	const struct sight *sight, const struct procfs_stat *second, const struct block *block)
{
	if (!block->length && (second->forming || sight->first.forming))
		return false;
	return second->start == sight->first.start &&
	       second->environ_at == sight->first.environ_at &&
	       second->environ_end == sight->first.environ_end;
}

// Whether an environment that was read, and is not that of a program in the making, is passed over.
static bool is_unwanted(const struct sight_round *round, const struct sight *sight,
	const struct process *process, const struct block *block)
{
	return round->query->wanted && process->sight == PROCESS_SEEN &&
	       (block->length || !sight->first.forming) &&
	       !round->query->wanted(round->query->user, secret_view(block->bytes, block->length));
}

// The environment and what belongs to the same program.
// Returns: 1, -EAGAIN when it became another program, or -ENOMEM.
static int see_program(
	struct sight_round *round, const struct sight *sight, struct process *process)
{
	struct procfs_stat second = {0};
	struct block block = {0};
	bool over;
	int code;

	process->sight = see_environ(round, sight, &block);
	if (is_unwanted(round, sight, process, &block)) {
		give_back(round, &block);
		process->sight = PROCESS_UNASKED;
		return see_links(round->pool, sight, process) < 0 ? -ENOMEM : 1;
	}
	if (see_links(round->pool, sight, process) < 0)
		return -ENOMEM;
	code = procfs_read_stat(sight->stat, &second);
	over = code == -ESRCH || (code == 0 && procfs_is_over(&second)) || has_ended(sight);
	if (!over && code == 0 && is_settled(sight, &second, &block)) {
		process->environment = secret_view(block.bytes, block.length);
		if (process->sight == PROCESS_GONE) // it is there, and what it holds is not shown
			process->sight = PROCESS_DENIED;
		return 1;
	}
	if (block.bytes)
		give_back(round, &block);
	process->sight = !over && code < 0 ? PROCESS_DENIED : PROCESS_GONE;
	return over || code < 0 ? 1 : -EAGAIN;
}

// Looks at an opened process once.
// Returns: 1, 0 when it is none that is shown, -EAGAIN when it became another program, or -ENOMEM.
static int see_once(struct sight_round *round, struct sight *sight, struct process *process)
{
	// hidepid=1: listed, and nothing else
	int code = sight->stat < 0 ? -EACCES : procfs_read_stat(sight->stat, &sight->first);

	if (code == -ESRCH || (code == 0 && (procfs_is_over(&sight->first) || sight->first.kernel)))
		return 0;
	process->sight = code < 0 ? PROCESS_DENIED : PROCESS_UNASKED;
	if (see_facts(round, sight, process) < 0)
		return -ENOMEM;
	if (code < 0)
		return 1;
	if (round->query->environment)
		return see_program(round, sight, process);
	return see_links(round->pool, sight, process) < 0 ? -ENOMEM : 1;
}

int sight_see(struct sight_round *round, pid_t pid, struct process *ret_process)
{
	struct sight sight = {-1, -1, -1, {0}};
	int code = sight_open(round->proc, pid, &sight);

	if (code < 0)
		return code == -ESRCH ? 0 : code;
	for (unsigned i = 0; i < TRIES; i++) {
		*ret_process = (struct process){.pid = pid};
		code = see_once(round, &sight, ret_process);
		if (code != -EAGAIN)
			break;
		(void)sched_yield();
	}
	sight_close(&sight);
	return code == -EAGAIN ? 1 : code;
}
