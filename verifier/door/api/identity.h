// Whose token it was that is good: headers for the app behind a proxy.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_IDENTITY_H
#define VERIFIER_DOOR_API_IDENTITY_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct profile;
struct token_verdict;

// Bytes of the identity headers together, as they are sent: the whole head fits into 4 KiB, more
// than which nginx does not take by default.
#define IDENTITY_HEADERS_MAX 3840

// Adds X-Auth-Subject, X-Auth-Scope, X-Auth-Kid, X-Auth-Expires and X-Auth-Claim-NAME, as
// api/forward.h describes them.
// Returns: whether the answer is complete; else the reply is a 401 (a claim holds control
// characters) or a 403 (the headers are too long, or two are the same).
bool identity_tell(const struct profile *profile, const struct token_verdict *verdict,
	struct route_reply *reply) must_check;

#endif
