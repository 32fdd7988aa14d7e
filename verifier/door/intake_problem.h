// What is wrong with a loader or with what it says: noted for metrics and the log, and told to it
// in a PROBLEM message.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_INTAKE_PROBLEM_H
#define VERIFIER_DOOR_INTAKE_PROBLEM_H

#include "lib/base/base.h"
#include "lib/wire/fault.h"

struct err;
struct intake_parts;
struct peer;

// Counts a problem and logs it with the peer's user and process; `text` holds no value.
void intake_problem_note(const struct intake_parts *parts, const struct peer *peer,
	enum fault fault, const char *text);

// Tells the peer at the other end of `socket`, which stays the caller's; without a hint in `err`
// the fault's own is told.
// Returns: as exchange_send.
int intake_problem_send(const struct intake_parts *parts, int socket, enum fault fault,
	const struct err *err) must_check;

#endif
