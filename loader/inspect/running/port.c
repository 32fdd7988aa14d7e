// A socket is known by its inode: /proc/PID/net/tcp says on which port it listens, the links in
// /proc/PID/fd who holds it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/port.h"

#include "lib/base/listing.h"
#include "lib/base/pool.h"
#include "lib/base/procfs.h"
#include "loader/inspect/running/process.h"

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

// Of a call about a process: 0 where the process is gone, shows it to nobody, or the kernel has no
// such file; else what went wrong.
static int failure(int reason)
{
	static const int gone[] = {ENOENT, ESRCH, EACCES, EPERM, EINVAL};

	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (reason == gone[i])
			return 0;
	return -reason;
}

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

	if (fd < 0)
		return failure(errno);
	while (code > 0 && used < sizeof(buffer)) {
		ssize_t got = read(fd, buffer + used, sizeof(buffer) - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failure(errno);
		if (got == 0)
			break;
		used += (size_t)got;
		code = take_lines(table, buffer, &used, pool);
	}
	return code < 0 ? code : 0;
}

static int read_tables(int folder, struct table *table, struct pool *pool)
{
	int code = read_table(folder, "net/tcp", table, pool);

	if (code == 0)
		code = read_table(folder, "net/tcp6", table, pool);
	if (table->sockets.count)
		qsort(table->sockets.items, table->sockets.count, sizeof(struct socket),
			compare_sockets);
	return code;
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
// Returns: 0, -ENOMEM, or another negative errno of reading it.
static int table_of(
	int folder, struct pool_list *tables, struct pool *pool, const struct table **ret_table)
{
	uint64_t net = net_of(folder);
	struct table *table, **slot;
	int code;

	for (size_t i = 0; i < tables->count; i++) {
		table = ((struct table **)tables->items)[i];
		if (table->net != net && i + 1 != PORT_NAMESPACES_MAX)
			continue;
		*ret_table = table;
		return 0;
	}
	table = pool_take(pool, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->net = net;
	code = read_tables(folder, table, pool);
	if (code < 0)
		return code;
	slot = pool_push(pool, tables, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*ret_table = *slot = table;
	return 0;
}

struct ports {
	const struct table *table;
	uint16_t numbers[PROCESS_PORTS_MAX];
	size_t count, seen;
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

static int add_descriptor(void *user, int folder, const char *name)
{
	struct ports *ports = user;
	const struct pool_list *sockets = &ports->table->sockets;
	struct socket wanted = {0};
	const struct socket *found;
	char target[LINK_SIZE];
	ssize_t length;

	if (++ports->seen > PORT_DESCRIPTORS_MAX)
		return 0;
	length = readlinkat(folder, name, target, sizeof(target));
	if (length < 0)
		return failure(errno);
	if (!procfs_link(target, (size_t)length, "socket", &wanted.inode))
		return 0;
	found = bsearch(&wanted, sockets->items, sockets->count, sizeof(wanted), compare_sockets);
	if (found)
		add_port(ports, found->port);
	return 0;
}

static int look_through(int folder, struct ports *ports)
{
	int code = listing_read(folder, "fd", add_descriptor, ports);

	return code < 0 ? failure(-code) : 0;
}

static int keep_ports(struct process *process, const struct ports *ports, struct pool *pool)
{
	uint16_t *kept = pool_array(pool, ports->count, sizeof(*kept));

	if (!kept)
		return -ENOMEM;
	memcpy(kept, ports->numbers, ports->count * sizeof(*kept));
	process->ports = kept;
	process->port_count = ports->count;
	return 0;
}

static int find_of(
	struct process *process, uint64_t own_net, struct pool_list *tables, struct pool *pool)
{
	own_fd int folder = process_folder(process);
	struct ports ports = {.count = 0};
	int code;

	if (process->sight == PROCESS_DENIED)
		return 0;
	if (folder < 0)
		return failure(-folder);
	code = table_of(folder, tables, pool, &ports.table);
	if (code == 0 && ports.table->sockets.count)
		code = look_through(folder, &ports);
	if (code < 0 || !ports.count)
		return code;
	process->ports_apart = ports.table->net && own_net && ports.table->net != own_net;
	return keep_ports(process, &ports, pool);
}

int port_find(struct process *const *processes, size_t count, struct pool *pool)
{
	own_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t own_net = self < 0 ? 0 : net_of(self);
	struct pool_list tables = {0};
	int code = 0;

	for (size_t i = 0; i < count && code == 0; i++)
		code = find_of(processes[i], own_net, &tables, pool);
	return code;
}

int port_is_open(uint16_t port, struct pool *pool, uid_t *ret_uid)
{
	own_fd int folder = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct table table = {0};
	const struct socket *sockets;
	int code = folder < 0 ? failure(errno) : read_tables(folder, &table, pool);

	if (code < 0)
		return code;
	sockets = table.sockets.items;
	for (size_t i = 0; i < table.sockets.count; i++) {
		if (sockets[i].port != port)
			continue;
		*ret_uid = sockets[i].uid;
		return 1;
	}
	return 0;
}
