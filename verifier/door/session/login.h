// POST /auth/login: asks the upstream whether email and password are right, and begins a session.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_LOGIN_H
#define VERIFIER_DOOR_SESSION_LOGIN_H

#include "verifier/door/session/sessions.h"

#define LOGIN_EMAIL_MAX 1024    // bytes, as JSON writes them
#define LOGIN_PASSWORD_MAX 4096 // likewise
#define LOGIN_USER_DATA_MAX (32u * 1024)

// {"email","password"} go on as they are. 200 {"message","userData"} with the session's cookies and
// those that the upstream's own tokens are passed on in; the session that the request's cookies are
// of ends then. An answer of which the check before a page could make nothing begins no session.
void login_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

#endif
