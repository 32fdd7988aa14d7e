// GET /auth/session: who is logged in, for a page that may not read the cookie.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_WHOAMI_H
#define VERIFIER_DOOR_SESSION_WHOAMI_H

#include "verifier/door/session/sessions.h"

// Judges the access token alone: the store is not asked, and nothing is refreshed.
void whoami_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

#endif
