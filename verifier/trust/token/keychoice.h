// Which keys of a profile may have signed a token: those of the header's alg, and among them those
// that its kid names. The header only chooses among keys that the configuration has.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_KEYCHOICE_H
#define VERIFIER_TRUST_TOKEN_KEYCHOICE_H

#include "verifier/trust/token/profile.h"

struct algorithm;
struct judging;

// What a profile's keys are to a token: whether alg and kid are theirs.
struct keychoice {
	const struct algorithm *algorithm; // of a key that verifies
	// That the kid names: by any id, by an id that was given, and one that does not verify.
	const struct profile_key *named, *given, *barred;
	const struct profile_key *tried[PROFILE_KEYS_MAX];
	size_t count; // at most PROFILE_TRIED_MAX
};

// Chooses the keys to try, the likeliest first. With none (count 0) the verdict says why.
void keychoice_make(const struct judging *it, struct keychoice *ret_choice);

// Records that the token's kid names a key that does not verify (`named`), or none (NULL).
// Returns: false.
bool keychoice_refuse_kid(const struct judging *it, const struct profile_key *named);

#endif
