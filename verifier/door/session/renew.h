// POST /auth/refresh: a new pair for a page that sees its access token end.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_RENEW_H
#define VERIFIER_DOOR_SESSION_RENEW_H

#include "verifier/door/session/sessions.h"

// 200 {"message","expires_in"} with the new cookies; 401 clears them.
void renew_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

#endif
