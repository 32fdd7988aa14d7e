// POST /v1/issue: mints a token.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ISSUE_H
#define VERIFIER_DOOR_API_ISSUE_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct answers;

// {"profile"?,"claims"?:{...},"lifetime"?:SECONDS}. 200: {"access_token","token_type":"Bearer",
// "expires_in","jti","profile"} (RFC 6749 section 5.1). Else a problem: 400 claim_invalid,
// lifetime_invalid, body_invalid, profile_required, profile_unknown; 503 key_unusable: the profile
// has no active key that signs.
void issue_token(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
