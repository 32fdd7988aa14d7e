// A store on a thread of its own: operations go in, answers come back to the loop's thread, and
// whatever waits at the same time is one transaction. A slow disk delays sessions, never a verdict
// or a token's judgement.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_LEDGER_H
#define VERIFIER_RECORD_SESSIONS_LEDGER_H

#include "lib/base/base.h"
#include "verifier/record/sessions/store.h"

struct err;
struct ledger;

#define LEDGER_QUEUE_MAX 4096 // operations that wait
#define LEDGER_NEWS_MS 500    // between looks at what others revoked in a shared store
#define LEDGER_SWEEP_MS 60000 // between sweeps
#define LEDGER_RETRY_MS 1000  // between looks at a store that is away, beside what is asked of it
#define LEDGER_SLOW_MS 250    // a failure that took longer is that of all who waited meanwhile
#define LEDGER_TIMES 10       // bounds of durations

extern const uint64_t ledger_bounds[LEDGER_TIMES]; // upper, in nanoseconds, ascending

// An operation is done; in the loop's thread. The operation is the caller's again.
typedef void ledger_done(void *owner, struct store_op *op);

// How the store fares, as of the last ledger_collect.
struct ledger_state {
	bool up;
	bool heard;                                 // what is revoked was told once, in full
	int64_t away_since_steady_ms;               // CLOCK_MONOTONIC; while it is not up
	char why[STORE_WHY_SIZE];                   // then: a sentence
	char warning[STORE_WHY_SIZE];               // see store_warning, or ""
	uint64_t unread;                            // revocations that the store cannot read
	uint64_t ops[STORE_VERBS];                  // by verb, done
	uint64_t failed[STORE_VERBS];               // -EAGAIN
	uint64_t outcomes[FAMILY_OUTCOMES];         // of STORE_USE
	uint64_t batches;                           // transactions
	uint64_t times[LEDGER_TIMES + 1], spent_ns; // of batches
	size_t waiting;
};

// Takes over a store and starts its thread, which blocks every signal. The caller owns the ledger.
// `revoked` is called by ledger_collect, with `owner`; what the store already knows is told by the
// first ones.
// Returns: 0 or a negative errno; then the store stays the caller's.
int ledger_open(struct store *store, store_revoked *revoked, void *owner,
	struct ledger **ret_ledger) must_check;

// Waits for what has begun, ends the thread, closes the store. Operations that are not done are
// called back with -EAGAIN first. NULL is fine. Returns: NULL.
struct ledger *ledger_close(struct ledger *ledger);

// What is readable while ledger_collect has something to do.
// Returns: a descriptor, which the ledger keeps.
int ledger_fd(const struct ledger *ledger);

// Puts an operation in, which must stay until `done` is called; never from inside this call.
// Returns: 0 or -EBUSY: too many wait.
int ledger_put(struct ledger *ledger, struct store_op *op, ledger_done *done, void *owner)
	must_check;

// Calls back what is done, after the revocations that came with it.
void ledger_collect(struct ledger *ledger);

// Lives as long as the ledger.
const struct ledger_state *ledger_state(const struct ledger *ledger);

#endif
