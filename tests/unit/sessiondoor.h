// The session listener without a socket: profiles from key files, a real store behind a ledger, an
// upstream that answers what the test says, and requests that may wait.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_SESSIONDOOR_H
#define TESTS_UNIT_SESSIONDOOR_H

#include "lib/base/base.h"
#include "lib/base/log.h"
#include "lib/wire/relay.h"
#include "tests/unit/replied.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/sessions.h"

#include <stdatomic.h>

#define SESSIONDOOR_ACCESS_KEY "canary-access-key-of-the-session-0123456789"
#define SESSIONDOOR_REFRESH_KEY "canary-refresh-key-of-the-session-9876543210"
#define SESSIONDOOR_GOOD \
	"{\"message\":\"Welcome\",\"accessToken\":\"theirs.a\",\"refreshToken\":\"theirs.r\"," \
	"\"userData\":{\"id\":\"canary-user\",\"role\":\"admin\",\"name\":\"Ann\"}}"
#define SESSIONDOOR_LOGIN "{\"email\":\"canary@mail.example\",\"password\":\"canary-password\"}"

struct upstream;

// Profiles: `access` (cookie accessTokenEtls, forwards userId and role, 15 minutes), `page` (the
// same, redirects), `owner` (the same, requires a claim that nobody has), `refresh` (7 days, also
// by the cookie oldRefreshToken), `resting` (as `access`, with a key that signs no more), `broken`
// (without a key). The rules are the seed's; a test may change its copy.
struct sessiondoor {
	char folder[40];
	struct secret_arena *arena;
	struct keyring *keyring;
	struct answers answers;
	struct log log;
	struct sessionrules rules;
	struct sessions sessions;
	struct upstream *upstream;
	struct relay_answer answer; // of the upstream
	atomic_bool away;           // the store is
	atomic_bool forgetful;      // and does not know what it said last
	size_t waiting;
};

void sessiondoor_open(struct sessiondoor *door);
void sessiondoor_close(struct sessiondoor *door);

// The same around a test of cmocka, whose state it is.
int sessiondoor_set_up(void **state);
int sessiondoor_tear_down(void **state);

// What the upstream answers from now on; views stay the caller's.
void sessiondoor_upstream(struct sessiondoor *door, const struct relay_answer *answer);

// What it was asked last, and how often.
const char *sessiondoor_asked(const struct sessiondoor *door, unsigned *ret_count);

// What a request has; zero is a POST of nothing. Cookies: "name=value; ...".
struct sessiondoor_ask {
	const char *method, *type, *body, *authorization, *cookies;
	const char *host, *origin, *site;
	bool numbered;
};

// One request, from sessiondoor_send until sessiondoor_wait returns.
struct sessiondoor_request {
	struct sessiondoor *door;
	struct later_lender lender;
	struct route_reply reply;
	bool kept;
};

// Asks; a reply that comes at once is there then.
void sessiondoor_send(struct sessiondoor *door, const char *target,
	const struct sessiondoor_ask *ask, struct sessiondoor_request *request);

// Waits until everything is answered.
void sessiondoor_wait(struct sessiondoor *door);

// Both; the caller ends the reply with route_reply_done.
struct route_reply sessiondoor_ask(
	struct sessiondoor *door, const char *target, const struct sessiondoor_ask *ask);

// Logs in and writes "accessTokenEtls=...; refreshTokenEtls=..." into `access` and `refresh`, one
// each, on the heap.
struct sessiondoor_cookies {
	char *access, *refresh;
};
struct sessiondoor_cookies sessiondoor_login(struct sessiondoor *door);
void sessiondoor_cookies_done(struct sessiondoor_cookies *cookies);

// "NAME=VALUE" of the Set-Cookie of that name, on the heap; NULL: there is none.
char *sessiondoor_cookie(const struct route_reply *reply, const char *name);

// The status of a check before a page by the profile `access`.
unsigned sessiondoor_check(struct sessiondoor *door, const char *cookies);

// How many Set-Cookie headers there are, and how many of them clear.
size_t sessiondoor_set(const struct route_reply *reply);
size_t sessiondoor_cleared(const struct route_reply *reply);

// An access token of the seed's form, signed with the key that is named, that expires in so many
// seconds of the life that it had; as "accessTokenEtls=...", on the heap.
char *sessiondoor_forged(const char *key, const char *claims, int64_t life_s, int64_t left_s);

// A refresh token of a family that nobody made, likewise; as "refreshTokenEtls=...".
char *sessiondoor_forged_refresh(int64_t life_s, int64_t left_s);

#endif
