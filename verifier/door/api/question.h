// Reads what is asked about a token: a JSON body's members, the profile, and the bearer in a
// header. What is wrong becomes the reply.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_QUESTION_H
#define VERIFIER_DOOR_API_QUESTION_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"
#include "verifier/trust/form/strictjson.h"

struct profile;

#define QUESTION_JSON "application/json"

// Whether a Content-Type is of this media type, whatever parameters it has.
bool question_is_type(const struct route_request *request, const char *type);

// Whether a body is of this media type, or comes by ASK, which has none; else 415.
bool question_expects(const struct route_request *request, const char *type,
	struct route_reply *reply) must_check;

// Reads a JSON body into the wanted members, and refuses any other: a misspelt "audience" must not
// weaken a check. An empty body is an empty object. Else 400 body_invalid.
bool question_read(const struct route_request *request, struct strictjson_member *wanted,
	size_t count, struct route_reply *reply) must_check;

// Copies a member that is a text, if it is there: "" if not. Else 400 body_invalid.
bool question_text(const struct strictjson_member *member, char *out, size_t size,
	struct route_reply *reply) must_check;

// The token of a body of application/jwt: every byte of it, so a line end makes it none.
// Returns: whether there is one; else the reply says so.
bool question_raw(const struct route_request *request, const char **ret_token, size_t *ret_length,
	struct route_reply *reply) must_check;

// A token as it stands in a JSON text: a view, or with its escapes undone in `room` (`size` bytes).
// What does not fit is cut after `size` bytes, which is longer than a token may be.
void question_token(const struct strictjson_value *value, char *room, size_t size,
	const char **ret_token, size_t *ret_length);

// The profile of a request: `named` (NULL or "": not), else ?profile=, else the only one there is.
// Returns: the profile, which may be unusable, or NULL: 400 profile_required or profile_unknown.
const struct profile *question_profile(struct answers *answers, const struct route_request *request,
	const char *named, struct route_reply *reply) must_check;

// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1).
// Returns: whether there is one.
bool question_bearer(const char *authorization, const char **ret_token, size_t *ret_length)
	must_check;

#endif
