// A refresh token is signed like a JWS in either form; here is what it says and how it is read
// back. The opaque one is skr1.FAMILY.GENERATION.RANDOM.MAC: 32 hexadecimal digits, a decimal from
// 1 on, and in base64url 16 bytes and the signature of all before its dot.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/refreshtoken.h"

#include "lib/base/ascii.h"
#include "lib/base/err.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/token/mint.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>

#define GENERATION_MAX ((UINT64_C(1) << 53) - 1) // what every reader of JSON can count to
#define GENERATION_DIGITS 16
#define FAMILY_DIGITS (FAMILY_ID_TEXT - 1)
#define ACCESS_SUFFIX ".a"
#define RANDOM_BYTES 16
#define RANDOM_DIGITS 22
#define PREFIX_SIZE (sizeof(REFRESHTOKEN_PREFIX) - 1)
#define INPUT_SIZE (PREFIX_SIZE + MINT_ID_MAX + 1 + RANDOM_DIGITS + 1)
#define MS_PER_S 1000

_Static_assert(REFRESHTOKEN_JTI_MAX <= MINT_ID_MAX, "a jti of ours can be minted");
_Static_assert(
	FAMILY_DIGITS + 1 + GENERATION_DIGITS + sizeof(ACCESS_SUFFIX) <= REFRESHTOKEN_JTI_MAX,
	"room for any jti of ours");

// ---- the name of a generation

// A decimal from 1 to GENERATION_MAX without leading zeros.
static bool read_generation(const char *text, size_t length, uint64_t *ret_generation)
{
	uint64_t generation = 0;

	if (!length || length > GENERATION_DIGITS || text[0] == '0')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!ascii_is_digit(text[i]))
			return false;
		generation = generation * 10 + (uint64_t)(text[i] - '0');
	}
	if (generation > GENERATION_MAX)
		return false;
	*ret_generation = generation;
	return true;
}

bool refreshtoken_jti_read(const char *jti, size_t length,
	uint8_t ret_family[static FAMILY_ID_BYTES], uint64_t *ret_generation, bool *ret_is_access)
{
	const size_t suffix_size = sizeof(ACCESS_SUFFIX) - 1;
	uint64_t generation;
	bool is_access;

	if (length <= FAMILY_DIGITS || jti[FAMILY_DIGITS] != '.')
		return false;
	is_access = memcmp(jti + length - suffix_size, ACCESS_SUFFIX, suffix_size) == 0;
	if (is_access)
		length -= suffix_size;
	if (length <= FAMILY_DIGITS ||
		!read_generation(
			jti + FAMILY_DIGITS + 1, length - FAMILY_DIGITS - 1, &generation) ||
		!family_id_read(jti, FAMILY_DIGITS, ret_family))
		return false;
	*ret_generation = generation;
	*ret_is_access = is_access;
	return true;
}

bool refreshtoken_jti_write(
	const struct family *family, bool is_access, char out[static REFRESHTOKEN_JTI_MAX])
{
	char id[FAMILY_ID_TEXT];

	if (!family->generation || family->generation > GENERATION_MAX)
		return false;
	(void)snprintf(out, REFRESHTOKEN_JTI_MAX, "%s.%" PRIu64 "%s",
		family_id_text(family->id, id), family->generation, is_access ? ACCESS_SUFFIX : "");
	return true;
}

// ---- keys

// Whether a key of it makes the same signature of the same bytes each time.
static bool is_steady(const struct algorithm *algorithm)
{
	return algorithm->family == ALGORITHM_HMAC || algorithm->family == ALGORITHM_RSA_PKCS1 ||
	       algorithm->family == ALGORITHM_EDDSA;
}

bool refreshtoken_fits(const struct profile *profile)
{
	const struct profile_key *key = mint_key(profile);

	return key && profile->rules->kind == PROFILE_JWS && is_steady(key_algorithm(key->key));
}

static int refuse_key(const struct profile *profile, struct err *err)
{
	const struct profile_rules *rules = profile->rules;

	if (!profile->usable) {
		(void)err_set(err, -EINVAL, NULL, "%s", profile->fault);
		(void)err_hint(err, "%s", profile->hint);
	} else if (rules->kind != PROFILE_JWS) {
		(void)err_set(err, -EINVAL, NULL,
			"profile %s is of kind %s, which makes no refresh tokens", rules->name,
			profile_kinds[rules->kind]);
		(void)err_hint(err, "kind = jws");
	} else {
		(void)err_set(err, -EINVAL, NULL,
			"profile %s has no active key that signs the same way each time",
			rules->name);
		(void)err_hint(err, "a private or secret key for HS256, RS256, EdDSA or the like");
	}
	return MINT_E_KEY;
}

// ---- the opaque form: reading

// Where things stand in one whose form is good.
struct opaque {
	struct refreshtoken token;
	size_t input_length; // of what is signed
	size_t mac_size;     // of what was decoded into the scratch
};

// What is read is what was written: one text a token, so no digit but the right ones in each place.
static enum token_code read_opaque_form(
	const char *token, size_t length, struct token_scratch *scratch, struct opaque *ret_opaque)
{
	const char *name = token + PREFIX_SIZE, *end = token + length, *random, *mac;
	uint8_t random_bytes[RANDOM_BYTES];
	struct opaque opaque = {0};
	bool is_access;

	if (length < PREFIX_SIZE + FAMILY_ID_TEXT ||
		memcmp(token, REFRESHTOKEN_PREFIX, PREFIX_SIZE) != 0)
		return TOKEN_E_MALFORMED;
	random = memchr(name + FAMILY_ID_TEXT, '.', (size_t)(end - name) - FAMILY_ID_TEXT);
	if (!random || (size_t)(end - random) < 1 + RANDOM_DIGITS + 1 ||
		random[1 + RANDOM_DIGITS] != '.' ||
		!refreshtoken_jti_read(name, (size_t)(random - name), opaque.token.family,
			&opaque.token.generation, &is_access))
		return TOKEN_E_MALFORMED;
	random++;
	mac = random + RANDOM_DIGITS + 1;
	opaque.input_length = (size_t)(mac - 1 - token);
	opaque.mac_size = base64url_decoded_size((size_t)(end - mac));
	if (!opaque.mac_size || opaque.mac_size > sizeof(scratch->signature))
		return TOKEN_E_MALFORMED;
	if (!base64url_decode(random, RANDOM_DIGITS, random_bytes) ||
		!base64url_decode(mac, (size_t)(end - mac), scratch->signature))
		return TOKEN_E_ENCODING;
	*ret_opaque = opaque;
	return TOKEN_OK;
}

// Whether a key may have made it: one that verifies, and makes such signatures.
static bool may_have_made(const struct profile_key *key, size_t mac_size)
{
	const struct algorithm *algorithm = key_algorithm(key->key);

	return key_state_verifies(key->state) && is_steady(algorithm) &&
	       (!algorithm->signature_size || algorithm->signature_size == mac_size);
}

// RANDOM is not made again for comparing: the MAC is of it, too, and only the key makes one.
static enum token_code read_opaque(const struct profile *profile, const char *token, size_t length,
	struct token_scratch *scratch, struct refreshtoken *ret_token)
{
	struct opaque opaque;
	enum token_code code = read_opaque_form(token, length, scratch, &opaque);
	size_t tried = 0;

	if (code != TOKEN_OK)
		return code;
	if (!profile->usable)
		return TOKEN_E_KEY_UNUSABLE;
	for (size_t i = 0; i < profile->key_count && tried < PROFILE_TRIED_MAX; i++) {
		const struct profile_key *key = &profile->keys[i];

		if (!may_have_made(key, opaque.mac_size))
			continue;
		tried++;
		if (!key_verifies(key->key, token, opaque.input_length, scratch->signature,
			    opaque.mac_size))
			continue;
		*ret_token = opaque.token;
		return TOKEN_OK;
	}
	return TOKEN_E_SIGNATURE;
}

// ---- the opaque form: making

// The bytes that nobody can foretell who has not the key, though all else in the token is known to
// whoever can read the store. They are the key's signature of the generation's name, cut: the same
// each time, so nothing has to be kept for those who come second, and a copy of the store is no
// bag of tokens.
//
// What is signed here has "random" where a token has its family, whose digits are 0 to f: neither
// can be taken for the other. Nor can either for the input of a JWS, or back: that is two parts
// with one dot between (RFC 7515 section 5.1), these have three.
static int make_random(
	const struct key *key, const char *jti, char ret_digits[static RANDOM_DIGITS + 1])
{
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	char input[INPUT_SIZE];
	size_t size;
	int length = snprintf(input, sizeof(input), REFRESHTOKEN_PREFIX "random.%s", jti), result;

	result = key_sign(key, input, (size_t)length, signature, &size);
	if (result < 0)
		return result;
	base64url_encode(signature, RANDOM_BYTES, ret_digits);
	ret_digits[RANDOM_DIGITS] = '\0';
	sodium_memzero(signature, sizeof(signature));
	return 0;
}

// INPUT.MAC on the heap. Returns: 0 or -ENOMEM.
static int join(struct minted *minted, const char *input, const uint8_t *mac, size_t size)
{
	size_t length = strlen(input);

	minted->length = length + 1 + base64url_encoded_size(size);
	minted->token = malloc(minted->length + 1);
	if (!minted->token)
		return -ENOMEM;
	memcpy(minted->token, input, length);
	minted->token[length] = '.';
	base64url_encode(mac, size, minted->token + length + 1);
	minted->token[minted->length] = '\0';
	return 0;
}

// Returns: 0, -ENOMEM, or what key_sign returns.
static int write_opaque(const struct key *key, struct minted *minted)
{
	uint8_t mac[ALGORITHM_SIGNATURE_MAX];
	char input[INPUT_SIZE], random[RANDOM_DIGITS + 1];
	size_t size;
	int result = make_random(key, minted->id, random);

	if (result < 0)
		return result;
	(void)snprintf(input, sizeof(input), REFRESHTOKEN_PREFIX "%s.%s", minted->id, random);
	result = key_sign(key, input, strlen(input), mac, &size);
	if (result == 0)
		result = join(minted, input, mac, size);
	sodium_memzero(mac, sizeof(mac));
	sodium_memzero(input, sizeof(input));
	sodium_memzero(random, sizeof(random));
	return result;
}

static int mint_opaque(const struct profile *profile, const struct mint_request *request,
	struct minted *ret_minted, struct err *err)
{
	const struct key *key = mint_key(profile)->key;
	int64_t end_ms = request->now_ms + (int64_t)request->lifetime_ms;
	struct minted minted = {
		.expires_in_s = end_ms / MS_PER_S - request->now_ms / MS_PER_S,
	};
	int result;

	(void)snprintf(minted.id, sizeof(minted.id), "%s", request->id);
	result = write_opaque(key, &minted);
	if (result == -ENOMEM)
		return err_no_memory(err);
	if (result < 0)
		return err_set(err, -EIO, NULL, "signing with %s failed", key_name(key));
	*ret_minted = minted;
	return MINT_OK;
}

// ---- the JWT

static enum token_code read_jwt(const struct profile *profile, const char *token, size_t length,
	int64_t now_wall_ms, struct token_scratch *scratch, struct refreshtoken *ret_token)
{
	const struct token_options options = {.now_ms = now_wall_ms, .may_be_ahead = true};
	struct token_verdict verdict;
	const struct strictjson_value *jti;
	struct refreshtoken read = {0};
	bool is_access;

	token_verify(profile, token, length, &options, scratch, &verdict);
	jti = &verdict.known[TOKEN_JTI].value;
	if (verdict.code != TOKEN_OK)
		return verdict.code;
	// as it is written: we never escape a byte of it
	if (jti->type != STRICTJSON_STRING ||
		!refreshtoken_jti_read(
			jti->text, jti->length, read.family, &read.generation, &is_access) ||
		is_access)
		return TOKEN_E_CLAIM_INVALID;
	read.claims = verdict.claims;
	read.claims_length = verdict.claims_length;
	*ret_token = read;
	return TOKEN_OK;
}

// ---- both

enum token_code refreshtoken_read(const struct profile *profile, const char *token, size_t length,
	int64_t now_wall_ms, struct token_scratch *scratch, struct refreshtoken *ret_token)
{
	if (length > TOKEN_MAX)
		return TOKEN_E_TOO_LARGE;
	if (profile->rules->kind != PROFILE_JWS)
		return TOKEN_E_KEY_UNUSABLE;
	return profile->rules->format == PROFILE_OPAQUE
		       ? read_opaque(profile, token, length, scratch, ret_token)
		       : read_jwt(profile, token, length, now_wall_ms, scratch, ret_token);
}

// The record's, but no longer than the profile says now: it may have been changed since.
static int choose_life(const struct profile_rules *rules, const struct family *family,
	uint64_t *ret_ms, struct err *err)
{
	int64_t end = family->expires_wall_ms < family->absolute_wall_ms ? family->expires_wall_ms
									 : family->absolute_wall_ms;
	uint64_t life = family->issued_wall_ms >= 0 && end > family->issued_wall_ms
				? (uint64_t)(end - family->issued_wall_ms)
				: 0;

	if (life > rules->lifetime_ms)
		life = rules->lifetime_ms;
	if (life < MS_PER_S) {
		(void)err_set(err, -EINVAL, NULL, "the session has less than a second left");
		return MINT_E_LIFETIME;
	}
	*ret_ms = life;
	return MINT_OK;
}

int refreshtoken_mint(const struct profile *profile, const struct family *family,
	struct minted *ret_minted, struct err *err)
{
	char jti[REFRESHTOKEN_JTI_MAX];
	struct mint_request request = {.claims = family->refresh_claims,
		.length = strlen(family->refresh_claims),
		.now_ms = family->issued_wall_ms,
		.id = jti};
	int result;

	if (!refreshtoken_fits(profile))
		return refuse_key(profile, err);
	if (!refreshtoken_jti_write(family, false, jti)) {
		(void)err_set(err, -EINVAL, NULL, "the generation of the session is out of range");
		return MINT_E_CLAIMS;
	}
	result = choose_life(profile->rules, family, &request.lifetime_ms, err);
	if (result != MINT_OK)
		return result;
	return profile->rules->format == PROFILE_OPAQUE
		       ? mint_opaque(profile, &request, ret_minted, err)
		       : mint_token(profile, &request, ret_minted, err);
}
