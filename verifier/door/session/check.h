// ANY /auth/check/PROFILE: forward-auth that refreshes silently.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_CHECK_H
#define VERIFIER_DOOR_SESSION_CHECK_H

#include "verifier/door/session/sessions.h"

// Judges the access token by the profile that is the `rest` of the path; a good one never asks the
// store. Of a cookie that is bad, or none, the refresh token is used: 204 then brings the new
// cookies, and so does a 403 by the profile's rules, for the old ones are used up. A bearer stands
// alone.
void check_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

#endif
