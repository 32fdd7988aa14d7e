// How `run` starts a command once all is judged: in place; as a build that is watched; or as a
// child of this process, which looks whether the set reaches the server, or keeps it current.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_STARTING_H
#define LOADER_STAY_STARTING_H

#include "lib/base/base.h"
#include "loader/deliver/private.h"
#include "loader/stay/building.h"
#include "loader/stay/onchange.h"

struct keeping;
struct options;
struct reach;
struct report;
struct resolution;

// What a start needs, as long as run is there. Whoever starts fills in what has no note.
struct starting {
	const struct options *options;
	struct resolution *resolution; // owned; of `keeping`, once there is one
	struct onchange on_change;
	uint64_t offered_ms; // when the set was about to be handed over, by CLOCK_MONOTONIC
	struct private_verifier private; // owned; PRIVATE_NONE: none
	struct report *report;
	char *const *program;
	struct building building;
	struct keeping *keeping; // made here; NULL: nobody keeps it current
	char **environment;      // made here: the command's
	struct reach *reach;     // made here; NULL: nobody looks
};

// Starts the command. Where it can be started in place this does not return; else it waits for it.
// Returns: the exit code, the command's own where it ran.
int starting_go(struct starting *starting) must_check;

// Says why nothing is started, or why what was started is stopped.
// Returns: the exit code, which is never 1: that would look like the app's own status.
int starting_refuse(const struct report *report) must_check;

// Frees what it owns.
void starting_done(struct starting *starting);

#endif
