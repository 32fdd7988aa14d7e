// When both tokens of a generation begin and end; what makes them is minting and refreshtoken.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/pair.h"

#include "lib/base/err.h"
#include "verifier/trust/session/refreshtoken.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

#include <errno.h>

#define MS_PER_S 1000
#define AHEAD_MAX_MS (TOKEN_FUTURE_S * INT64_C(1000))

// The end of what was minted as of then. Whole seconds, as the token has it: a cookie of that life
// never outlives it.
static int64_t end_of(const struct minted *minted, int64_t issued_wall_ms)
{
	return (issued_wall_ms / MS_PER_S + minted->expires_in_s) * MS_PER_S;
}

// When an access token that is issued then ends.
static int64_t end_of_access(
	const struct profile *profile, const struct family *family, int64_t issued_wall_ms)
{
	uint64_t left = family->absolute_wall_ms > issued_wall_ms
				? (uint64_t)(family->absolute_wall_ms - issued_wall_ms)
				: 0;
	uint64_t life = profile->rules->lifetime_ms < left ? profile->rules->lifetime_ms : left;

	return issued_wall_ms + (int64_t)life;
}

// When the generation was made, so that whoever comes second gets the same; now, if that token
// would be over, or if the clock was set back and everybody would refuse it as issued ahead.
static int64_t choose_issue(
	const struct profile *profile, const struct family *family, int64_t now_wall_ms)
{
	int64_t issued = family->issued_wall_ms, end;

	if (issued < 0 || issued > now_wall_ms + AHEAD_MAX_MS)
		return now_wall_ms;
	end = end_of_access(profile, family, issued);
	return end / MS_PER_S * MS_PER_S <= now_wall_ms ? now_wall_ms : issued;
}

static int mint_access(const struct profile *profile, const struct family *family,
	int64_t now_wall_ms, struct pair *pair, struct err *err)
{
	char jti[REFRESHTOKEN_JTI_MAX];
	int64_t issued = choose_issue(profile, family, now_wall_ms);
	int64_t life = end_of_access(profile, family, issued) - issued;
	const struct mint_request request = {.claims = family->access_claims,
		.length = strlen(family->access_claims),
		.lifetime_ms = (uint64_t)life,
		.now_ms = issued,
		.id = jti};
	int result;

	if (profile->rules->kind != PROFILE_JWS) {
		(void)err_set(err, -EINVAL, NULL,
			"profile %s is of kind %s, which no session of ours has",
			profile->rules->name, profile_kinds[profile->rules->kind]);
		(void)err_hint(err, "kind = jws");
		return MINT_E_KEY;
	}
	if (!refreshtoken_jti_write(family, true, jti)) {
		(void)err_set(err, -EINVAL, NULL, "the generation of the session is out of range");
		return MINT_E_CLAIMS;
	}
	if (life < MS_PER_S) {
		(void)err_set(err, -EINVAL, NULL, "the session has less than a second left");
		return MINT_E_LIFETIME;
	}
	result = mint_token(profile, &request, &pair->access, err);
	if (result == MINT_OK)
		pair->access_expires_wall_ms = end_of(&pair->access, issued);
	return result;
}

int pair_mint(const struct profile *access, const struct profile *refresh,
	const struct family *family, int64_t now_wall_ms, struct pair *ret_pair, struct err *err)
{
	struct pair pair = {0};
	int result = mint_access(access, family, now_wall_ms, &pair, err);

	if (result == MINT_OK && refresh) {
		result = refreshtoken_mint(refresh, family, &pair.refresh, err);
		if (result == MINT_OK)
			pair.refresh_expires_wall_ms =
				end_of(&pair.refresh, family->issued_wall_ms);
	}
	if (result != MINT_OK)
		pair_done(&pair);
	else
		*ret_pair = pair;
	return result;
}

int64_t pair_left_s(int64_t expires_wall_ms, int64_t now_wall_ms)
{
	int64_t left = expires_wall_ms / MS_PER_S - now_wall_ms / MS_PER_S;

	return left > 0 ? left : 0;
}

void pair_done(struct pair *pair)
{
	mint_done(&pair->access);
	mint_done(&pair->refresh);
	*pair = (struct pair){0};
}
