// Loads keys: what their bytes are taken for is what the configuration says. Formats are read and
// judged elsewhere.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/asymmetric.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/key/jwk.h"
#include "verifier/trust/key/keybody.h"
#include "verifier/trust/key/keybytes.h"
#include "verifier/trust/key/pem.h"

#include <errno.h>

// What a key is loaded with.
struct loading {
	const struct key_options *options;
	const struct algorithm *algorithm; // NULL until it is known
	struct secret_arena *arena;
	struct err *err;
};

// Writes why into err.
// Returns: the result, for `return refuse(...)`.
static int refuse(
	const struct loading *loading, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(loading->err, -EINVAL, NULL, "%s", what);
	(void)err_hint(loading->err, "%s", hint);
	return (int)result;
}

static int out_of_memory(const struct loading *loading)
{
	return err_no_memory(loading->err);
}

static struct key *new_key(const struct loading *loading, const char *id)
{
	return key_new(loading->algorithm, loading->options, id, loading->arena);
}

// ---- HMAC

// Takes the bytes of an HMAC key, however they were written.
static int load_symmetric(
	const struct loading *loading, struct secret bytes, const char *id, struct key **ret_key)
{
	int result = keybytes_judge_symmetric(bytes, loading->algorithm,
		loading->options->allow_short, loading->arena, loading->err);
	struct key *key;

	if (result != KEY_OK)
		return result;
	key = new_key(loading, id);
	if (!key)
		return out_of_memory(loading);
	key->hmac = (struct hmac *)(void *)secret_arena_take(loading->arena, sizeof(*key->hmac));
	if (!key->hmac) {
		key_free(key);
		return out_of_memory(loading);
	}
	hmac_init(key->hmac, loading->algorithm->hash_bits, bytes);
	key->signs = true;
	*ret_key = key;
	return KEY_OK;
}

static int load_encoded(const struct loading *loading, struct secret text, struct key **ret_key)
{
	const char *encoding = key_encodings[loading->options->encoding];
	uint8_t *bytes = secret_arena_take(loading->arena, text.length);
	size_t size;
	int result;

	if (!bytes)
		return out_of_memory(loading);
	if (keybytes_decode(loading->options->encoding, text, bytes, &size)) {
		result = load_symmetric(
			loading, secret_view(bytes, size), loading->options->kid, ret_key);
	} else {
		result = KEY_E_ENCODING;
		(void)err_set(loading->err, -EINVAL, NULL,
			"the key is no %s, as encoding = %s says", encoding, encoding);
		(void)err_hint(loading->err,
			"no white space or quotes; or encoding = text if the bytes are the key");
	}
	secret_arena_give(loading->arena, bytes, text.length);
	return result;
}

static int load_bytes(
	struct loading *loading, struct secret bytes, struct key **ret_keys, size_t *ret_count)
{
	int result;

	if (!loading->algorithm)
		loading->algorithm = algorithm_find("HS256", 5);
	if (loading->algorithm->family != ALGORITHM_HMAC)
		return refuse(loading, KEY_E_TYPE, "the algorithm needs a key pair, not bytes",
			"encoding = pem or jwk");
	if (loading->options->encoding == KEY_TEXT)
		result = load_symmetric(loading, bytes, loading->options->kid, ret_keys);
	else
		result = load_encoded(loading, bytes, ret_keys);
	*ret_count = result == KEY_OK ? 1 : 0;
	return result;
}

// ---- pairs

static int set_public(struct key *key)
{
	struct asymmetric_public numbers;

	if (key->algorithm->family == ALGORITHM_EDDSA)
		return jwk_public_set(&key->shown, "OKP", key->algorithm->curve,
			(struct jwk_public_bytes){key->ed25519.public_key, ED25519_SIZE},
			(struct jwk_public_bytes){0});
	if (!asymmetric_public(key->asymmetric, &numbers))
		return -ENOMEM;
	return jwk_public_set(&key->shown, key->algorithm->curve ? "EC" : "RSA",
		key->algorithm->curve, (struct jwk_public_bytes){numbers.first, numbers.first_size},
		(struct jwk_public_bytes){numbers.second, numbers.second_size});
}

// Gives a pair that was loaded what is said of it, or frees it with the result of its loading.
static int finish_pair(
	const struct loading *loading, struct key *key, int result, struct key **ret_key)
{
	if (result == KEY_OK && set_public(key))
		result = out_of_memory(loading);
	if (result == KEY_OK && !key->id) {
		key->id = jwk_public_thumbprint(&key->shown);
		result = key->id ? KEY_OK : out_of_memory(loading);
	}
	if (result != KEY_OK) {
		key_free(key);
		return result;
	}
	key->signs =
		key->asymmetric ? asymmetric_can_sign(key->asymmetric) : key->ed25519.pair != NULL;
	*ret_key = key;
	return KEY_OK;
}

static int load_der(const struct loading *loading, enum keypair_form form, struct secret der,
	struct key **ret_key)
{
	struct key *key = new_key(loading, loading->options->kid);
	struct secret point, seed;
	int result;

	if (!key)
		return out_of_memory(loading);
	if (loading->algorithm->family != ALGORITHM_EDDSA)
		result = asymmetric_of_der(
			loading->algorithm, form, der, &key->asymmetric, loading->err);
	else if (ed25519_find(der, &point, &seed) &&
		 form == (seed.length ? KEYPAIR_PKCS8 : KEYPAIR_SPKI))
		result = ed25519_init(&key->ed25519, point, seed, loading->arena, loading->err);
	else
		result = refuse(loading, KEY_E_TYPE, "another type of key than EdDSA needs",
			"EdDSA takes an Ed25519 key; or name the key's own algorithm");
	return finish_pair(loading, key, result, ret_key);
}

static int load_pem(
	struct loading *loading, struct secret text, struct key **ret_keys, size_t *ret_count)
{
	enum keypair_form form;
	uint8_t *der;
	size_t size;
	int result;

	if (!loading->algorithm || loading->algorithm->family == ALGORITHM_HMAC)
		return refuse(loading, KEY_E_TYPE,
			loading->algorithm ? "a PEM key is a pair, and HMAC takes bytes"
					   : "a PEM key needs its algorithm from configuration",
			"algorithm = RS256, PS256, ES256, EdDSA, ...");
	der = secret_arena_take(loading->arena, text.length);
	if (!der)
		return out_of_memory(loading);
	result = pem_read(text, der, &form, &size, loading->err);
	if (result == KEY_OK)
		result = load_der(loading, form, secret_view(der, size), ret_keys);
	secret_arena_give(loading->arena, der, text.length);
	*ret_count = result == KEY_OK ? 1 : 0;
	return result;
}

// ---- JWKs

// The one algorithm that a JWK's key has: configuration's, which must fit what the JWK says.
static int choose_algorithm(struct loading *loading, const struct jwk *jwk)
{
	static const enum jwk_type types[] = {
		[ALGORITHM_HMAC] = JWK_OCT,
		[ALGORITHM_RSA_PKCS1] = JWK_RSA,
		[ALGORITHM_RSA_PSS] = JWK_RSA,
		[ALGORITHM_ECDSA] = JWK_EC,
		[ALGORITHM_EDDSA] = JWK_OKP,
	};
	const struct algorithm *given = loading->options->algorithm;

	loading->algorithm = given ? given : jwk->algorithm;
	if (!loading->algorithm)
		return refuse(loading, KEY_E_USE, "the JWK has no alg", "algorithm = ...");
	if (types[loading->algorithm->family] != jwk->type)
		return refuse(loading, KEY_E_TYPE, "another type of JWK than its algorithm needs",
			"compare kty with the algorithm");
	if (jwk->algorithm && jwk->algorithm != loading->algorithm) {
		(void)err_set(loading->err, -EINVAL, NULL,
			"the JWK is for %s, and configuration says %s", jwk->algorithm->name,
			loading->algorithm->name);
		return jwk->curve ? KEY_E_TYPE : KEY_E_USE;
	}
	return KEY_OK;
}

static int load_jwk_pair(
	const struct loading *loading, const struct jwk *jwk, const char *id, struct key **ret_key)
{
	const struct secret *numbers = jwk->numbers;
	const struct keypair_numbers in = {.n = numbers[JWK_N],
		.e = numbers[JWK_E],
		.d = numbers[JWK_D],
		.p = numbers[JWK_P],
		.q = numbers[JWK_Q],
		.dp = numbers[JWK_DP],
		.dq = numbers[JWK_DQ],
		.qi = numbers[JWK_QI],
		.x = numbers[JWK_X],
		.y = numbers[JWK_Y]};
	struct key *key = new_key(loading, id);
	int result;

	if (!key)
		return out_of_memory(loading);
	if (jwk->type == JWK_OKP)
		result = ed25519_init(&key->ed25519, in.x, in.d, loading->arena, loading->err);
	else
		result = asymmetric_of_numbers(
			loading->algorithm, &in, &key->asymmetric, loading->err);
	return finish_pair(loading, key, result, ret_key);
}

// Loads one JWK. In a set, a key for encryption is none of ours: `ret_key` is NULL.
static int load_jwk(struct loading *loading, struct secret text, bool in_set, struct key **ret_key)
{
	size_t room = jwk_room(text.length);
	uint8_t *bytes = secret_arena_take(loading->arena, room);
	const char *id;
	struct jwk jwk;
	int result;

	*ret_key = NULL;
	if (!bytes)
		return out_of_memory(loading);
	result = jwk_read(text, bytes, &jwk, loading->err);
	if (result == KEY_OK)
		result = choose_algorithm(loading, &jwk);
	id = jwk.has_id ? jwk.id : NULL;
	if (loading->options->kid)
		id = loading->options->kid;
	if (result == KEY_OK)
		result = jwk.type == JWK_OCT
				 ? load_symmetric(loading, jwk.numbers[JWK_K], id, ret_key)
				 : load_jwk_pair(loading, &jwk, id, ret_key);
	if (result == KEY_OK && *ret_key)
		(*ret_key)->signs = (*ret_key)->signs && jwk.may_sign;
	if (in_set && jwk.for_encryption)
		result = KEY_OK;
	secret_arena_give(loading->arena, bytes, room);
	return result;
}

static bool has_id_among(const struct key *key, struct key *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (key->id && keys[i]->id && strcmp(key->id, keys[i]->id) == 0)
			return true;
	return false;
}

static int load_each(struct loading *loading, const struct secret *texts, size_t count,
	struct key **ret_keys, size_t *ret_count)
{
	int result = KEY_OK;

	for (size_t i = 0; i < count && result == KEY_OK; i++) {
		struct key *key;

		result = load_jwk(loading, texts[i], true, &key);
		if (result != KEY_OK || !key)
			continue;
		if (has_id_among(key, ret_keys, *ret_count))
			result = refuse(loading, KEY_E_USE,
				"the JWK Set has a kid, or the same key, twice",
				"each key under a kid of its own");
		ret_keys[(*ret_count)++] = key;
	}
	if (result == KEY_OK && *ret_count == 0)
		return refuse(loading, KEY_E_USE, "every key of the JWK Set is for encryption",
			"use = sig");
	return result;
}

static int load_jwks(
	struct loading *loading, struct secret text, struct key **ret_keys, size_t *ret_count)
{
	struct secret texts[KEY_SET_MAX];
	size_t count;
	bool is_set;
	int result = jwk_find(text, texts, &count, &is_set, loading->err);

	*ret_count = 0;
	if (result != KEY_OK)
		return result;
	if (!is_set) {
		result = load_jwk(loading, text, false, ret_keys);
		*ret_count = result == KEY_OK ? 1 : 0;
		return result;
	}
	if (count > 1 && loading->options->kid)
		return refuse(loading, KEY_E_USE,
			"kid = names one key, and the JWK Set has several",
			"the keys' own kid is used without kid =");
	result = load_each(loading, texts, count, ret_keys, ret_count);
	if (result == KEY_OK)
		return KEY_OK;
	for (size_t i = 0; i < *ret_count; i++)
		key_free(ret_keys[i]);
	*ret_count = 0;
	return result;
}

int key_load(struct secret bytes, const struct key_options *options, struct secret_arena *arena,
	struct key *ret_keys[static KEY_SET_MAX], size_t *ret_count, struct err *err)
{
	struct loading loading = {options, options->algorithm, arena, err};
	struct key *keys[KEY_SET_MAX] = {0};
	size_t count = 0;
	int result = keybytes_judge(bytes, err);

	if (result == KEY_OK && options->encoding == KEY_JWK)
		result = load_jwks(&loading, bytes, keys, &count);
	else if (result == KEY_OK && options->encoding == KEY_PEM)
		result = load_pem(&loading, bytes, keys, &count);
	else if (result == KEY_OK)
		result = load_bytes(&loading, bytes, keys, &count);
	if (result == KEY_OK) {
		memcpy(ret_keys, keys, count * sizeof(*keys));
		*ret_count = count;
	} else if (err && options->label) {
		(void)snprintf(err->where, sizeof(err->where), "%s", options->label);
	}
	return result;
}
