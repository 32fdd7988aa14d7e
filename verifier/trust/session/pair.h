// What a login and each use of a refresh token give: an access token and a refresh token. Both are
// made of the family's record alone, so whoever comes second gets the same pair.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_SESSION_PAIR_H
#define VERIFIER_TRUST_SESSION_PAIR_H

#include "lib/base/base.h"
#include "verifier/record/sessions/family.h"
#include "verifier/trust/token/mint.h"

struct err;
struct profile;

struct pair {
	struct minted access, refresh; // refresh.token is NULL where none was asked for
	int64_t access_expires_wall_ms, refresh_expires_wall_ms;
};

// Mints an access token with the family's access claims and jti FAMILY.GENERATION.a, issued when
// the generation was made, or now if that one would be over; it never outlives the family. And the
// refresh token by the profile `refresh`, unless that is NULL. The same bytes each time, if the
// keys sign so (see refreshtoken_fits); with another access key the tokens differ and are as good.
// Returns: as mint_token does; then nothing was made.
int pair_mint(const struct profile *access, const struct profile *refresh,
	const struct family *family, int64_t now_wall_ms, struct pair *ret_pair, struct err *err)
	must_check;

// The whole seconds from now to the end of one of them, at least 0; one that was just issued has
// its whole life, as in `exp - iat`.
int64_t pair_left_s(int64_t expires_wall_ms, int64_t now_wall_ms);

// Wipes and frees both.
void pair_done(struct pair *pair);

#endif
