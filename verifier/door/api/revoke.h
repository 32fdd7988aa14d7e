// Ends tokens and sessions before their time: OAuth's revocation endpoint (RFC 7009), and the same
// for a whole session or for every session of a user.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_REVOKE_H
#define VERIFIER_DOOR_API_REVOKE_H

#include "verifier/door/api/route.h"

// POST /v1/revoke[?profile=NAME]: the form token=TOKEN, perhaps profile=NAME (token_type_hint is
// not needed), or one of
//
//   {"token": "...", "profile": "NAME", "family": true}
//   {"family": "32 hexadecimal digits"}
//   {"subject": "..."}
//
// -> 200 {"v":1,"revoked":N}: how many sessions or tokens lived until now. A refresh token ends its
// session, an access token itself alone, unless "family" is true. A token that is unknown, invalid
// or over is no fault: 200, as the RFC has it. 400 not_revocable: a token that has no jti or no
// exp. 503 when a profile that could judge it has no key, or the store is away or missing.
void revoke_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
