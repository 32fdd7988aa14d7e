// Where a request carries its token: Authorization: Bearer, or one of a profile's cookies. What the
// token is worth is judged elsewhere.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_CARRIER_H
#define VERIFIER_DOOR_API_CARRIER_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"
#include "verifier/trust/form/cookie.h"

struct judge_question;
struct profile_list;

enum carrier_result {
	CARRIER_NONE,
	CARRIER_BEARER,
	CARRIER_COOKIE,
	CARRIER_BROKEN,  // only a cookie, and that is not whole, or there twice
	CARRIER_SEVERAL, // a bearer and a cookie: which one is meant?
};

// Finds the one token of a request; of several cookies the one that is named first counts. Fills in
// token, length and cookie of the question, where there is one; they live as long as the request
// and `room`, which has JUDGE_TEXT_SIZE bytes.
// Returns: an enum carrier_result.
enum carrier_result carrier_find(const struct route_request *request,
	const struct profile_list *cookies, char *room, struct judge_question *question) must_check;

// Looks for a value in one cookie, likewise.
// Returns: as cookie_end.
enum cookie_result carrier_cookie(const struct route_request *request, const char *name, char *room,
	struct cookie_view *ret_value) must_check;

#endif
