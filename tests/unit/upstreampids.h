// The processes of samekeyd-upstream, by handles.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_UPSTREAMPIDS_H
#define TESTS_UNIT_UPSTREAMPIDS_H

#include "lib/base/base.h"

struct upstream;
struct world;

// The processes of a helper, and what the kernel shows of their names.
enum upstreampids_which {
	UPSTREAMPIDS_KEEPER,
	UPSTREAMPIDS_WORKER,
	UPSTREAMPIDS_SPARE,
	UPSTREAMPIDS_COUNT
};

struct upstreampids {
	int handles[UPSTREAMPIDS_COUNT];
	pid_t pids[UPSTREAMPIDS_COUNT];
};

void upstreampids_let_go(struct upstreampids *helpers);

// Waits for all of them below that parent; upstreampids_let_go closes the handles.
struct upstreampids upstreampids_await(const struct world *world, pid_t parent);

// Waits for the end of the process of a handle.
void upstreampids_assert_end(int handle);

// Starts another one of the same world.
struct upstream *upstreampids_start(const struct world *world);

#endif
