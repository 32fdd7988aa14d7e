// The session listener: login, the check before a page, refresh, logout, who am I. What stands
// behind nginx, Traefik, Caddy or Next rewrites in place of the app's own code.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_SESSIONS_H
#define VERIFIER_DOOR_SESSION_SESSIONS_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"
#include "verifier/door/session/sessionrules.h"

struct answers;
struct farewells;
struct ledger;
struct log;
struct throttle;
struct upstream;

// What came of requests, by route.
enum sessions_result {
	SESSIONS_OK,
	SESSIONS_REFUSED,  // wrong password, no session, a bad token
	SESSIONS_FOREIGN,  // from another site
	SESSIONS_BROKEN,   // 4xx: what was sent is no such request
	SESSIONS_UPSTREAM, // login: the upstream is broken or slow
	SESSIONS_AWAY,     // the store is
	SESSIONS_FAILED,   // ours: no key, no memory
	SESSIONS_RESULTS,  // how many there are
};
extern const char *const sessions_result_names[]; // ended by NULL

// What routes work with; all borrowed but the counts and the farewells. Without a ledger there are
// no sessions.
struct sessions {
	const struct sessionrules *rules;
	struct answers *answers; // keyring, judge
	struct ledger *ledger;
	struct upstream *upstream; // NULL: no login here,
	bool login_waits;          // or nobody has said yet where it goes
	const struct log *log;
	struct throttle *throttle;
	uint64_t counts[SESSIONRULES_ROUTES][SESSIONS_RESULTS];
	struct farewells *farewells; // logouts while the store was away; made when there is one
	uint64_t pending_lost;       // those that could not be kept
};

// Answers a request on the session listener, now or later (then the reply has status 0 and the door
// keeps the request, see api/later.h).
//
//   POST /auth/login          {"email","password"} -> 200 {"message","userData"}, cookies
//   ANY  /auth/check/PROFILE  204, identity headers as /v1/auth gives them, perhaps cookies; or 401
//   POST /auth/refresh        200 {"message","expires_in"}, cookies; or 401
//   POST /auth/logout         {"everywhere":true} or nothing -> 200 {"message"}, cookies cleared
//   GET  /auth/session        200 {"v":1,"active":true,"subject","claims","expires_in"}; or 401;
//   the
//                             subject is the claim that is made of what `subject` names, else sub
//
// Errors are {"error":"Invalid credentials","code":"credentials_invalid"}: what a form shows, and
// what a program tests. /auth/check answers nothing but 2xx, 401, 403 and, where the profile says
// redirect = yes, 302, which nginx's auth_request turns into 500 (there: error_page 401); and 500
// or 503 when we are to blame or the store is away, which a proxy turns into an error of its own. A
// query decides nothing.
void sessions_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

// To be called every second or so: what could not be recorded while the store was away is tried
// again.
void sessions_settle(struct sessions *sessions);

// How many logouts wait for the store.
size_t sessions_pending(const struct sessions *sessions);

// Frees what belongs to it; once the ledger and the upstream are closed, which call back until
// then.
void sessions_done(struct sessions *sessions);

#endif
