// How many lines of one event a log writes: bursts pass, a flood is counted. Beside the throttle of
// the door, which is about single users.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOGFLOOD_H
#define LIB_BASE_LOGFLOOD_H

#include "lib/base/base.h"

#define LOGFLOOD_EVENTS_MAX 64 // further ones are never limited
#define LOGFLOOD_BURST 300u    // lines of one event at once
#define LOGFLOOD_PER_S 20u     // and from then on

struct logflood_event {
	const char *event; // a constant
	uint64_t tokens;   // thousandths of a line
	uint64_t since_ms;
	uint64_t suppressed;
};

// Zeroed, it is ready.
struct logflood {
	size_t count;
	struct logflood_event events[LOGFLOOD_EVENTS_MAX];
};

// Whether a line may be written; if not, it is counted. `now_ms` never goes back.
bool logflood_admits(struct logflood *flood, const char *event, uint64_t now_ms) must_check;

// Takes the next count that is to be told.
// Returns: the event, or NULL: there is none.
const char *logflood_take(struct logflood *flood, uint64_t *ret_suppressed) must_check;

#endif
