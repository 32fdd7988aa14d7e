// The handoff socket: offers, withdrawals and questions of loaders, one packet each. Checks who is
// there, reads the message within a deadline, and answers it; what is wrong gets a PROBLEM and
// changes nothing.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_INTAKE_H
#define VERIFIER_DOOR_INTAKE_H

#include "lib/base/base.h"

struct admit;
struct answers;
struct custody;
struct intake;
struct log;
struct loop;
struct throttle;
struct vault;

#define INTAKE_REQUESTS_MAX 64     // of one connection, then it is closed
#define INTAKE_CONNECTIONS_MAX 128 // of all users; each holds two descriptors

// All borrowed but the numbers; they outlive the intake.
struct intake_parts {
	int socket; // listening; stays the caller's; -1: none, see intake_adopt
	struct loop *loop;
	struct admit *admit;
	struct custody *custody;
	struct vault *vault;
	struct answers *answers;
	const struct log *log;
	struct throttle *throttle;
	uint64_t deadline_ms; // for a request to arrive, then again for the next
};

// Starts to accept; the caller owns it.
// Returns: 0 or a negative errno.
int intake_open(const struct intake_parts *parts, struct intake **ret_intake) must_check;

// Serves a connection that was made elsewhere, and without a deadline for its requests; the
// descriptor is taken over. Returns: 0; -EPERM (its peer is not admitted); -ESRCH (nobody is there,
// or nobody whose end could be seen).
int intake_adopt(struct intake *intake, int socket) must_check;

// Takes another deadline for connections to come.
void intake_change(struct intake *intake, uint64_t deadline_ms);

// Takes in those who wait already, then accepts no more: the socket may be closed after it.
// Connections that are open get their deadline.
void intake_stop(struct intake *intake);

// How many connections are open.
size_t intake_count(const struct intake *intake);

// Ends every connection; NULL is fine.
// Returns: NULL.
struct intake *intake_close(struct intake *intake);

#endif
