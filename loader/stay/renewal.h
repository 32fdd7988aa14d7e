// The verifier's side of a set that is kept: sees when another samekeyd answers, or the same one
// again, and hands over anew what it should hold. Asks it every few seconds whether it is still
// the one that was handed the set; its socket is watched meanwhile, so a verifier that comes back
// is seen at once. Prints nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_RENEWAL_H
#define LOADER_STAY_RENEWAL_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/wire/message.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/pacing.h"

#include <limits.h>

struct resolution;
struct watch;

#define RENEWAL_ASK_MS 5000 // between two questions to a verifier that answers
#define RENEWAL_WAIT_MS 100 // until the next one to a verifier that does not; doubled
#define RENEWAL_LONGEST_MS 30000
#define RENEWAL_ASK_TIMEOUT_MS 500
#define RENEWAL_RETRY_MS 5000 // until sets that were refused are handed over again; doubled
#define RENEWAL_LONGEST_RETRY_MS 300000
#define RENEWAL_SETS_MAX 2
#define RENEWAL_INSTANCE_SIZE 32

// What the verifier should hold.
struct renewal_set {
	const struct resolution *resolution; // NULL: nothing
	enum message_offer_kind kind;
};

struct renewal {
	char socket[PATH_MAX]; // "": where the settings say
	struct watch *watch;
	struct pacing_tries tries, refusals;
	uint64_t next_ms;  // of the next question
	uint64_t offer_ms; // what is owed is not handed over before
	uint64_t held_ms;  // when the sets were about to be handed over first; 0: they were not
	char instance[RENEWAL_INSTANCE_SIZE]; // who answered last; "": nobody yet
	bool owed;                            // a verifier that answers is to be handed the sets
	bool lost;                            // it was told that nobody answers
	unsigned missed;                      // questions in a row without an answer
};

// What asking came to.
enum renewal_news {
	RENEWAL_NOTHING, // as before
	RENEWAL_LOST,    // it cannot be asked any more; err says why
	RENEWAL_DONE,    // it has been handed the sets again
	RENEWAL_REFUSED, // it took none of them, or not all: see the verdict; they are still owed
};

// Begins. `socket`: of a private verifier, else NULL. `held_ms`: a verifier has taken the sets,
// which one was about to hand over then; 0: none has. All times are CLOCK_MONOTONIC's. Returns: 0
// or -ENOMEM.
int renewal_open(struct renewal *renewal, const struct resolution *resolution, const char *socket,
	uint64_t held_ms, uint64_t now_ms) must_check;
void renewal_close(struct renewal *renewal); // fine on one that is all zero

// How the verifier is reached. Texts are the resolution's and the renewal's.
void renewal_handoff(const struct renewal *renewal, const struct resolution *resolution,
	struct handoff_options *ret_options);

// The sets are to be handed over anew, as soon as the verifier answers.
void renewal_owe(struct renewal *renewal, uint64_t now_ms);

// What becomes readable when renewal_turn has something to do; and when it has otherwise.
// Returns: a descriptor, which the renewal keeps, or -1.
int renewal_fd(const struct renewal *renewal);
uint64_t renewal_due(const struct renewal *renewal);

// Asks when it is time, and hands the sets over where that is owed.
// Returns: an enum renewal_news; of RENEWAL_REFUSED the verdict, whose texts are in the pool.
enum renewal_news renewal_turn(struct renewal *renewal,
	const struct renewal_set sets[RENEWAL_SETS_MAX], uint64_t now_ms, struct pool *pool,
	struct handoff_verdict *ret_verdict, struct err *err);

#endif
