// Running processes, as /proc shows them: who runs what, where, since when, with which environment,
// and on which ports it listens. A process is opened by pidfd first and judged by pid and start
// time afterwards, so that one that takes its number is never mistaken for it. Judges no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_PROCESS_H
#define LOADER_INSPECT_RUNNING_PROCESS_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct err;
struct pool;
struct secret_arena;

#define PROCESS_MAX 100000                        // processes of one look
#define PROCESS_ENVIRON_MAX (4u * 1024 * 1024)    // bytes; more is PROCESS_TOO_LARGE
#define PROCESS_ENVIRONS_MAX (256u * 1024 * 1024) // of one look; then PROCESS_TOO_LARGE
#define PROCESS_PORTS_MAX 64                      // of one process

enum process_sight {
	PROCESS_SEEN,
	PROCESS_DENIED,    // another user's, or one that may not be looked at
	PROCESS_GONE,      // it ended, or became another program, while it was looked at
	PROCESS_TOO_LARGE, // more environment than is read
	PROCESS_UNASKED,   // the query did not ask for the environment, or did not want this one
};

struct process {
	pid_t pid; // first: process_find
	pid_t parent;
	pid_t session;  // of its leader; descendants share it until one begins its own
	uint64_t start; // in clock ticks since boot: with the pid it names a process for good
	uint64_t age_s; // since its start
	uid_t uid;
	enum process_sight sight;  // of its environment
	const char *program;       // its executable: "/usr/bin/node"; "" where it is not shown
	const char *name;          // its title as ps shows it (comm), printable
	const char *folder;        // where it runs; "" where it is not shown
	bool folder_gone;          // that folder was deleted since
	struct secret environment; // NAME=VALUE, each ended by a NUL, as it was given at its start
	const uint16_t *ports;     // TCP, on which it listens
	size_t port_count;
	bool ports_apart; // they are of another network namespace than this program's
};

struct process_query {
	pid_t below;      // only this process and its descendants; 0: every process
	bool environment; // read it, where that is allowed
	bool ports;       // find listening sockets
	// Whether a process with this environment is of interest; that of another one is not kept.
	// NULL: each is.
	bool (*wanted)(void *user, struct secret environment);
	void *user;
};

struct process_list {
	const struct process *items; // by pid
	size_t count;
	size_t denied; // of the items, those whose environment is another user's business
	bool cut;      // there are more than PROCESS_MAX
	bool hidden;   // /proc does not even list what other users run (hidepid)
};

// Looks once. Kernel threads and zombies are left out. Environments go to the arena, texts to the
// pool.
// Returns: 0, -ENOENT (no /proc), -ENOMEM, or another negative errno of reading /proc, such as
// -EMFILE (no descriptors left).
int process_look(const struct process_query *query, struct secret_arena *arena, struct pool *pool,
	struct process_list *ret_list, struct err *err) must_check;

// Returns: the process of this number, or NULL.
const struct process *process_find(const struct process_list *list, pid_t pid);

// Opens the folder of a process in /proc, which never becomes another's.
// Returns: a handle that the caller closes; -ENOENT when the process is gone; or another
// negative errno.
int process_folder(const struct process *process) must_check;

// A variable of an environment as process_look reads it; the first one counts, as for getenv(3).
// What stands behind a text without `=` is passed over: it may be the rest of another text.
// Returns: whether it is there; its value in ret_value (a view).
bool process_variable(struct secret environment, const char *name, struct secret *ret_value);

// Whether a program has written over the environment that it was given: a title that needs more
// room than its arguments (setproctitle of PostgreSQL, nginx, gunicorn), or one that wipes what it
// has read. What is not there then may have been there.
bool process_is_overwritten(struct secret environment);

#endif
