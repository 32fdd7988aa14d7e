// One request of a loader, and its answer: an offer gets a verdict, a question or a withdrawal an
// answer, and what cannot be done a PROBLEM.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_REQUEST_H
#define VERIFIER_DOOR_REQUEST_H

#include "lib/base/base.h"
#include "lib/wire/exchange.h"

struct err;
struct intake_parts;
struct later_lender;
struct peer;
struct pool;
struct route_reply;

// What one request needs; all borrowed, and nothing of it is kept.
struct request {
	const struct intake_parts *parts;
	const struct peer *peer;     // whoever asks
	unsigned verbs;              // enum admit_verb: what the peer may do
	struct later_lender *lender; // for an answer that comes later
	struct exchange exchange;    // where the answer goes
	struct exchange_received received;
	struct pool *pool; // texts live in it until it is answered
};

// Answers what was received, or has it answered later: then lender->later is set.
// Returns: whether the connection may go on.
bool request_answer(struct request *request) must_check;

// Tells the peer why there is no answer: `code` is an enum fault, or a negative errno.
// Returns: whether the connection may go on.
bool request_fail(struct request *request, int code, const struct err *err);

// Sends the reply to a question; it stays the caller's.
// Returns: whether the connection may go on.
bool request_reply(struct request *request, const struct route_reply *reply) must_check;

// Counts the reply to a question, and logs it.
void request_note(const struct request *request, const struct message_ask *ask,
	const struct route_reply *reply);

#endif
