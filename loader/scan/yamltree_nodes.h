// How a tree lies in memory, for who fills it (yamltree_read.c) and who walks it (yamltree.c).
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_YAMLTREE_NODES_H
#define LOADER_SCAN_YAMLTREE_NODES_H

#include "lib/base/base.h"

struct pool;
struct secret_arena;
struct yamltree_node;

// An entry of a list or mapping; a mapping's are key and value by turns.
struct yamltree_link {
	uint32_t node, next; // 0: no further one
};

struct yamltree {
	struct pool *pool;
	struct secret_arena *arena;
	uint8_t *texts; // `room` bytes for all texts
	size_t room, used;
	struct yamltree_node *nodes; // from 1
	struct yamltree_link *links; // from 1
	size_t node_room, link_room;
	uint32_t node_count, link_count;
	uint32_t *documents;
	size_t document_count;
	size_t steps;
	bool cut;
};

#endif
