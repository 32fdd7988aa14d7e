// Which of the machine's processes a census looks at more closely.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_CENSUS_PICK_H
#define LOADER_INSPECT_RUNNING_CENSUS_PICK_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "loader/inspect/running/process.h"

struct census_request;
struct pool;

// A census while it is taken.
struct census_count {
	const struct census_request *request;
	const struct bundle *bundle; // with readings once there is a member
	struct bundle with_readings;
	struct process_list list;
	struct pool *pool;
	pid_t self;
	const char *project; // the folder of all that belongs together
	bool *listens;       // of each process of the list: on the port, or behind it
	bool *primary;       // it listens for workers
	bool *serves;        // it listens in the bundle's folder and carries nothing
	bool forwarded;      // who listens on the port hands on to another network
};

// Whether it is a samekey, which is nobody's app: this one, or one that stays.
bool census_pick_is_samekey(const struct census_count *counting, const struct process *process);

// Whether a key (NULL: none of the bundle's) is one that a process is asked for.
bool census_pick_is_wanted(const struct census_count *counting, const struct bundle_key *key);

// Whether a variable is a key of the bundle. A worker of PM2's cluster has its own in pm2_env.
bool census_pick_carries(const struct census_count *counting, struct secret environment);

// Whether a process of this environment is looked at, for process_look; `user` is a census_count.
bool census_pick_wants(void *user, struct secret environment);

// Marks who listens on the port that was asked for, and who does so for others.
// Returns: 0 or -ENOMEM.
int census_pick_listeners(struct census_count *counting) must_check;

// Marks servers that fell back to a default and carry no secret at all: a runtime that runs in the
// bundle's folder, carries nothing and listens, in this network.
// Returns: 0, -ENOMEM, or why /proc could not be read.
int census_pick_servers(struct census_count *counting) must_check;

// Whether the process at `index` of the list may be a member.
bool census_pick_is_member(const struct census_count *counting, size_t index);

#endif
