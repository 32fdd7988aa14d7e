// POST /v1/introspect: token introspection (RFC 7662).
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_INTROSPECT_H
#define VERIFIER_DOOR_API_INTROSPECT_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct answers;

// The form has `token` once; token_type_hint and what else there is changes nothing. 200 for every
// such form: {"active":false} and nothing else, or {"active":true,"token_type":"Bearer",...} with
// scope, client_id, username, exp, iat, nbf, sub, aud, iss and jti as the token has them, and
// samekey_kid, the key that verified it. 400: token_required, form_invalid, profile_required,
// profile_unknown; 503 key_unusable: "inactive" would say of everybody's token what is true of
// none.
void introspect_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
