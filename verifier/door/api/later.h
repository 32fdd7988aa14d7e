// A request whose answer has to wait for a store or for another server: a handler takes it along,
// returns without a reply, and answers it from the loop. Knows neither HTTP nor messages: each door
// lends one.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_LATER_H
#define VERIFIER_DOOR_API_LATER_H

#include "lib/base/base.h"

struct later;
struct route_reply;
struct route_request;

// From inside a handler: keeps the request open. Nothing of `route_request` lives longer than the
// handler. The reply that the handler was given must be left as it is (status 0).
// Returns: what later_end takes, or NULL: this door cannot wait, or memory is short; then the
// handler answers at once.
struct later *later_begin(const struct route_request *request) must_check;

// Answers, from the loop's thread, never from inside the handler; takes the reply's memory over and
// leaves it empty. Where the peer is gone or its deadline has passed the reply is wiped and
// dropped. Frees `later`.
void later_end(struct later *later, struct route_reply *reply);

// From inside the handler that began it: nothing will come later, the handler answers at once.
// NULL is fine. Returns: NULL.
struct later *later_cancel(struct later *later);

// Whether anybody still waits: what is costly may be left out then, what changes something may not.
bool later_is_wanted(const struct later *later);

// ---- for doors

// What a door lends with a request, and keeps until it is answered. Zero but for the two first.
struct later_lender {
	// From later_end, once: the reply's memory is the door's to take. Not called after
	// later_forget.
	void (*answer)(void *owner, struct route_reply *reply);
	void *owner;
	struct later *later; // from later_begin on
};

// Whether the handler has returned to answer later: no reply, and what it took is still there. What
// a handler took along and answered at once all the same is forgotten.
bool later_waits(struct later_lender *lender, const struct route_reply *reply) must_check;

// Nobody waits any more: what comes of it is dropped. Fine when nothing was lent.
void later_forget(struct later_lender *lender);

#endif
