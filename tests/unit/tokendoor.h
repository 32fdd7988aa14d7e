// The routes for tokens without a socket: profiles from key files, a judge that logs into memory,
// and questions.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_TOKENDOOR_H
#define TESTS_UNIT_TOKENDOOR_H

#include "lib/base/base.h"
#include "lib/base/log.h"
#include "tests/unit/replied.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/route.h"

#define TOKENDOOR_SECRET "canary-secret-of-the-profile-session-0123456789"
#define TOKENDOOR_OLD_SECRET "canary-secret-before-the-last-rotation-9876543210"
#define TOKENDOOR_LATER "4102444800" // an exp in the year 2100
#define TOKENDOOR_HS256 "{\"alg\":\"HS256\"}"

// Profiles: `session` takes HS256 by TOKENDOOR_SECRET (active) and TOKENDOOR_OLD_SECRET (retiring,
// kid "old"), forwards role, user_id and user-id, and has the cookies `session` and
// `__Host-session`; `strict` the same secret with issuer, audience, typ and a required claim;
// `pair` has ES256 keys, active (kid "now"), pending and retired; `twin` has the active one as
// well, and the secret; `broken` has no key, and a leeway of 5 s.
struct tokendoor {
	char folder[32];
	struct secret_arena *arena;
	struct vault *vault; // empty
	struct keyring *keyring;
	struct registry *registry;
	struct fingerprint_key *key;
	struct log log;
	struct answers answers;
};

void tokendoor_open(struct tokendoor *door);
void tokendoor_close(struct tokendoor *door);

// Leaves the first profile alone.
void tokendoor_only_session(struct tokendoor *door);

// What a request has; zero is a POST of JSON by somebody who may do all.
struct tokendoor_ask {
	const char *method, *type, *body, *authorization, *cookies[4], *if_none_match;
	enum route_door door;
	unsigned verbs; // 0: all
	bool no_verbs, has_token, by_ask;
};

// Asks; the caller ends the reply with route_reply_done.
struct route_reply tokendoor_ask(
	struct tokendoor *door, const char *target, const struct tokendoor_ask *ask);

// A good token of `session`, on the heap; `claims` begins with a comma, or is "".
char *tokendoor_token(const char *claims);

#endif
