// A refresh token in its two forms. `jwt`: a JWS of the profile whose jti is FAMILY.GENERATION,
// which any JOSE library verifies. `opaque`: skr1.FAMILY.GENERATION.RANDOM.MAC, made with the
// profile's active key. Of the same family, generation and key it is always the same bytes: nobody
// has to keep a successor for those who come second, and two verifiers make the same one.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_SESSION_REFRESHTOKEN_H
#define VERIFIER_TRUST_SESSION_REFRESHTOKEN_H

#include "lib/base/base.h"
#include "verifier/record/sessions/family.h"
#include "verifier/trust/token/token.h"

struct err;
struct minted;

#define REFRESHTOKEN_PREFIX "skr1."
#define REFRESHTOKEN_JTI_MAX (FAMILY_ID_TEXT + 24) // FAMILY.GENERATION, and ".a" of an access token

struct refreshtoken {
	uint8_t family[FAMILY_ID_BYTES];
	uint64_t generation;
	const char *claims; // of a jwt, in the scratch; else NULL
	size_t claims_length;
};

// Judges a token by the profile: form, signature (constant time), and of a jwt its claims; that its
// iat is ahead is no fault, since a clock may have been set back. Whether it still counts is the
// store's to say. The form is the one that the profile's rules name.
// Returns: TOKEN_OK or why not.
enum token_code refreshtoken_read(const struct profile *profile, const char *token, size_t length,
	int64_t now_wall_ms, struct token_scratch *scratch, struct refreshtoken *ret_token)
	must_check;

// Makes the token of the family's present generation: issued when the record says, so it ends when
// the record says. The caller releases it with mint_done.
// Returns: as mint_token does.
int refreshtoken_mint(const struct profile *profile, const struct family *family,
	struct minted *ret_minted, struct err *err) must_check;

// Whether a profile can have refresh tokens: its active key signs the same bytes the same way each
// time (HMAC, RSA with PKCS1, EdDSA; not ECDSA, not RSA-PSS).
bool refreshtoken_fits(const struct profile *profile);

// Splits the jti of one of ours: FAMILY.GENERATION, or FAMILY.GENERATION.a of an access token.
// Returns: whether it is one.
bool refreshtoken_jti_read(const char *jti, size_t length,
	uint8_t ret_family[static FAMILY_ID_BYTES], uint64_t *ret_generation, bool *ret_is_access)
	must_check;

// Writes the jti of the family's present generation. Returns: whether it has one: 1 to 2^53 - 1.
bool refreshtoken_jti_write(const struct family *family, bool is_access,
	char out[static REFRESHTOKEN_JTI_MAX]) must_check;

#endif
