// POST /auth/logout: ends a session, or all of whoever it is.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_LOGOUT_H
#define VERIFIER_DOOR_SESSION_LOGOUT_H

#include "verifier/door/session/sessions.h"

#define LOGOUT_LATE_MS 86400000 // a refresh token so old still says which session it was

// Nothing, or {"everywhere":true}. Cookies are cleared also where there is no session.
void logout_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

#endif
