// The judgement of an encrypted session token of NextAuth v4 or Auth.js v5 (a JWE with alg dir):
// its parts decoded, its enc known, opened with a key of the profile.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_SEALEDSESSION_H
#define VERIFIER_TRUST_TOKEN_SEALEDSESSION_H

#include "verifier/trust/token/jwe.h"

struct judging;

// An encrypted session, decoded; in the scratch.
struct sealedsession {
	struct jwe_parts parts;
	enum jwe_enc enc;
};

// Decodes the five parts.
// Returns: whether they are good; if not, the verdict says why.
bool sealedsession_decode(struct judging *it, struct sealedsession *ret_session) must_check;

// Opens it, once its header was judged: the payload is in the scratch then, and the verdict says
// which key opened it.
// Returns: whether a key did; if not, the verdict says why.
bool sealedsession_open(struct judging *it, struct sealedsession *session) must_check;

#endif
