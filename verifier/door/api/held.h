// What is held: every bundle with its keys, where each came from, and the profiles with theirs.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_HELD_H
#define VERIFIER_DOOR_API_HELD_H

#include "lib/base/base.h"

struct answers;
struct json_t;
struct route_reply;
struct route_request;

// How many keys are written out, of each bundle and of all; unless it is all, bundles of ended
// processes have none, secrets come before others, and a bundle has "key_count".
struct held_share {
	size_t of_one, of_all;
};
#define HELD_ALL_KEYS ((struct held_share){SIZE_MAX, SIZE_MAX})

// What GET /v1/secrets answers, as an object whose reference is the caller's.
// Returns: the object, or NULL when memory is short.
struct json_t *held_json(struct answers *answers, const struct route_request *request,
	struct held_share keys) must_check;

// GET /v1/secrets[?app=NAME]:
// {"v":1,"fingerprint_key","generation","apps":[...],"profiles":[{"name",
// "kind","usable","fault","hint","keys":[{"key","state","kid","alg","app","file"}]}]}; where a
// key has none null: a session of a library has no "alg", and a key is an app's or a file's.
void held_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
