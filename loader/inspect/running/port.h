// Who listens on which TCP port: the tables of sockets of each network namespace, and the
// descriptors of processes that hold one.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_PORT_H
#define LOADER_INSPECT_RUNNING_PORT_H

#include "lib/base/base.h"

#include <sys/types.h>

struct pool;
struct process;

#define PORT_SOCKETS_MAX 65536      // listening ones of one namespace
#define PORT_NAMESPACES_MAX 1024    // that are looked at
#define PORT_DESCRIPTORS_MAX 262144 // of one process

// Fills in the ports of processes that process_look found. One whose descriptors are not shown has
// none.
// Returns: 0, -ENOMEM, or another negative errno where they cannot all be read.
int port_find(struct process *const *processes, size_t count, struct pool *pool) must_check;

// Whether a port is listened on in the network namespace of this program, by whomever.
// Returns: 1 with the user who opened the socket, 0, -ENOMEM, or another negative errno.
int port_is_open(uint16_t port, struct pool *pool, uid_t *ret_uid) must_check;

#endif
