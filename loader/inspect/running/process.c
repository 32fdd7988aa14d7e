// The folder of a process in /proc is opened once and all is read below it: the handle belongs to
// one process for good. A second look at its start and at the place of its environment says
// whether it ended or became another program meanwhile.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/process.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/inspect/running/port.h"
#include "loader/inspect/running/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
#define ENVIRON_STEP 16384u // bytes that are tried where the kernel does not say how many
#define TRIES 8             // looks at a process that becomes another program under them
#define PATH_SIZE 16        // of a number below /proc
#define GENERATIONS_MAX 4096u
#define DELETED " (deleted)"

struct look {
	const struct process_query *query;
	struct secret_arena *arena;
	struct pool *pool;
	int proc;            // /proc
	uint64_t now_s;      // CLOCK_BOOTTIME
	uint64_t ticks;      // a second
	size_t environments; // bytes that were read
};

// One process while it is looked at.
struct sight {
	int pidfd, folder, stat;
	struct procfs_stat first;
};

static void sight_close(const struct sight *sight)
{
	own_fd_release(&sight->pidfd);
	own_fd_release(&sight->folder);
	own_fd_release(&sight->stat);
}

// Returns: 0, -ESRCH when it is gone, or another negative errno.
static int read_stat(int fd, struct procfs_stat *ret_stat)
{
	char text[PROCFS_STAT_MAX];
	ssize_t length;

	do
		length = pread(fd, text, sizeof(text), 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ESRCH;
	return procfs_stat(text, (size_t)length, ret_stat);
}

static bool is_over(const struct procfs_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
}

// A pidfd first: from then on the number cannot go to another process unseen. Kernels before 5.3
// and some sandboxes have none; the folder's handle and the start time do without.
static int sight_open(int proc, pid_t pid, struct sight *ret_sight)
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

static void give_back(struct look *look, struct block *block)
{
	secret_arena_give(look->arena, block->bytes, block->room);
	look->environments -= block->room;
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
	struct look *look, int fd, size_t expected, struct block *ret_block)
{
	size_t room = expected ? expected + 1 : ENVIRON_STEP;

	for (; room <= PROCESS_ENVIRON_MAX + 1; room *= 2) {
		struct block block = {.room = room};
		int code;

		if (room > PROCESS_ENVIRONS_MAX - look->environments ||
			!(block.bytes = secret_arena_take(look->arena, room)))
			break;
		look->environments += room;
		code = fill_block(fd, &block, expected);
		// the kernel gives less where it cannot get at the pages: that is no end
		if (code == 0 && block.length < expected)
			code = -EAGAIN;
		if (code == 0 && block.length < room) {
			*ret_block = block;
			return PROCESS_SEEN;
		}
		give_back(look, &block);
		if (code < 0)
			return code == -EACCES || code == -EPERM ? PROCESS_DENIED : PROCESS_GONE;
	}
	return PROCESS_TOO_LARGE;
}

static enum process_sight see_environ(
	struct look *look, const struct sight *sight, struct block *ret_block)
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
	return read_environ(look, fd, size, ret_block);
}

// What the first look shows.
static int see_facts(struct look *look, const struct sight *sight, struct process *process)
{
	char name[4 * PROCFS_NAME_MAX + 1];
	uint64_t began = sight->first.start / look->ticks;
	struct stat facts;

	process->parent = sight->first.parent;
	process->session = sight->first.session;
	process->start = sight->first.start;
	process->age_s = sight->stat >= 0 && look->now_s > began ? look->now_s - began : 0;
	process->uid = fstat(sight->folder, &facts) == 0 ? facts.st_uid : (uid_t)-1;
	process->name =
		pool_copy(look->pool, text_printable(name, sizeof(name), sight->first.name));
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
static bool is_unwanted(const struct look *look, const struct sight *sight,
	const struct process *process, const struct block *block)
{
	return look->query->wanted && process->sight == PROCESS_SEEN &&
	       (block->length || !sight->first.forming) &&
	       !look->query->wanted(look->query->user, secret_view(block->bytes, block->length));
}

// The environment and what belongs to the same program.
// Returns: 1, -EAGAIN when it became another program, or -ENOMEM.
static int see_program(struct look *look, const struct sight *sight, struct process *process)
{
	struct procfs_stat second = {0};
	struct block block = {0};
	bool over;
	int code;

	process->sight = see_environ(look, sight, &block);
	if (is_unwanted(look, sight, process, &block)) {
		give_back(look, &block);
		process->sight = PROCESS_UNASKED;
		return see_links(look->pool, sight, process) < 0 ? -ENOMEM : 1;
	}
	if (see_links(look->pool, sight, process) < 0)
		return -ENOMEM;
	code = read_stat(sight->stat, &second);
	over = code == -ESRCH || (code == 0 && is_over(&second)) || has_ended(sight);
	if (!over && code == 0 && is_settled(sight, &second, &block)) {
		process->environment = secret_view(block.bytes, block.length);
		if (process->sight == PROCESS_GONE) // it is there, and what it holds is not shown
			process->sight = PROCESS_DENIED;
		return 1;
	}
	if (block.bytes)
		give_back(look, &block);
	process->sight = !over && code < 0 ? PROCESS_DENIED : PROCESS_GONE;
	return over || code < 0 ? 1 : -EAGAIN;
}

// Looks at an opened process once.
// Returns: 1, 0 when it is none that is shown, -EAGAIN when it became another program, or -ENOMEM.
static int see_once(struct look *look, struct sight *sight, struct process *process)
{
	// hidepid=1: listed, and nothing else
	int code = sight->stat < 0 ? -EACCES : read_stat(sight->stat, &sight->first);

	if (code == -ESRCH || (code == 0 && (is_over(&sight->first) || sight->first.kernel)))
		return 0;
	process->sight = code < 0 ? PROCESS_DENIED : PROCESS_UNASKED;
	if (see_facts(look, sight, process) < 0)
		return -ENOMEM;
	if (code < 0)
		return 1;
	if (look->query->environment)
		return see_program(look, sight, process);
	return see_links(look->pool, sight, process) < 0 ? -ENOMEM : 1;
}

// Returns: 1, 0 when it is none that is shown, or a negative errno.
static int see(struct look *look, pid_t pid, struct process *ret_process)
{
	struct sight sight = {-1, -1, -1, {0}};
	int code = sight_open(look->proc, pid, &sight);

	if (code < 0)
		return code == -ESRCH ? 0 : code;
	for (unsigned i = 0; i < TRIES; i++) {
		*ret_process = (struct process){.pid = pid};
		code = see_once(look, &sight, ret_process);
		if (code != -EAGAIN)
			break;
		(void)sched_yield();
	}
	sight_close(&sight);
	return code == -EAGAIN ? 1 : code;
}

// ---- who is looked at

struct kin {
	pid_t pid, parent;
	bool within;
};

// Of two items that begin with their pid.
static int compare_pids(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

static int add_pid(struct look *look, const char *name, struct pool_list *list, bool *ret_cut)
{
	uint64_t number;
	pid_t *slot;

	if (num_parse(name, INT32_MAX, &number) < 0)
		return 0;
	*ret_cut = list->count >= PROCESS_MAX;
	slot = *ret_cut ? NULL : pool_push(look->pool, list, sizeof(*slot));
	if (slot)
		*slot = (pid_t)number;
	return slot || *ret_cut ? 0 : -ENOMEM;
}

// The numbers in /proc, ascending.
static int list_pids(struct look *look, struct pool_list *list, bool *ret_cut)
{
	own_fd int fd = openat(look->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int code = 0;

	if (!folder)
		return -errno;
	(void)take_fd(&fd);
	do {
		errno = 0;
		entry = readdir(folder);
		code = entry ? add_pid(look, entry->d_name, list, ret_cut) : -errno;
	} while (entry && code == 0 && !*ret_cut);
	(void)closedir(folder);
	if (list->count)
		qsort(list->items, list->count, sizeof(pid_t), compare_pids);
	return code;
}

static struct kin *kin_of(struct kin *kin, size_t count, pid_t pid)
{
	return count ? bsearch(&pid, kin, count, sizeof(*kin), compare_pids) : NULL;
}

static void read_parents(const struct look *look, struct kin *kin, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[PATH_SIZE + sizeof("/stat")];
		struct procfs_stat stat;
		int fd;

		(void)snprintf(path, sizeof(path), "%d/stat", kin[i].pid);
		fd = openat(look->proc, path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read_stat(fd, &stat) == 0)
			kin[i].parent = stat.parent;
		own_fd_release(&fd);
	}
}

// Leaves only one process and its descendants. The parents were not all read at one moment, so
// nothing is taken to be free of circles.
static int keep_below(struct look *look, struct pool_list *pids)
{
	struct kin *kin = pool_array(look->pool, pids->count + 1, sizeof(*kin));
	pid_t *at = pids->items;
	size_t kept = 0;

	if (!kin)
		return -ENOMEM;
	for (size_t i = 0; i < pids->count; i++)
		kin[i].pid = at[i];
	read_parents(look, kin, pids->count);
	for (size_t i = 0; i < pids->count; i++) {
		struct kin *up = &kin[i];

		for (unsigned steps = 0; up && !up->within && steps < GENERATIONS_MAX; steps++) {
			if (up->pid == look->query->below)
				up->within = true;
			else
				up = kin_of(kin, pids->count, up->parent);
		}
		kin[i].within = up && up->within;
	}
	for (size_t i = 0; i < pids->count; i++)
		if (kin[i].within)
			at[kept++] = kin[i].pid;
	pids->count = kept;
	return 0;
}

static int find_ports(struct look *look, struct process *processes, size_t count)
{
	struct process **all = pool_array(look->pool, count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		all[i] = &processes[i];
	return port_find(all, count, look->pool);
}

static int see_all(
	struct look *look, const pid_t *pids, size_t count, struct process_list *ret_list)
{
	struct process *processes = pool_array(look->pool, count + 1, sizeof(*processes));
	size_t used = 0;

	if (!processes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int code = see(look, pids[i], &processes[used]);

		if (code < 0)
			return code;
		if (code == 0)
			continue;
		ret_list->denied += processes[used].sight == PROCESS_DENIED;
		used++;
	}
	ret_list->items = processes;
	ret_list->count = used;
	return look->query->ports ? find_ports(look, processes, used) : 0;
}

static uint64_t boot_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

// A folder called /proc need not be one.
static int open_proc(void)
{
	own_fd int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs facts;

	if (fd < 0 || fstatfs(fd, &facts) < 0 || facts.f_type != PROC_SUPER_MAGIC)
		return -ENOENT;
	return take_fd(&fd);
}

int process_look(const struct process_query *query, struct secret_arena *arena, struct pool *pool,
	struct process_list *ret_list, struct err *err)
{
	own_fd int proc = open_proc();
	struct look look = {
		query, arena, pool, proc, boot_seconds(), (uint64_t)sysconf(_SC_CLK_TCK), 0};
	struct process_list list = {0};
	struct pool_list pids = {0};
	int code;

	if (proc < 0)
		return err_set(err, -ENOENT, "/proc", "no process can be looked at");
	list.hidden = faccessat(proc, "1", F_OK, 0) < 0;
	code = list_pids(&look, &pids, &list.cut);
	if (code == 0 && query->below)
		code = keep_below(&look, &pids);
	if (code == 0)
		code = see_all(&look, pids.items, pids.count, &list);
	if (code < 0)
		return err_set(err, code, "/proc", "cannot look at processes: %s", strerror(-code));
	*ret_list = list;
	return 0;
}

// ---- later

int process_folder(const struct process *process)
{
	own_fd int proc = open_proc();
	struct procfs_stat stat = {0};
	struct sight sight = {-1, -1, -1, {0}};
	int folder = -ENOENT;

	if (proc < 0 || sight_open(proc, process->pid, &sight) < 0)
		return -ENOENT;
	if (sight.stat < 0 ? !process->start
			   : read_stat(sight.stat, &stat) == 0 && !is_over(&stat) &&
				     stat.start == process->start)
		folder = take_fd(&sight.folder);
	sight_close(&sight);
	return folder;
}

const struct process *process_find(const struct process_list *list, pid_t pid)
{
	return list->count
		       ? bsearch(&pid, list->items, list->count, sizeof(*list->items), compare_pids)
		       : NULL;
}

bool process_variable(struct secret environment, const char *name, struct secret *ret_value)
{
	const uint8_t *at = secret_bytes(environment);
	const uint8_t *end = at ? at + environment.length : NULL;
	size_t length = strlen(name);
	bool whole = true;

	while (at < end) {
		const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);

		if (whole && size > length && at[length] == '=' && memcmp(at, name, length) == 0) {
			*ret_value = secret_view(at + length + 1, size - length - 1);
			return true;
		}
		whole = !size || memchr(at, '=', size);
		at += size + 1;
	}
	return false;
}

bool process_is_overwritten(struct secret environment)
{
	const uint8_t *at = secret_bytes(environment);
	const uint8_t *end = at ? at + environment.length : NULL;

	while (at < end) {
		const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);

		if (!memchr(at, '=', size))
			return true;
		at += size + 1;
	}
	return false;
}
