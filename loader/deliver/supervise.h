// Starts the app as a child and stays: relays signals, ends as the child ends, and lets somebody
// look at the tree of processes at given moments. Judges nothing and prints nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_SUPERVISE_H
#define LOADER_DELIVER_SUPERVISE_H

#include "lib/base/base.h"
#include "lib/base/err.h"

#include <signal.h>

// What stays is small: after the last look no timer runs, and the caller gives its secrets back
// (see `settled`).
//
// - The child stays in our process group and on our terminal, so that a shell's job control and
//   whatever kills a group reach it as if we were not there. What a terminal sends to the group is
//   therefore not relayed; what somebody sends to us alone is, unless it came from below: an app
//   that signals its parent does not mean itself. Stopped with ^Z we stop as well.
// - The child gets SIGTERM when we die without a word (SIGKILL). Not SIGKILL: npm hands on a
//   SIGTERM, and would leave the server behind if it was killed at once.
// - We are a subreaper: whatever the tree leaves behind stays below us, is seen by a look, and is
//   stopped by descendants_stop.
// - When the child has ended, so do we, with its status. What it left running is a daemon where it
//   exited with 0 by itself, and lives on as without us; where the looks count (`outlast`), we go
//   on looking until they know it. Else it is an orphan that would keep the port with an old
//   environment (npm ends by a SIGTERM before its server, a start script crashes): that is stopped
//   first. PM2 and systemd see our pid.
// - systemd's socket activation works: $LISTEN_PID is made the child's. A service of Type=notify
//   needs NotifyAccess=all, as behind npm.

#define SUPERVISE_LOOKS_MS 10000 // so long the tree is looked at
#define SUPERVISE_LATE_MS 120000 // and so long where a server is late: a build before it
#define SUPERVISE_GRACE_MS 5000  // between SIGTERM and SIGKILL
#define SUPERVISE_DEAF_MS \
	30000 // from its start, a child that would die of a keeper's signal is spared

// What a look says of the tree.
enum supervise_view {
	SUPERVISE_VIEW_OPEN, // it cannot tell yet
	SUPERVISE_VIEW_GOOD, // whoever is there is as it should be
	SUPERVISE_VIEW_BAD,  // all of it is to be stopped
};

// What a keeper wants done with the child.
enum supervise_order {
	SUPERVISE_GOES_ON,
	SUPERVISE_SIGNALS,  // it gets the keeper's signal, once it is ready for it; see
			    // SUPERVISE_DEAF_MS
	SUPERVISE_RESTARTS, // it is stopped and started anew
};

#define SUPERVISE_FDS 2 // descriptors of a keeper

// Somebody who stays as long as the child does, such as to keep what it was given current. With a
// keeper nothing is settled: what is needed for a restart is kept.
struct supervise_keeper {
	// Which descriptors it waits for (SUPERVISE_FDS, -1: none), and for how long.
	// Returns: milliseconds, or -1.
	int (*wait)(void *user, int ret_fds[SUPERVISE_FDS]);
	// Its turn: a descriptor became readable, or the time has come.
	enum supervise_order (*turn)(void *user);
	// The child that SUPERVISE_RESTARTS asked to stop is over.
	// Returns: the environment of the next one, or NULL without memory, then it is asked again.
	char **(*environment)(void *user);
	// The next one runs, or (a negative errno) could not be run this time.
	void (*restarted)(void *user, int code);
	bool restarts;    // it may ask for SUPERVISE_RESTARTS: what was inherited is kept
	int signal;       // of SUPERVISE_SIGNALS
	uint64_t stop_ms; // of SUPERVISE_RESTARTS: between SIGTERM and SIGKILL
	void *user;
};

// How often a child that could not be started again is tried, the waits from one second doubled.
#define SUPERVISE_STARTS_MAX 5

struct supervise_options {
	char *const *program; // ended by NULL
	char **environment;   // ended by NULL; see launch_environment
	// Looks at the child and what is below it: often in the beginning, then each half second,
	// for SUPERVISE_LOOKS_MS; see `outlast`. NULL: nobody looks.
	enum supervise_view (*look)(void *user, pid_t child);
	// The looks are to know: while none has said good or bad they go on, each two seconds for
	// SUPERVISE_LATE_MS, and for SUPERVISE_LOOKS_MS also at what the child left running when it
	// exited with 0.
	bool outlast;
	// There will be no more look: the caller lets go of values, memory and descriptors. Our own
	// environment, in which values were inherited, has been wiped then, and all descriptors but
	// the standard ones are closed afterwards. Not called when the child could not be run, nor
	// when a look stopped it. NULL: everything is kept.
	void (*settled)(void *user);
	void *user;
	const struct supervise_keeper *keeper; // or NULL
};

enum supervise_outcome {
	SUPERVISE_E_STOPPED = 1, // a look asked for it, and the tree is gone
};

// Runs the program to its end, and stops what it left behind but a daemon's processes. Of one that
// a keeper had started again, the last one's end is meant. Signals stay blocked, for
// supervise_end.
// Returns: 0 with its status as waitpid(2) gives it; SUPERVISE_E_STOPPED; what
// launch_exec returns when it cannot be run; or another negative errno when it cannot be
// supervised.
int supervise_run(const struct supervise_options *options, int *ret_status, struct err *err)
	must_check;

// Ends as a child ended: by the same signal, without a core file of ours.
// Returns: the exit status of a child that exited.
int supervise_end(int status) must_check;

#endif
