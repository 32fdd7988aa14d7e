// The keys are made once.
// SPDX-License-Identifier: MIT
#include "tests/unit/refreshing.h"

#include "lib/base/err.h"
#include "tests/forge.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/session/refreshtoken.h"
#include "verifier/trust/token/mint.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REFRESHING_LONG REFRESHING_SECRET " " REFRESHING_OTHER " and more"

struct secret_arena *refreshing_arena;
struct token_scratch refreshing_scratch;
struct refreshtoken refreshing_got;
struct minted refreshing_minted;
struct err refreshing_err;

const struct profile_rules refreshing_jwt = {.name = "refresh", .lifetime_ms = REFRESHING_WEEK_MS};

const struct profile_rules refreshing_opaque = {
	.name = "refresh", .lifetime_ms = REFRESHING_WEEK_MS, .format = PROFILE_OPAQUE};

const struct profile_rules *const refreshing_forms[] = {&refreshing_jwt, &refreshing_opaque};

// ---- keys

const struct refreshing_algorithm_of refreshing_algorithms[REFRESHING_ALGORITHMS] = {
	[REFRESHING_HS256] = {"HS256", REFRESHING_SECRET, true},
	[REFRESHING_HS384] = {"HS384", REFRESHING_LONG, true},
	[REFRESHING_HS512] = {"HS512", REFRESHING_LONG, true},
	[REFRESHING_RS256] = {"RS256", NULL, true},
	[REFRESHING_EDDSA] = {"EdDSA", NULL, true},
	[REFRESHING_PS256] = {"PS256", NULL, false},
	[REFRESHING_ES256] = {"ES256", NULL, false},
};

static char *pairs[REFRESHING_ALGORITHMS]; // as PEM, where there is no secret

static EVP_PKEY *make_pair(int algorithm)
{
	if (algorithm == REFRESHING_EDDSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return algorithm == REFRESHING_ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
}

static char *write_pair(int index)
{
	EVP_PKEY *pkey = make_pair(index);
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes, *text = NULL;
	long length;

	if (!pkey || !bio || !PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL))
		abort();
	length = BIO_get_mem_data(bio, &bytes);
	if (length <= 0 || !(text = strndup(bytes, (size_t)length)))
		abort();
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return text;
}

struct key *refreshing_key(int algorithm)
{
	const struct refreshing_algorithm_of *of = &refreshing_algorithms[algorithm];
	const struct key_options options = {
		.encoding = KEY_PEM, .algorithm = algorithm_find(of->name, 5), .label = "a pair"};
	struct key *loaded[KEY_SET_MAX];
	size_t count;

	if (of->secret)
		return forge_key(refreshing_arena, of->secret, of->name, NULL);
	if (key_load(secret_view(pairs[algorithm], strlen(pairs[algorithm])), &options,
		    refreshing_arena, loaded, &count, &refreshing_err) != KEY_OK)
		abort();
	return loaded[0];
}

int refreshing_set_up(void **state)
{
	(void)state;
	if (secret_arena_open(NULL, &refreshing_arena, NULL) < 0)
		return -1;
	for (int i = 0; i < REFRESHING_ALGORITHMS; i++)
		pairs[i] = refreshing_algorithms[i].secret ? NULL : write_pair(i);
	return 0;
}

int refreshing_tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < REFRESHING_ALGORITHMS; i++)
		free(pairs[i]);
	refreshing_arena = secret_arena_free(refreshing_arena);
	return 0;
}

struct profile refreshing_profile(const struct profile_rules *rules, int algorithm)
{
	struct profile profile = {.rules = rules};

	forge_add(&profile, refreshing_key(algorithm), KEY_ACTIVE);
	return profile;
}

// ---- families and tokens

struct family refreshing_family(uint64_t generation)
{
	struct family family = {.generation = generation,
		.issued_wall_ms = REFRESHING_NOW_MS,
		.expires_wall_ms = REFRESHING_NOW_MS + REFRESHING_WEEK_MS,
		.absolute_wall_ms = REFRESHING_NOW_MS + 4 * REFRESHING_WEEK_MS,
		.access_claims = "{\"userId\":7,\"role\":\"admin\"}",
		.refresh_claims = "{\"userId\":7}"};

	for (size_t i = 0; i < FAMILY_ID_BYTES; i++)
		family.id[i] = (uint8_t)(i * 0x11);
	return family;
}

int refreshing_mint(const struct profile *profile, const struct family *family)
{
	mint_done(&refreshing_minted);
	refreshing_err = ERR_NONE;
	return refreshtoken_mint(profile, family, &refreshing_minted, &refreshing_err);
}

enum token_code refreshing_judge_at(
	const struct profile *profile, const char *token, int64_t now_ms)
{
	// of its size, so that a read past its end is seen
	size_t length = strlen(token);
	own_free char *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, token, length);
	memset(&refreshing_got, 0, sizeof(refreshing_got));
	return refreshtoken_read(
		profile, copy, length, now_ms, &refreshing_scratch, &refreshing_got);
}

enum token_code refreshing_judge(const struct profile *profile, const char *token)
{
	return refreshing_judge_at(profile, token, REFRESHING_NOW_MS);
}
