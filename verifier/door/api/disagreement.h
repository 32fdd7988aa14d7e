// What disagrees: apps that hold different values, processes that use another one, who was refused
// for it, and whose bad tokens show it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_DISAGREEMENT_H
#define VERIFIER_DOOR_API_DISAGREEMENT_H

#include "lib/base/base.h"

struct answers;
struct json_t;
struct pool;
struct route_reply;
struct route_request;

// What GET /v1/drift answers, as an object whose reference is the caller's; texts live in `pool`.
// Returns: the object, or NULL when memory is short.
struct json_t *disagreement_json(
	struct answers *answers, const struct route_request *request, struct pool *pool) must_check;

// GET /v1/drift[?app=NAME]: {"v":1,"drift":[...],"refused":[{"app","group","phase","uid",
// "standing","pid","program","age_s","findings":[{"severity","code","key","origin","text","hint"}],"omitted"}]}:
// what disagrees, worst first, see lib/wire/drift.h; and who was refused and has not been accepted
// since, the last one first, see verifier/record/refusals.h. And
// "tokens":[{"severity","code","app", "key","what","origin","text","hint","count","age_s"}]: what
// bad tokens were signed with in the last day where only an app of ours can have done it, the last
// one first. A process that says that it uses another value is of kind "attestation": the bundle,
// then each process.
void disagreement_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
