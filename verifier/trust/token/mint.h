// Mints a token by a profile: with its active key, its issuer and audience, a life and a random id.
// What the caller says of the claims is taken over as it was written.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_MINT_H
#define VERIFIER_TRUST_TOKEN_MINT_H

#include "lib/base/base.h"

struct err;
struct profile;
struct profile_key;

#define MINT_ID_BYTES 16 // of a jti, random
#define MINT_ID_MAX 64   // of one that is given

struct mint_request {
	const char
		*claims; // one JSON object, or NULL for none; iss, iat, exp, jti may not be in it
	size_t length;
	uint64_t lifetime_ms; // 0: the profile's; longer is refused
	int64_t now_ms;       // CLOCK_REALTIME
	const char *id;       // its jti, at most MINT_ID_MAX bytes; NULL: a random one
};

struct minted {
	char *token; // heap; the caller's, wiped by mint_done
	size_t length;
	int64_t expires_in_s;
	char id[MINT_ID_MAX + 1]; // its jti
};

enum mint_result {
	MINT_OK,
	MINT_E_CLAIMS, // not an object, a claim that is ours to set, an audience that is not the
		       // profile's, one missing that the profile or its typ requires; or too long
	MINT_E_LIFETIME,
	MINT_E_KEY, // the profile has no active key that signs
};

// Mints. Of sessions the token is what the library itself would make.
// Returns: an enum mint_result (err says why), -ENOMEM or -EIO.
int mint_token(const struct profile *profile, const struct mint_request *request,
	struct minted *ret_minted, struct err *err) must_check;

// The key that a usable profile signs or seals with now, or NULL.
const struct profile_key *mint_key(const struct profile *profile);

// Wipes and frees the token.
void mint_done(struct minted *minted);

#endif
