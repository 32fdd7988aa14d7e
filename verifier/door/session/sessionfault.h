// What the session listener refuses, as one table: status, code, words for a form, and what it
// counts as. {"error":"Invalid credentials","code":"credentials_invalid"}.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_SESSIONFAULT_H
#define VERIFIER_DOOR_SESSION_SESSIONFAULT_H

#include "lib/base/base.h"
#include "verifier/door/session/sessions.h"

struct route_reply;

enum sessionfault {
	SESSIONFAULT_NONE,
	// The request.
	SESSIONFAULT_PATH,
	SESSIONFAULT_METHOD,
	SESSIONFAULT_CROSS_SITE,
	SESSIONFAULT_TYPE,
	SESSIONFAULT_BODY,
	// The upstream.
	SESSIONFAULT_CREDENTIALS,
	SESSIONFAULT_TOO_OFTEN,   // its 429
	SESSIONFAULT_NO_LOGIN,    // there is no [upstream]
	SESSIONFAULT_LOGIN_WAITS, // nobody has said yet where it goes
	SESSIONFAULT_UNREACHABLE,
	SESSIONFAULT_TIMEOUT,
	SESSIONFAULT_TLS,
	SESSIONFAULT_TOO_LARGE,
	SESSIONFAULT_BROKEN,
	SESSIONFAULT_BUSY,
	SESSIONFAULT_DOWN,
	SESSIONFAULT_REDIRECT,
	SESSIONFAULT_STATUS,
	SESSIONFAULT_NOT_JSON,
	SESSIONFAULT_UNFIT, // a member that is needed is missing or of another type
	// The token.
	SESSIONFAULT_PROFILE,
	SESSIONFAULT_TOKEN_BAD, // has a code of its own
	SESSIONFAULT_TOKEN_SEVERAL,
	SESSIONFAULT_NOT_LOGGED_IN,
	SESSIONFAULT_REFRESH_NONE,
	SESSIONFAULT_REFRESH_BAD,
	SESSIONFAULT_REFRESH_SEVERAL, // which is meant, nobody knows
	SESSIONFAULT_REUSED,
	SESSIONFAULT_ENDED,
	SESSIONFAULT_EXPIRED,
	SESSIONFAULT_UNKNOWN,
	// Ours.
	SESSIONFAULT_AWAY, // the store
	SESSIONFAULT_WAITING,
	SESSIONFAULT_NO_KEY,
	SESSIONFAULT_NOT_SIGNED,
	SESSIONFAULT_COOKIE,
	SESSIONFAULT_MEMORY,
	SESSIONFAULTS, // how many there are
};

// Makes the reply a refusal, whatever it was; every 401 with WWW-Authenticate (RFC 9110 section
// 15.5.2).
void sessionfault_answer(struct route_reply *reply, enum sessionfault fault);

// The same with another Retry-After; 0: as the table says.
void sessionfault_wait(struct route_reply *reply, enum sessionfault fault, uint32_t retry_s);

// A refusal whose code is not in the table: of a token, by the rules of a profile. `code` lives
// forever.
void sessionfault_token(struct route_reply *reply, unsigned status, const char *code);

// The stable code, and what it counts as.
const char *sessionfault_code(enum sessionfault fault);
enum sessions_result sessionfault_result(enum sessionfault fault);

// Of a refusal to refresh: whether the cookies are of no use any more.
bool sessionfault_clears(enum sessionfault fault);

#endif
