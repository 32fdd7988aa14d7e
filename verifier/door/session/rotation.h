// The use of a refresh token, from the request's cookie to a new pair: what the check before a page
// and POST /auth/refresh have in common.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_ROTATION_H
#define VERIFIER_DOOR_SESSION_ROTATION_H

#include "lib/base/base.h"
#include "verifier/door/session/sessionfault.h"
#include "verifier/door/session/turn.h"

struct pair;
struct refreshtoken;

// Finds the refresh token of a request and judges it as of `now_wall_ms`; its claims are not told.
// Returns: SESSIONFAULT_NONE; SESSIONFAULT_REFRESH_NONE, _REFRESH_BAD, _REFRESH_SEVERAL (two
// cookies have the name), _EXPIRED or _NO_KEY.
enum sessionfault rotation_read(const struct sessions *sessions,
	const struct route_request *request, int64_t now_wall_ms, struct refreshtoken *ret_token)
	must_check;

// Whether the session was ended here, though the store may not know yet: a logout while it was away
// counts from its answer on, whatever is under way.
bool rotation_is_over(const struct sessions *sessions, const uint8_t family[static FAMILY_ID_BYTES])
	must_check;

// Gives the request's refresh token to the store, in a turn of its own that `used` goes on with;
// its profile is the `rest` of the request.
// Returns: likewise; SESSIONFAULT_ENDED: it was ended here, whether the store knows or not;
// SESSIONFAULT_MEMORY, _AWAY or _WAITING. Unless it is _NONE, the handler answers at once.
enum sessionfault rotation_begin(struct sessions *sessions, enum sessionrules_route route,
	const struct route_request *request, turn_stored *used) must_check;

// Takes what the store answered: the pair of whoever is logged in. While the store is away and the
// route has some grace, an access token alone. The caller releases the pair with pair_done.
// Returns: SESSIONFAULT_NONE, or why there is none.
enum sessionfault rotation_end(struct turn *turn, int64_t now_wall_ms, struct pair *ret_pair)
	must_check;

#endif
