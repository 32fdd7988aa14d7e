// The access token of a request to the session listener.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_ACCESSTOKEN_H
#define VERIFIER_DOOR_SESSION_ACCESSTOKEN_H

#include "lib/base/base.h"
#include "verifier/door/api/carrier.h"
#include "verifier/door/session/sessions.h"

struct token_verdict;

// Finds the access token, as forward-auth does, and judges it by question->profile; a profile
// without cookies has the session's. The verdict is filled in for CARRIER_BEARER and
// CARRIER_COOKIE, and lives until judge_forget, which is the caller's in any case.
// Returns: where the token was.
enum carrier_result accesstoken_judge(const struct sessions *sessions,
	const struct route_request *request, struct judge_question *question,
	struct token_verdict *ret_verdict) must_check;

#endif
