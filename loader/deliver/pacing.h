// When to act on what keeps happening: a burst is left to settle, and what keeps failing is tried
// less and less often. Looks at no clock: the caller brings the time, in milliseconds.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_PACING_H
#define LOADER_DELIVER_PACING_H

#include "lib/base/base.h"

#define PACING_NEVER UINT64_MAX

// A burst of changes: due after a while of quiet, or when it has lasted long enough.
struct pacing_burst {
	uint64_t quiet_ms, most_ms;
	uint64_t first_ms, last_ms; // of the burst that is on
	bool on;
};

// One more change.
void pacing_note(struct pacing_burst *burst, uint64_t now_ms);

// When the burst is to be acted on.
// Returns: the moment, or PACING_NEVER while there is none.
uint64_t pacing_due(const struct pacing_burst *burst);

// Whether it is due; it is over then.
bool pacing_take(struct pacing_burst *burst, uint64_t now_ms);

// Tries that get rarer: the first wait is `least_ms`, each later one twice as long, up to
// `most_ms`.
struct pacing_tries {
	uint64_t least_ms, most_ms;
	uint64_t wait_ms; // the last one; 0: none yet
};

// Returns: how long to wait before the next try.
uint64_t pacing_wait(struct pacing_tries *tries);

// It went well: the next wait is the shortest again.
void pacing_calm(struct pacing_tries *tries);

// Acts that are kept apart, such as restarts: one that waited for its turn makes the next space
// twice as long, up to `most_ms`; after as long without any as the space was it is `least_ms`
// again.
struct pacing_space {
	uint64_t least_ms, most_ms;
	uint64_t space_ms; // the last one; 0: none yet
	uint64_t until_ms; // when the next act may be
};

// Notes an act.
void pacing_act(struct pacing_space *space, uint64_t now_ms);

#endif
