// One try of a trial: whether a key or the bytes of a secret made the token. Each is charged what
// it costs at most, in nanoseconds, and when the account is empty nothing is tried any more.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_ATTEMPT_H
#define VERIFIER_TRUST_DIAGNOSIS_ATTEMPT_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct key;
struct profile;
struct profile_key;
struct trial;

// Charges `cost` nanoseconds.
// Returns: whether the account had them; if not, it is closed.
bool attempt_may_spend(struct trial *trial, uint64_t cost) must_check;

// Whether a value is seen for the first time for `purpose`, and remembers it. When the table is
// full it always is.
enum attempt_purpose { ATTEMPT_EXACT = 1, ATTEMPT_MISSPELT };
bool attempt_is_new(struct trial *trial, struct secret value, enum attempt_purpose purpose)
	must_check;

// Whether the bytes of a secret made the token: an HMAC's key, or a session's by each kind and each
// salt. SECRET_NONE is the empty key. Of a session trial->match has the kind, the salt and the size
// of what the room holds then.
bool attempt_by_secret(struct trial *trial, struct secret secret) must_check;

// Whether a loaded key signed it; trial->match->odd is set where the form is not as it should be.
bool attempt_by_key(struct trial *trial, const struct key *key) must_check;

// Whether a loaded session key of the profile sealed it.
bool attempt_by_session(struct trial *trial, const struct profile *profile,
	const struct profile_key *key) must_check;

#endif
