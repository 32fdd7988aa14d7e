// What an offer came to, as its loader and the log are told.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_VERDICT_H
#define VERIFIER_DOOR_VERDICT_H

#include "lib/base/base.h"

struct answers;
struct bundle;
struct custody_verdict;
struct diag;
struct log;
struct message_verdict;
struct peer;
struct pool;
struct throttle;

// Fills in the message; its fingerprints live in `pool` (there are none where memory is short), its
// findings are those of `diag`.
void verdict_write(const struct answers *answers, const struct bundle *bundle,
	const struct custody_verdict *verdict, const struct diag *diag, struct pool *pool,
	struct message_verdict *ret_said);

// Tells the log of a refusal and of every finding, as far as one user may fill it.
void verdict_log(const struct log *log, struct throttle *throttle, const struct peer *peer,
	const struct bundle *bundle, const struct message_verdict *said);

#endif
