// Lists the numbers in /proc, leaves those that a query is about, and looks at each of them.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/process.h"

#include "lib/base/err.h"
#include "lib/base/listing.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/procfs.h"
#include "loader/inspect/running/port.h"
#include "loader/inspect/running/sight.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define PATH_SIZE 16 // of a number below /proc
#define GENERATIONS_MAX 4096u

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

struct numbers {
	struct pool *pool;
	struct pool_list *list; // pid_t
	bool cut;
};

static int add_pid(void *user, int folder, const char *name)
{
	struct numbers *numbers = user;
	uint64_t number;
	pid_t *slot;

	(void)folder;
	if (num_parse(name, INT32_MAX, &number) < 0)
		return 0;
	numbers->cut |= numbers->list->count >= PROCESS_MAX;
	slot = numbers->cut ? NULL : pool_push(numbers->pool, numbers->list, sizeof(*slot));
	if (slot)
		*slot = (pid_t)number;
	return slot || numbers->cut ? 0 : -ENOMEM;
}

// The numbers in /proc, ascending.
static int list_pids(struct sight_round *round, struct pool_list *list, bool *ret_cut)
{
	struct numbers numbers = {.pool = round->pool, .list = list};
	int code = listing_read(round->proc, ".", add_pid, &numbers);

	*ret_cut = numbers.cut;
	if (list->count)
		qsort(list->items, list->count, sizeof(pid_t), compare_pids);
	return code;
}

static struct kin *kin_of(struct kin *kin, size_t count, pid_t pid)
{
	return count ? bsearch(&pid, kin, count, sizeof(*kin), compare_pids) : NULL;
}

static void read_parents(const struct sight_round *round, struct kin *kin, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[PATH_SIZE + sizeof("/stat")];
		struct procfs_stat stat;
		int fd;

		(void)snprintf(path, sizeof(path), "%d/stat", kin[i].pid);
		fd = openat(round->proc, path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && procfs_read_stat(fd, &stat) == 0)
			kin[i].parent = stat.parent;
		own_fd_release(&fd);
	}
}

// The parents were not all read at one moment, so nothing is taken to be free of circles.
static bool is_below(struct kin *kin, size_t count, const struct kin *one, pid_t top)
{
	for (unsigned steps = 0; one && steps < GENERATIONS_MAX; steps++) {
		if (one->within || one->pid == top)
			return true;
		one = kin_of(kin, count, one->parent);
	}
	return false;
}

// Leaves only one process and its descendants.
static int keep_below(struct sight_round *round, struct pool_list *pids)
{
	struct kin *kin = pool_array(round->pool, pids->count + 1, sizeof(*kin));
	pid_t *at = pids->items;
	size_t kept = 0;

	if (!kin)
		return -ENOMEM;
	for (size_t i = 0; i < pids->count; i++)
		kin[i].pid = at[i];
	read_parents(round, kin, pids->count);
	for (size_t i = 0; i < pids->count; i++) {
		kin[i].within = is_below(kin, pids->count, &kin[i], round->query->below);
		if (kin[i].within)
			at[kept++] = kin[i].pid;
	}
	pids->count = kept;
	return 0;
}

static int find_ports(struct sight_round *round, struct process *processes, size_t count)
{
	struct process **all = pool_array(round->pool, count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		all[i] = &processes[i];
	return port_find(all, count, round->pool);
}

static int see_all(
	struct sight_round *round, const pid_t *pids, size_t count, struct process_list *ret_list)
{
	struct process *processes = pool_array(round->pool, count + 1, sizeof(*processes));
	size_t used = 0;

	if (!processes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int code = sight_see(round, pids[i], &processes[used]);

		if (code < 0)
			return code;
		if (code == 0)
			continue;
		ret_list->denied += processes[used].sight == PROCESS_DENIED;
		used++;
	}
	ret_list->items = processes;
	ret_list->count = used;
	return round->query->ports ? find_ports(round, processes, used) : 0;
}

static uint64_t boot_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

int process_look(const struct process_query *query, struct secret_arena *arena, struct pool *pool,
	struct process_list *ret_list, struct err *err)
{
	own_fd int proc = sight_open_proc();
	struct sight_round round = {
		query, arena, pool, proc, boot_seconds(), (uint64_t)sysconf(_SC_CLK_TCK), 0};
	struct process_list list = {0};
	struct pool_list pids = {0};
	int code;

	if (proc < 0)
		return err_set(err, -ENOENT, "/proc", "no process can be looked at");
	list.hidden = faccessat(proc, "1", F_OK, 0) < 0;
	code = list_pids(&round, &pids, &list.cut);
	if (code == 0 && query->below)
		code = keep_below(&round, &pids);
	if (code == 0)
		code = see_all(&round, pids.items, pids.count, &list);
	if (code < 0)
		return err_set(err, code, "/proc", "cannot look at processes: %s", strerror(-code));
	*ret_list = list;
	return 0;
}

// ---- later

int process_folder(const struct process *process)
{
	own_fd int proc = sight_open_proc();
	struct procfs_stat stat = {0};
	struct sight sight = {-1, -1, -1, {0}};
	int code = proc < 0 ? proc : sight_open(proc, process->pid, &sight);

	if (code < 0)
		return code == -ESRCH ? -ENOENT : code;
	if (sight.stat >= 0)
		code = procfs_read_stat(sight.stat, &stat);
	if (code == 0 && (procfs_is_over(&stat) || stat.start != process->start))
		code = -ENOENT;
	if (code == 0)
		code = take_fd(&sight.folder);
	sight_close(&sight);
	return code == -ESRCH ? -ENOENT : code;
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
