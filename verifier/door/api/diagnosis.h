// POST /v1/diagnose: which key, candidate, reading or misspelling signed a token, as JSON. Needs
// the verb `diagnose`, which sees the bundles of every app: whoever has it learns which secret of
// which app signed what, though never a byte of one.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_DIAGNOSIS_H
#define VERIFIER_DOOR_API_DIAGNOSIS_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

#define DIAGNOSIS_AT_ONCE 4   // questions of one uid, then
#define DIAGNOSIS_EACH_MS 200 // one more in this time; over it 429 with Retry-After

// The question is {"token":"...","profile":"..."}, where `profile` may be left out, or the token
// itself as application/jwt, with ?profile=NAME. The answer is 200 for whatever the token is:
//
//   "v"            1
//   "verdict"      "accept", "reject", or "none": no profile was named and there is not just one
//   "profile"      the profile that judged it, or null
//   "code"         "ok", or why it is rejected, as /v1/verify says it; with "none":
//                  "profile_required"
//   "detail"       one sentence, or ""
//   "alg"          what the header claims, or null
//   "claimed_kid"  what the header claims, or null
//   "signed_by"    null: nothing that was tried; or an object of
//                  "what"      "winner", "retired", "pending", "shadowed", "reading",
//                              "placeholder", "empty", "near-miss"
//                  "app", "key", "origin" ("/srv/shop/.env:3:1", or a key file's path), "profile",
//                  "kid", "state" ("active", "pending", "retiring", "retired"), "mistake" (a near
//                  miss: "quotes-double"): each a text or null
//                  "dialects"  the dialects of a reading, [] else
//                  "alg"       by which the signature is good
//                  "text"      "signed with NEXTAUTH_SECRET of app web as docker --env-file reads
//                              /srv/shop/.env:3:1: the double quotes around it are part of the key"
//                  "fix"       a sentence, or "" where nothing is to be mended
//   "findings"     [{"severity","code","text","hint"}], worst first; severity is "error" or
//                  "warning"; hint may be "". `samekey help CODE` explains a code; they are the
//                  rows of lib/value/finding from profile-unusable on, but for those of token-*
//   "claims"       the payload as an object, or null where it could not be read
//   "verified"     whether a key of the profile that verifies now signed it: if not, anybody may
//                  have written the claims
//   "tried", "not_tried"  how many candidates and forms of them

struct answers;

// Answers the question.
void diagnosis_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
