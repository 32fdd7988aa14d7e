// What a samekey that stays does with its sources and the verifier: when a source changes it
// resolves, checks and offers anew, and takes the new set only when all is well; until then the old
// one stays. Says on stderr what it did, one line an event.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_KEEPING_H
#define LOADER_STAY_KEEPING_H

#include "lib/base/base.h"

struct options;
struct resolution;

#define KEEPING_QUIET_MS 200 // a burst of changes has settled
#define KEEPING_BURST_MS 2000
#define KEEPING_RETRY_MS 5000 // until a set that the verifier refused is offered again; doubled
#define KEEPING_LONGEST_RETRY_MS 300000
#define KEEPING_SPACE_MS 1000 // between two changes that restart something; doubled
#define KEEPING_LONGEST_SPACE_MS 5000

// What becomes of a new set that was accepted.
enum keeping_change {
	KEEPING_OFFERS,   // the verifier gets it beside the one that is in use
	KEEPING_STANDS,   // it takes the old one's place as a standing offer
	KEEPING_SIGNALS,  // the command is told
	KEEPING_RESTARTS, // the command is started with it
};

struct keeping_options {
	const struct options *options;
	enum keeping_change change;
	const char *socket; // a private verifier's; NULL: where the settings say
	uint64_t held_ms;   // when the first set was about to be handed over; 0: none has taken it
	bool quiet;
};

struct keeping;

// Begins with a set, which is taken over; the caller owns the keeping.
// Returns: it, or NULL when memory is short (the set stays the caller's).
struct keeping *keeping_open(const struct keeping_options *options, struct resolution *first)
	must_check;

// Withdraws what KEEPING_OFFERS has offered beside the set in use; NULL is fine.
// Returns: NULL.
struct keeping *keeping_close(struct keeping *keeping);

// What to wait for: two descriptors (-1: none).
// Returns: milliseconds, at least 0.
int keeping_wait(const struct keeping *keeping, int ret_fds[static 2]);

// Does what is due.
// Returns: whether a new set was accepted, which keeping_take makes the one in use. Never with
// KEEPING_OFFERS and KEEPING_STANDS.
bool keeping_turn(struct keeping *keeping) must_check;

// Makes the new set the one in use and frees the old one.
// Returns: the set; the keeping owns it.
struct resolution *keeping_take(struct keeping *keeping);

#endif
