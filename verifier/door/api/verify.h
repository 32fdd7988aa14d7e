// POST /v1/verify and /v1/verify-batch: tokens to claims, or why not.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_VERIFY_H
#define VERIFIER_DOOR_API_VERIFY_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct answers;
struct token_verdict;

#define VERIFY_BATCH_MAX 64 // tokens of one batch

// POST /v1/verify: {"token":"...","profile"?,"aud"?,"cookie"?}, or the token itself as
// application/jwt; GET: of `Authorization: Bearer`. Then the profile may come as ?profile=NAME.
// 200: {"active":true,"claims":{...},"kid","alg","key_state","expires_in"?,"profile"}; the claims
// are the payload as it was signed, byte for byte; `aud` is a further audience that must be there.
// 401: a problem with "kid"?, "alg"? and "stage", and WWW-Authenticate; the codes are those of
// token_code_text. 400: token_required, profile_required, profile_unknown, body_invalid. 503:
// key_unusable, which is not the token's fault, with "hint".
void verify_one(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// POST /v1/verify-batch: {"tokens":["...",...],"profile"?,"aud"?}; 200: {"results":[...]} in the
// same order, each what verify_one says or {"active":false,"code","detail","kid"?,"alg"?,"stage"}.
void verify_batch(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// The answer to a token that is not accepted: 401, or 503 for a profile without keys, with the
// profile's `hint`. NULL: it is only named, for whoever sent it and nobody else to see.
void verify_refuse(
	struct route_reply *reply, const struct token_verdict *verdict, const char *hint);

// Tells with WWW-Authenticate how a token failed (RFC 6750 section 3): of no token (`error` NULL)
// nothing but the scheme.
void verify_challenge(struct route_reply *reply, const char *error, const char *description);

#endif
