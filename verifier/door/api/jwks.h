// GET /.well-known/jwks.json: the public keys, for those who verify by themselves (RFC 7517).
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_JWKS_H
#define VERIFIER_DOOR_API_JWKS_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct answers;

// 200: {"keys":[...]}: each public key of all profiles once, from the time that it is pending until
// it is retired; never a symmetric one. With an ETag, and 304 for who has it already.
void jwks_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
