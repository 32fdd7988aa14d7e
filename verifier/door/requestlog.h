// What the log says of a request that was answered, by whichever door it came: refused ones as
// warnings, within what the throttle lets; others where every request is logged.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_REQUESTLOG_H
#define VERIFIER_DOOR_REQUESTLOG_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

#include <sys/types.h>

struct log;
struct metrics_counts;
struct throttle;

// Where it writes and counts; all borrowed.
struct requestlog {
	const struct log *log;
	struct throttle *throttle;
	struct metrics_counts *counts;
};

// A request. All borrowed.
struct requestlog_entry {
	enum route_door door;
	const char *method, *target;
	uint64_t uid;  // of the peer, or THROTTLE_UNKNOWN
	pid_t pid;     // of the peer; 0: unknown
	bool stranger; // no rule admits the peer
	const struct route_reply *reply;
};

// Counts a request, and whether it was denied: answered 403 or 421, or 401 for want of our token
// (not on the session listener, where it is for want of a session).
// Writes a line about it: door, method, path, status, the code of a problem, and of a 403 the verb
// that the peer lacks or the profile that cannot judge.
void requestlog_note(const struct requestlog *requestlog, const struct requestlog_entry *entry);

#endif
