// Whether a request of HTTP may go in: its framing, its size, who asks and with which token; and
// what is said to one that may not. Knows no HTTP library.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_ENTRANCE_H
#define VERIFIER_DOOR_ENTRANCE_H

#include "lib/base/base.h"

struct route_caller;
struct route_reply;
struct visitor;

// Why a request is not answered. `code` and `text` live forever.
struct entrance_refusal {
	unsigned status; // of HTTP
	const char *code, *text;
};

// Judges the headers, which are in `visitor->asked`; `version` is that of the request line.
// Returns: whether the request may go on; why not is in `ret_refusal`.
bool entrance_judge(const struct visitor *visitor, const char *version,
	struct entrance_refusal *ret_refusal) must_check;

// Fills in who asks and what it may, at the door that `caller` names already.
// Returns: whether to go on; why not is in `ret_refusal`.
bool entrance_introduce(const struct visitor *visitor, const char *method,
	struct route_caller *caller, struct entrance_refusal *ret_refusal) must_check;

// Makes the answer of a refusal, in the form of the door; to a proxy that asks about a request of
// somebody else with the only statuses that it passes on. The reply is the caller's.
void entrance_refuse(const struct visitor *visitor, const char *method,
	const struct entrance_refusal *refusal, struct route_reply *ret_reply);

#endif
