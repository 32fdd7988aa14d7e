// One request whose answer waits for the store or the upstream: what it was about, the answer in
// the making, and who is to get it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_TURN_H
#define VERIFIER_DOOR_SESSION_TURN_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/sessionfault.h"
#include "verifier/record/sessions/store.h"
#include "verifier/trust/token/profile.h"

struct later;
struct log_line;
struct pair;
struct sessions;
struct turn;

// Goes on with a turn when the store has answered. Ends it, or has it wait again.
typedef void turn_stored(struct turn *turn);

struct turn {
	struct sessions *sessions;
	enum sessionrules_route route;
	struct later *later;
	struct route_reply reply;
	struct store_op op;
	turn_stored *stored;
	char profile[PROFILE_NAME_MAX + 1]; // that judges; a loaded one may go while we wait
	enum cookiejar_form form;           // of the cookies that are set
	bool everywhere;                    // a logout of the subject
	bool replaces;                      // a login: another session of this browser
	uint8_t replaced[FAMILY_ID_BYTES];
};

// Makes one from inside a handler, and keeps the request open.
// Returns: the turn, or NULL: the door cannot wait, or memory is short.
struct turn *turn_new(struct sessions *sessions, enum sessionrules_route route,
	const struct route_request *request) must_check;

// From inside that handler, which answers at once instead, or once nobody waits: wipes and frees.
void turn_cancel(struct turn *turn);

// Gives `op` to the store and calls `stored` once it is done, never from inside this call.
// Returns: SESSIONFAULT_NONE, or why not; the turn stays the caller's.
enum sessionfault turn_store(struct turn *turn, turn_stored *stored) must_check;

// Names the turn's session in a line of the log: enough to find it again, not to be it.
void turn_tell(const struct turn *turn, struct log_line *line);

// Mints the pair of the turn's family; without `is_recorded`, whose refresh token nobody could use,
// the access token alone. The caller releases it with pair_done.
// Returns: SESSIONFAULT_NONE; _NO_KEY, _NOT_SIGNED (which is logged), or _EXPIRED: it ends in less
// than a second.
enum sessionfault turn_mint(const struct turn *turn, bool is_recorded, int64_t now_wall_ms,
	struct pair *ret_pair) must_check;

// Whether anybody still waits.
bool turn_is_wanted(const struct turn *turn);

// Sends the reply, counts it as what `fault` says, and frees the turn. With a fault a reply that is
// still empty becomes that.
void turn_end(struct turn *turn, enum sessionfault fault);

// Counts a request that did not have to wait, and makes the reply of a fault.
void turn_answer(struct sessions *sessions, enum sessionrules_route route, enum sessionfault fault,
	struct route_reply *reply);

// Adds the cookies of a pair to the reply. Those that do not fit are noted in the log.
// Returns: SESSIONFAULT_NONE, _COOKIE or _MEMORY; then the reply is that.
enum sessionfault turn_set_pair(struct turn *turn, const struct pair *pair, int64_t now_wall_ms,
	enum cookiejar_form form) must_check;

// The profile of a name, if it has keys.
const struct profile *turn_profile(const struct sessions *sessions, const char *name);

// Whether tokens can be made now. Else nothing is begun: a generation that the store makes, and of
// which nobody gets a token, would have the one before it taken for stolen later.
bool turn_can_mint(const struct sessions *sessions);

// Whether a route may go on without the store, which has just not answered.
bool turn_has_grace(const struct turn *turn);

// By what a family is judged: from the lives of the two profiles.
// Returns: whether both have keys.
bool turn_rules(const struct sessions *sessions, struct family_rules *ret_rules) must_check;

#endif
