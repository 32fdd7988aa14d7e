// Whether what was resolved has reached the server: the processes below a supervised command that
// run an app's code or listen, compared with the bundle. A process counts once it was seen twice,
// so that a helper which comes and goes is no finding; once a listening one holds all secrets, one
// that does not listen is a warning at most. Stops nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_REACH_H
#define LOADER_INSPECT_RUNNING_REACH_H

#include "lib/base/base.h"
#include "loader/resolve/settings.h"

struct diag;
struct process;
struct reach;
struct resolution;

// A process that does not listen must be there for so long: helpers come and go in a few seconds,
// and many are given a clean environment on purpose.
#define REACH_RIPE_MS 5000
// After so long one that does not listen is a warning at most: what runs before a late server, a
// build or a migration, may be given a clean environment.
#define REACH_LATE_MS 10000
#define REACH_SEEN_MAX 1000

// How a start is looked at: the setting; without one it is off for builds, development servers and
// a command that is the server itself, SETTINGS_REACH_FAIL in the folder of a framework, else
// SETTINGS_REACH_WARN.
enum settings_reach reach_level(const struct resolution *resolution, char *const *program);

// Makes what looks share; the caller owns it. `environment` is the command's, ended by NULL; both
// are borrowed. `fails`: what is found is an error.
// Returns: it, or NULL when memory is short.
struct reach *reach_new(const struct resolution *resolution, char *const *environment, bool fails)
	must_check;
struct reach *reach_free(struct reach *reach); // NULL is fine; returns NULL

// Looks at what is below this process, and adds what was not told before: one finding for each
// process and key.
// Returns: 0, -ENOENT (no /proc), or -ENOMEM.
int reach_look(struct reach *reach, struct diag *diag) must_check;

// Whether the last look found a listening process that holds all secrets, and none of which it
// could not tell yet.
bool reach_is_known(const struct reach *reach);

// Judges one process that was seen at `now_ms`; for tests, a part of reach_look.
// Returns: 0 or -ENOMEM.
int reach_judge(struct reach *reach, const struct process *process, uint64_t now_ms,
	struct diag *diag) must_check;

#endif
