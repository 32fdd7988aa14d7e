// Mints: writes the claims that are ours to set in front of the caller's, lets the judgement of
// claims have its say about the result, and signs or seals it.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/mint.h"

#include "lib/base/err.h"
#include "verifier/trust/token/claims.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/token.h"
#include "verifier/trust/token/tokentext.h"

#include <errno.h>
#include <sodium.h>

#define HEADER_MAX 2048 // a kid, whose every byte may be escaped, and the typ
#define MS_PER_S 1000
#define SIGNATURE_DIGITS_MAX 1366 // of ALGORITHM_SIGNATURE_MAX bytes

_Static_assert(SIGNATURE_DIGITS_MAX * 3 / 4 >= ALGORITHM_SIGNATURE_MAX, "room for any signature");

// What the caller's claims may hold that matters here, and what an access token needs of them.
enum given {
	GIVEN_ISS,
	GIVEN_IAT,
	GIVEN_EXP,
	GIVEN_JTI,
	GIVEN_AUD,
	GIVEN_NBF,
	GIVEN_SUB,
	GIVEN_CLIENT_ID,
	GIVEN_COUNT
};

static const char *const given_names[GIVEN_COUNT] = {
	"iss", "iat", "exp", "jti", "aud", "nbf", "sub", "client_id"};

struct minting {
	const struct profile_rules *rules;
	const struct mint_request *request;
	struct strictjson_member given[GIVEN_COUNT];
	int64_t issued_s, expires_s;
	const char *id;
	struct err *err;
};

// ---- what the caller says

static int refuse(struct minting *it, const char *what, const char *name)
{
	(void)err_set(it->err, -EINVAL, NULL, "%s%s%s", what, *name ? ": " : "", name);
	return MINT_E_CLAIMS;
}

static const struct strictjson_value *given(const struct minting *it, enum given claim)
{
	return &it->given[claim].value;
}

// Each audience must be one of the profile's, if it has any.
static bool is_audience(const struct minting *it, const struct strictjson_value *name)
{
	const struct profile_list *list = &it->rules->audience;

	for (size_t i = 0; i < list->count; i++)
		if (strictjson_is(name, list->items[i], strlen(list->items[i])))
			return true;
	return list->count == 0;
}

static bool are_audiences(const struct minting *it, const struct strictjson_value *aud)
{
	struct strictjson_value item;
	size_t cursor = 0;

	if (aud->type != STRICTJSON_ARRAY)
		return is_audience(it, aud);
	while (strictjson_next(aud, &cursor, NULL, &item))
		if (!is_audience(it, &item))
			return false;
	return true;
}

// An access token has these beside what is ours to set (RFC 9068 section 2.2).
static int judge_access(struct minting *it)
{
	static const enum given needed[] = {GIVEN_SUB, GIVEN_CLIENT_ID};
	const char *typ = it->rules->typ ? it->rules->typ : "";

	if (strncasecmp(typ, "application/", 12) == 0)
		typ += 12;
	if (strcasecmp(typ, "at+jwt") != 0)
		return MINT_OK;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (given(it, needed[i])->type != STRICTJSON_STRING)
			return refuse(it, "typ at+jwt needs this claim as a string",
				given_names[needed[i]]);
	if (!it->rules->issuer)
		return refuse(it, "typ at+jwt needs an issuer in the profile", "");
	if (!it->rules->audience.count && given(it, GIVEN_AUD)->type == STRICTJSON_ABSENT)
		return refuse(it, "typ at+jwt needs an audience", "");
	return MINT_OK;
}

static int read_given(struct minting *it)
{
	const char *claims = it->request->claims ? it->request->claims : "{}";
	size_t length = it->request->claims ? it->request->length : 2, at;

	for (size_t i = 0; i < GIVEN_COUNT; i++)
		it->given[i].name = given_names[i];
	if (strictjson_object(claims, length, it->given, GIVEN_COUNT, &at) != STRICTJSON_OK)
		return refuse(it, "the claims are no good JSON object", "");
	for (size_t i = GIVEN_ISS; i <= GIVEN_JTI; i++)
		if (it->given[i].value.type != STRICTJSON_ABSENT)
			return refuse(it, "this claim is the verifier's to set", given_names[i]);
	if (given(it, GIVEN_AUD)->type != STRICTJSON_ABSENT &&
		!are_audiences(it, given(it, GIVEN_AUD)))
		return refuse(it, "aud is none of the profile's audiences", "");
	return judge_access(it);
}

static int choose_lifetime(struct minting *it)
{
	uint64_t most = it->rules->lifetime_ms, wanted = it->request->lifetime_ms;

	if (!wanted)
		wanted = most;
	if (wanted > most || wanted < MS_PER_S) {
		(void)err_set(it->err, -EINVAL, NULL,
			"a lifetime of %.15g s is not from 1 s to the %.15g s of profile %s",
			(double)wanted / MS_PER_S, (double)most / MS_PER_S, it->rules->name);
		return MINT_E_LIFETIME;
	}
	it->issued_s = it->request->now_ms / MS_PER_S;
	it->expires_s = (it->request->now_ms + (int64_t)wanted) / MS_PER_S;
	return MINT_OK;
}

// ---- the claims

static void put_audience(struct tokentext *text, const struct profile_list *list)
{
	tokentext_put_text(text, list->count == 1 ? ",\"aud\":" : ",\"aud\":[");
	for (size_t i = 0; i < list->count; i++) {
		tokentext_put(text, ",", i > 0);
		tokentext_put_quoted(text, list->items[i]);
	}
	tokentext_put(text, "]", list->count > 1);
}

// What stands between the braces of the caller's object, which was found good.
static void put_given(struct tokentext *text, const struct mint_request *request)
{
	const char *open = memchr(request->claims, '{', request->length);
	const char *close = memrchr(request->claims, '}', request->length);

	if (!open || !close)
		return;
	for (open++; open < close && strchr(" \t\r\n", *open); open++)
		;
	tokentext_put(text, ",", open < close);
	tokentext_put(text, open, (size_t)(close - open));
}

static void put_claims(struct tokentext *text, const struct minting *it)
{
	tokentext_put_text(text, "{\"jti\":");
	tokentext_put_quoted(text, it->id);
	if (it->rules->issuer) {
		tokentext_put_text(text, ",\"iss\":");
		tokentext_put_quoted(text, it->rules->issuer);
	}
	if (it->rules->audience.count && given(it, GIVEN_AUD)->type == STRICTJSON_ABSENT)
		put_audience(text, &it->rules->audience);
	tokentext_put_number(text, "iat", it->issued_s);
	tokentext_put_number(text, "exp", it->expires_s);
	if (it->request->claims)
		put_given(text, it->request);
	tokentext_put(text, "}", 1);
}

// What the same profile would refuse is not minted; an nbf ahead is waited for.
static int judge_claims(struct minting *it, const struct tokentext *claims)
{
	struct token_options options = {.now_ms = it->request->now_ms};
	struct token_verdict verdict = {.claims = claims->out, .claims_length = claims->used};
	double nbf;

	if (strictjson_number(given(it, GIVEN_NBF), &nbf) &&
		nbf * MS_PER_S > (double)options.now_ms) {
		if (nbf >= (double)it->expires_s)
			return refuse(it, "nbf is not before the end of the token's life", "");
		options.now_ms = (int64_t)(nbf * MS_PER_S) + 1;
	}
	if (claims_judge(it->rules, &options, &verdict))
		return MINT_OK;
	return refuse(it, token_code_text(verdict.code), verdict.detail);
}

// ---- the token

const struct profile_key *mint_key(const struct profile *profile)
{
	bool is_session = profile->rules->kind != PROFILE_JWS;

	for (size_t i = 0; profile->usable && i < profile->key_count; i++) {
		const struct profile_key *key = &profile->keys[i];

		if (key->state == KEY_ACTIVE &&
			(is_session ? key->sessions[0] != NULL : key_can_sign(key->key)))
			return key;
	}
	return NULL;
}

static void put_header(
	struct tokentext *text, const struct profile_rules *rules, const struct key *key)
{
	tokentext_put_text(text, "{\"alg\":");
	tokentext_put_quoted(text, key_algorithm(key)->name);
	tokentext_put_text(text, ",\"typ\":");
	tokentext_put_quoted(text, rules->typ ? rules->typ : "JWT");
	if (key_id(key)) {
		tokentext_put_text(text, ",\"kid\":");
		tokentext_put_quoted(text, key_id(key));
	}
	tokentext_put(text, "}", 1);
}

// HEADER.CLAIMS.SIGNATURE and a NUL, in a block of TOKEN_MAX + 1 bytes.
static int write_signed(struct minting *it, const struct key *key, const struct tokentext *claims,
	struct tokentext *token)
{
	char header_room[HEADER_MAX];
	struct tokentext header = {.out = header_room, .size = sizeof(header_room)};
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	size_t size;
	int result;

	put_header(&header, it->rules, key);
	tokentext_put_part(token, header.out, header.used);
	tokentext_put(token, ".", 1);
	tokentext_put_part(token, claims->out, claims->used);
	result = key_sign(key, token->out, token->used, signature, &size);
	if (result < 0)
		return err_set(it->err, -EIO, NULL, "signing with %s failed", key_name(key));
	tokentext_put(token, ".", 1);
	tokentext_put_part(token, signature, size);
	sodium_memzero(signature, sizeof(signature));
	if (token->cut || header.cut)
		return refuse(it, "the token would be over the limit of its size", "");
	token->out[token->used] = '\0';
	return MINT_OK;
}

static int sign(struct minting *it, const struct key *key, const struct tokentext *claims,
	struct minted *ret_minted)
{
	struct tokentext token = {.out = malloc(TOKEN_MAX + 1), .size = TOKEN_MAX};
	int result;

	if (!token.out)
		return err_no_memory(it->err);
	result = write_signed(it, key, claims, &token);
	if (result != MINT_OK) {
		sodium_memzero(token.out, token.used);
		free(token.out);
		return result;
	}
	ret_minted->token = token.out;
	ret_minted->length = token.used;
	return MINT_OK;
}

static int seal(struct minting *it, const struct jwe_key *key, const struct tokentext *claims,
	struct minted *ret_minted)
{
	struct minted minted = {.token = jwe_seal(key, claims->out, claims->used)};

	if (!minted.token)
		return err_set(it->err, -ENOMEM, NULL, "out of memory or randomness");
	minted.length = strlen(minted.token);
	if (minted.length > TOKEN_MAX) {
		mint_done(&minted);
		return refuse(it, "the token would be over the limit of its size", "");
	}
	ret_minted->token = minted.token;
	ret_minted->length = minted.length;
	return MINT_OK;
}

static int write_claims(struct minting *it, struct tokentext *claims)
{
	int result = choose_lifetime(it);

	if (result == MINT_OK)
		result = read_given(it);
	if (result != MINT_OK)
		return result;
	put_claims(claims, it);
	if (claims->cut)
		return refuse(it, "the claims are too long", "");
	return judge_claims(it, claims);
}

static int mint(struct minting *it, const struct profile_key *key, struct minted *ret_minted)
{
	char room[TOKEN_MAX];
	struct tokentext claims = {.out = room, .size = sizeof(room)};
	int result = write_claims(it, &claims);

	if (result == MINT_OK)
		result = it->rules->kind == PROFILE_JWS
				 ? sign(it, key->key, &claims, ret_minted)
				 : seal(it, key->sessions[0], &claims, ret_minted);
	sodium_memzero(room, claims.used); // what a session's claims hold is sealed for a reason
	return result;
}

static void refuse_key(const struct profile *profile, struct err *err)
{
	if (!profile->usable) {
		(void)err_set(err, -EINVAL, NULL, "%s", profile->fault);
		(void)err_hint(err, "%s", profile->hint);
		return;
	}
	(void)err_set(err, -EINVAL, NULL, "the profile has no active key that signs");
	(void)err_hint(err,
		profile->keys[0].state == KEY_ACTIVE // they come first
			? "it has only a public key: give profile %s the private one"
			: "give profile %s a key that is active",
		profile->rules->name);
}

int mint_token(const struct profile *profile, const struct mint_request *request,
	struct minted *ret_minted, struct err *err)
{
	const struct profile_key *key = mint_key(profile);
	struct minting it = {.rules = profile->rules, .request = request, .err = err};
	uint8_t random[MINT_ID_BYTES];
	struct minted minted = {0};
	int result;

	if (!key) {
		refuse_key(profile, err);
		return MINT_E_KEY;
	}
	if (request->id) {
		(void)snprintf(minted.id, sizeof(minted.id), "%s", request->id);
	} else {
		randombytes_buf(random, sizeof(random));
		(void)sodium_bin2hex(minted.id, sizeof(minted.id), random, sizeof(random));
	}
	it.id = minted.id;
	result = mint(&it, key, &minted);
	if (result != MINT_OK)
		return result;
	minted.expires_in_s = it.expires_s - request->now_ms / MS_PER_S;
	*ret_minted = minted;
	return MINT_OK;
}

void mint_done(struct minted *minted)
{
	if (minted->token)
		sodium_memzero(minted->token, minted->length);
	free(minted->token);
	*minted = (struct minted){0};
}
