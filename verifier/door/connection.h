// A connection of a loader that was let in, until its end: one request after another, each within a
// deadline, up to a number of them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_CONNECTION_H
#define VERIFIER_DOOR_CONNECTION_H

#include "lib/base/base.h"

struct connection;
struct intake_parts;
struct peer;

// Those that are open, newest first. Empty: all zero but `parts`.
struct connection_list {
	const struct intake_parts *parts; // borrowed
	struct connection *first;
	size_t count;
};

// Serves a connection: what lies there already at once, the rest from the loop. Takes over the
// descriptor, the peer and its place among those that admit_enter counted: all three go with the
// connection, or at once when memory is short. `adopted`: there is no deadline for its requests,
// and all of them are served from the loop.
void connection_add(struct connection_list *all, int socket, struct peer *peer, bool adopted);

// Ends every connection.
void connection_end_all(struct connection_list *all);

#endif
