// A socket is known by its inode: /proc/PID/net/tcp says on which port it listens, the links in
// /proc/PID/fd who holds it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/port.h"

#include "lib/base/pool.h"
#include "loader/inspect/running/process.h"
#include "loader/inspect/running/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define CHUNK 65536u
#define LINK_SIZE 64 // of "socket:[INODE]"

struct socket {
	uint64_t inode;
	uint16_t port;
	uid_t uid;
};

// The listening sockets of one network namespace.
struct table {
	uint64_t net;             // the namespace's number
	struct pool_list sockets; // struct socket, sorted by inode
};

static int compare_sockets(const void *a, const void *b)
{
	uint64_t left = ((const struct socket *)a)->inode;
	uint64_t right = ((const struct socket *)b)->inode;

	return (left > right) - (left < right);
}

// Returns: 1 to go on, 0 when the listening ones are over, or -ENOMEM.
static int take_line(struct table *table, const char *line, size_t length, struct pool *pool)
{
	struct procfs_socket found;
	struct socket *socket;

	if (procfs_socket(line, length, &found) < 0)
		return 1; // the head
	// the kernel lists all listening ones first (Documentation/networking/proc_net_tcp.rst)
	if (!found.listens || table->sockets.count >= PORT_SOCKETS_MAX)
		return 0;
	socket = pool_push(pool, &table->sockets, sizeof(*socket));
	if (!socket)
		return -ENOMEM;
	*socket = (struct socket){found.inode, found.port, found.uid};
	return 1;
}

// Takes the whole lines of a buffer; the rest of it moves to the front.
static int take_lines(struct table *table, char *buffer, size_t *used, struct pool *pool)
{
	char *line = buffer, *end;
	int code = 1;

	while (code > 0 && (end = memchr(line, '\n', *used - (size_t)(line - buffer)))) {
		code = take_line(table, line, (size_t)(end - line), pool);
		line = end + 1;
	}
	*used -= (size_t)(line - buffer);
	memmove(buffer, line, *used);
	return code;
}

static int read_table(int folder, const char *name, struct table *table, struct pool *pool)
{
	own_fd int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	char buffer[CHUNK];
	size_t used = 0;
	int code = 1;

	while (fd >= 0 && code > 0 && used < sizeof(buffer)) {
		ssize_t got = read(fd, buffer + used, sizeof(buffer) - used);

		if (got <= 0)
			break;
		used += (size_t)got;
		code = take_lines(table, buffer, &used, pool);
	}
	return code < 0 ? code : 0;
}

static int read_tables(int folder, struct table *table, struct pool *pool)
{
	if (read_table(folder, "net/tcp", table, pool) < 0 ||
		read_table(folder, "net/tcp6", table, pool) < 0)
		return -ENOMEM;
	if (table->sockets.count)
		qsort(table->sockets.items, table->sockets.count, sizeof(struct socket),
			compare_sockets);
	return 0;
}

// The number of the network namespace that a process lives in; 0: it is not shown.
static uint64_t net_of(int folder)
{
	char target[LINK_SIZE];
	ssize_t length = readlinkat(folder, "ns/net", target, sizeof(target));
	uint64_t net;

	return length > 0 && procfs_link(target, (size_t)length, "net", &net) ? net : 0;
}

// The table of the network namespace that a process lives in, read when it is first met. All
// whose namespace is not shown are taken to share one.
// Returns: the table, or NULL when memory is short.
static struct table *table_of(int folder, struct pool_list *tables, struct pool *pool)
{
	uint64_t net = net_of(folder);
	struct table *table;

	for (size_t i = 0; i < tables->count; i++) {
		table = ((struct table **)tables->items)[i];
		if (table->net == net || i + 1 == PORT_NAMESPACES_MAX)
			return table;
	}
	table = pool_take(pool, sizeof(*table));
	if (table) {
		struct table **slot = pool_push(pool, tables, sizeof(struct table *));

		table->net = net;
		if (!slot || read_tables(folder, table, pool) < 0)
			return NULL;
		*slot = table;
	}
	return table;
}

struct ports {
	uint16_t numbers[PROCESS_PORTS_MAX];
	size_t count;
};

static void add_port(struct ports *ports, uint16_t port)
{
	size_t at = 0;

	while (at < ports->count && ports->numbers[at] < port)
		at++;
	if (ports->count == PROCESS_PORTS_MAX || (at < ports->count && ports->numbers[at] == port))
		return;
	memmove(&ports->numbers[at + 1], &ports->numbers[at],
		(ports->count - at) * sizeof(ports->numbers[0]));
	ports->numbers[at] = port;
	ports->count++;
}

static void add_descriptor(
	int folder, const char *name, const struct table *table, struct ports *ports)
{
	char target[LINK_SIZE];
	ssize_t length = readlinkat(folder, name, target, sizeof(target));
	struct socket wanted = {0};
	const struct socket *found;

	if (length <= 0 || !procfs_link(target, (size_t)length, "socket", &wanted.inode))
		return;
	found = bsearch(&wanted, table->sockets.items, table->sockets.count, sizeof(wanted),
		compare_sockets);
	if (found)
		add_port(ports, found->port);
}

static void look_through(int folder, const struct table *table, struct ports *ports)
{
	own_fd int fds = openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fds >= 0 ? fdopendir(fds) : NULL;
	const struct dirent *entry;

	if (!listing)
		return;
	for (size_t i = 0; i < PORT_DESCRIPTORS_MAX && (entry = readdir(listing)); i++)
		if (entry->d_name[0] != '.')
			add_descriptor(dirfd(listing), entry->d_name, table, ports);
	(void)take_fd(&fds);
	(void)closedir(listing);
}

static int find_of(
	struct process *process, uint64_t own_net, struct pool_list *tables, struct pool *pool)
{
	own_fd int folder = process_folder(process);
	struct ports ports = {.count = 0};
	const struct table *table;
	uint16_t *kept;

	if (folder < 0 || process->sight == PROCESS_DENIED)
		return 0;
	table = table_of(folder, tables, pool);
	if (!table)
		return -ENOMEM;
	if (table->sockets.count)
		look_through(folder, table, &ports);
	if (!ports.count)
		return 0;
	kept = pool_array(pool, ports.count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	memcpy(kept, ports.numbers, ports.count * sizeof(*kept));
	process->ports = kept;
	process->port_count = ports.count;
	process->ports_apart = table->net && own_net && table->net != own_net;
	return 0;
}

int port_find(struct process *const *processes, size_t count, struct pool *pool)
{
	own_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t own_net = self < 0 ? 0 : net_of(self);
	struct pool_list tables = {0};

	for (size_t i = 0; i < count; i++)
		if (find_of(processes[i], own_net, &tables, pool) < 0)
			return -ENOMEM;
	return 0;
}

int port_is_open(uint16_t port, struct pool *pool, uid_t *ret_uid)
{
	own_fd int folder = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct table table = {0};
	const struct socket *sockets;

	if (folder >= 0 && read_tables(folder, &table, pool) < 0)
		return -ENOMEM;
	sockets = table.sockets.items;
	for (size_t i = 0; i < table.sockets.count; i++) {
		if (sockets[i].port != port)
			continue;
		*ret_uid = sockets[i].uid;
		return 1;
	}
	return 0;
}
