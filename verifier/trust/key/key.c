// A key: what its bytes are taken for and whether they may be one, and what is done with it by the
// family of its algorithm. Formats and mathematics are elsewhere.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/key.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/asymmetric.h"
#include "verifier/trust/key/ed25519.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/key/jwk.h"
#include "verifier/trust/key/pem.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>

const char *const key_encodings[] = {"text", "base64", "base64url", "hex", "jwk", "pem", NULL};
const char *const key_states[] = {"active", "pending", "retiring", "retired", NULL};

struct key {
	atomic_uint references;
	const struct algorithm *algorithm;
	enum key_state state;
	bool given_id, signs;
	char *id, *label;
	struct secret_arena *arena;
	// by the algorithm's family, one of these
	struct hmac *hmac; // in the arena
	struct ed25519 ed25519;
	struct asymmetric *asymmetric;
	struct jwk_public shown; // of a pair
};

// What a key is loaded with.
struct loading {
	const struct key_options *options;
	const struct algorithm *algorithm; // NULL until it is known
	struct secret_arena *arena;
	struct err *err;
};

// ---- a key's life

static struct key *make_key(const struct loading *loading, const char *id)
{
	const struct key_options *options = loading->options;
	struct key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	atomic_init(&key->references, 1);
	key->algorithm = loading->algorithm;
	key->state = options->state;
	key->arena = loading->arena;
	key->given_id = id != NULL;
	key->id = id ? strdup(id) : NULL;
	key->label = strdup(options->label ? options->label : "");
	return (id && !key->id) || !key->label ? key_unref(key) : key;
}

struct key *key_ref(struct key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return key;
}

struct key *key_unref(struct key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) > 1)
		return NULL;
	secret_arena_give(key->arena, (uint8_t *)key->hmac, sizeof(*key->hmac));
	ed25519_done(&key->ed25519, key->arena);
	asymmetric_free(key->asymmetric);
	jwk_public_done(&key->shown);
	free(key->id);
	free(key->label);
	free(key);
	return NULL;
}

// ---- what bytes must not be

// Writes why into err. Returns: the result, for `return refuse(...)`.
static int refuse(
	const struct loading *loading, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(loading->err, -EINVAL, NULL, "%s", what);
	(void)err_hint(loading->err, "%s", hint);
	return (int)result;
}

static int out_of_memory(const struct loading *loading)
{
	return err_set(loading->err, -ENOMEM, NULL, "out of memory");
}

// Nothing, or a text that everybody knows or nobody filled in.
static int judge_text(const struct loading *loading, struct secret text)
{
	const char *kind;

	if (text.length == 0)
		return refuse(loading, KEY_E_EMPTY, "the key is empty", "give it a value");
	// one in 65536 random keys begins with < and ends with >, but none of these is a text
	if (text_utf8_error(text.bytes, text.length) == text.length &&
		placeholder_is_unresolved(text, &kind)) {
		(void)err_set(
			loading->err, -EINVAL, NULL, "the key is %s that nobody resolved", kind);
		return KEY_E_PLACEHOLDER;
	}
	if (placeholder_is_undefined_text(text))
		return refuse(loading, KEY_E_PLACEHOLDER, "the key is the text of a missing value",
			"find the program that wrote it without having one");
	if (placeholder_is_known(text))
		return refuse(loading, KEY_E_PLACEHOLDER,
			"the key stands in public examples: anybody can sign with it",
			"openssl rand -base64 48");
	return KEY_OK;
}

// Whether a text is what stands between the lines of PEM: issuers show their public keys so.
// Returns: KEY_OK: no; KEY_E_TYPE: yes; -ENOMEM.
static int judge_base64(const struct loading *loading, struct secret text)
{
	static const int variants[] = {
		sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING};
	int result = KEY_OK;
	uint8_t *der;
	size_t size;

	if (secret_bytes(text)[0] != 'M') // the digit of a SEQUENCE
		return KEY_OK;
	der = secret_arena_take(loading->arena, text.length);
	if (!der)
		return out_of_memory(loading);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (sodium_base642bin(der, text.length, (const char *)text.bytes, text.length,
			    " \t\r\n", &size, NULL, variants[i]) == 0 &&
			asymmetric_is_public_der(secret_view(der, size)))
			result = KEY_E_TYPE;
	secret_arena_give(loading->arena, der, text.length);
	return result;
}

// The same of any form that has no line BEGIN.
static int judge_public(const struct loading *loading, struct secret bytes)
{
	static const char *const openssh[] = {"ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-nistp"};

	for (size_t i = 0; i < ARRAY_SIZE(openssh); i++)
		if (bytes.length > strlen(openssh[i]) &&
			memcmp(bytes.bytes, openssh[i], strlen(openssh[i])) == 0)
			return KEY_E_TYPE;
	return asymmetric_is_public_der(bytes) ? KEY_E_TYPE : judge_base64(loading, bytes);
}

// A public key taken for the bytes of an HMAC key is one that everybody has (RFC 8725 section 2.1).
static int judge_symmetric(const struct loading *loading, struct secret bytes)
{
	const struct algorithm *algorithm = loading->algorithm;
	int result;

	if (memmem(bytes.bytes, bytes.length, "-----BEGIN", 10))
		return refuse(loading, KEY_E_TYPE, "the bytes of an HMAC key hold a PEM block",
			"encoding = pem and the algorithm of that key");
	if (jwk_is_likely(bytes))
		return refuse(loading, KEY_E_TYPE, "the bytes of an HMAC key are a JWK",
			"encoding = jwk");
	result = judge_public(loading, bytes);
	if (result < 0)
		return result;
	if (result != KEY_OK)
		return refuse(loading, KEY_E_TYPE, "the bytes of an HMAC key are a public key",
			"encoding = pem, with the lines BEGIN and END, and that key's algorithm");
	if (bytes.length >= algorithm->hash_bits / 8 || loading->options->allow_short)
		return KEY_OK;
	(void)err_set(loading->err, -EINVAL, NULL, "shorter than the %u bytes that %s needs",
		algorithm->hash_bits / 8, algorithm->name);
	(void)err_hint(loading->err, "openssl rand -base64 48; or allow_short_key = yes");
	return KEY_E_SHORT;
}

// ---- HMAC

// Takes the bytes of an HMAC key, however they were written.
static int load_symmetric(
	const struct loading *loading, struct secret bytes, const char *id, struct key **ret_key)
{
	int result = judge_text(loading, bytes);
	struct key *key;

	if (result == KEY_OK)
		result = judge_symmetric(loading, bytes);
	if (result != KEY_OK)
		return result;
	key = make_key(loading, id);
	if (!key)
		return out_of_memory(loading);
	key->hmac = (struct hmac *)(void *)secret_arena_take(loading->arena, sizeof(*key->hmac));
	if (!key->hmac) {
		key_unref(key);
		return out_of_memory(loading);
	}
	hmac_init(key->hmac, loading->algorithm->hash_bits, bytes);
	key->signs = true;
	*ret_key = key;
	return KEY_OK;
}

// Decodes what is judged to be the encoding; `out` has room for as many bytes as the text has.
static bool decode(enum key_encoding encoding, struct secret text, uint8_t *out, size_t *ret_size)
{
	const char *digits = (const char *)secret_bytes(text);
	int variant = sodium_base64_VARIANT_ORIGINAL;

	if (encoding == KEY_HEX)
		return encoding_is_hex(text) && sodium_hex2bin(out, text.length, digits,
							text.length, NULL, ret_size, NULL) == 0;
	if (encoding == KEY_BASE64URL)
		variant = digits[text.length - 1] == '=' ? sodium_base64_VARIANT_URLSAFE
							 : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	if (!(encoding == KEY_BASE64URL ? encoding_is_base64url(text) : encoding_is_base64(text)))
		return false;
	return sodium_base642bin(
		       out, text.length, digits, text.length, NULL, ret_size, NULL, variant) == 0;
}

static int load_encoded(const struct loading *loading, struct secret text, struct key **ret_key)
{
	const char *encoding = key_encodings[loading->options->encoding];
	uint8_t *bytes = secret_arena_take(loading->arena, text.length);
	size_t size;
	int result;

	if (!bytes)
		return out_of_memory(loading);
	if (decode(loading->options->encoding, text, bytes, &size)) {
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
			(struct jwk_bytes){key->ed25519.public_key, ED25519_SIZE},
			(struct jwk_bytes){0});
	if (!asymmetric_public(key->asymmetric, &numbers))
		return -ENOMEM;
	return jwk_public_set(&key->shown, key->algorithm->curve ? "EC" : "RSA",
		key->algorithm->curve, (struct jwk_bytes){numbers.first, numbers.first_size},
		(struct jwk_bytes){numbers.second, numbers.second_size});
}

// Gives a pair that was loaded what is said of it, or frees it with the result of its loading.
static int finish_pair(
	const struct loading *loading, struct key *key, int result, struct key **ret_key)
{
	if (result == KEY_OK && set_public(key))
		result = out_of_memory(loading);
	if (result == KEY_OK && !key->id) {
		key->id = jwk_thumbprint(&key->shown);
		result = key->id ? KEY_OK : out_of_memory(loading);
	}
	if (result != KEY_OK) {
		key_unref(key);
		return result;
	}
	key->signs =
		key->asymmetric ? asymmetric_can_sign(key->asymmetric) : key->ed25519.pair != NULL;
	*ret_key = key;
	return KEY_OK;
}

static int load_der(const struct loading *loading, enum asymmetric_form form, struct secret der,
	struct key **ret_key)
{
	struct key *key = make_key(loading, loading->options->kid);
	struct secret point, seed;
	int result;

	if (!key)
		return out_of_memory(loading);
	if (loading->algorithm->family != ALGORITHM_EDDSA)
		result = asymmetric_of_der(
			loading->algorithm, form, der, &key->asymmetric, loading->err);
	else if (ed25519_find(der, &point, &seed) &&
		 form == (seed.length ? ASYMMETRIC_PKCS8 : ASYMMETRIC_SPKI))
		result = ed25519_init(&key->ed25519, point, seed, loading->arena, loading->err);
	else
		result = refuse(loading, KEY_E_TYPE, "another type of key than EdDSA needs",
			"EdDSA takes an Ed25519 key; or name the key's own algorithm");
	return finish_pair(loading, key, result, ret_key);
}

static int load_pem(
	struct loading *loading, struct secret text, struct key **ret_keys, size_t *ret_count)
{
	enum asymmetric_form form;
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
	const struct asymmetric_numbers in = {.n = numbers[JWK_N],
		.e = numbers[JWK_E],
		.d = numbers[JWK_D],
		.p = numbers[JWK_P],
		.q = numbers[JWK_Q],
		.dp = numbers[JWK_DP],
		.dq = numbers[JWK_DQ],
		.qi = numbers[JWK_QI],
		.x = numbers[JWK_X],
		.y = numbers[JWK_Y]};
	struct key *key = make_key(loading, id);
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
		key_unref(ret_keys[i]);
	*ret_count = 0;
	return result;
}

int key_load(struct secret bytes, const struct key_options *options, struct secret_arena *arena,
	struct key *ret_keys[static KEY_SET_MAX], size_t *ret_count, struct err *err)
{
	struct loading loading = {options, options->algorithm, arena, err};
	struct key *keys[KEY_SET_MAX];
	size_t count = 0;
	int result = judge_text(&loading, bytes);

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

// ---- what it is

const struct algorithm *key_algorithm(const struct key *key)
{
	return key->algorithm;
}

enum key_state key_state(const struct key *key)
{
	return key->state;
}

const char *key_label(const struct key *key)
{
	return key->label;
}

const char *key_id(const struct key *key)
{
	return key->id;
}

bool key_has_given_id(const struct key *key)
{
	return key->given_id;
}

const char *key_name(const struct key *key)
{
	return key->id ? key->id : key->label;
}

// ---- what it does

bool key_verifies(const struct key *key, const void *input, size_t length, const uint8_t *signature,
	size_t signature_size)
{
	switch (key->algorithm->family) {
	case ALGORITHM_HMAC:
		return hmac_is(key->hmac, input, length, signature, signature_size);
	case ALGORITHM_EDDSA:
		return signature_size == ED25519_SIGNATURE_SIZE &&
		       ed25519_verifies(&key->ed25519, input, length, signature);
	default:
		return asymmetric_verifies(
			key->asymmetric, input, length, signature, signature_size);
	}
}

bool key_can_sign(const struct key *key)
{
	return key->signs;
}

int key_sign(const struct key *key, const void *input, size_t length, uint8_t *ret_signature,
	size_t *ret_size)
{
	if (!key->signs)
		return -EPERM;
	switch (key->algorithm->family) {
	case ALGORITHM_HMAC:
		hmac_compute(key->hmac, input, length, ret_signature);
		*ret_size = key->algorithm->signature_size;
		return 0;
	case ALGORITHM_EDDSA:
		ed25519_sign(&key->ed25519, input, length, ret_signature);
		*ret_size = key->algorithm->signature_size;
		return 0;
	default:
		return asymmetric_sign(key->asymmetric, input, length, ret_signature, ret_size);
	}
}

char *key_public_jwk(const struct key *key)
{
	return key->shown.type ? jwk_text(&key->shown, key->algorithm->name, key->id) : NULL;
}

char *key_public_pem(const struct key *key)
{
	uint8_t *der = NULL;
	size_t size = ED25519_DER_SIZE;
	char *pem;

	if (key->algorithm->family == ALGORITHM_HMAC)
		return NULL;
	if (key->asymmetric)
		size = asymmetric_public_der(key->asymmetric, &der);
	else
		der = malloc(size);
	if (!der || !size)
		return NULL;
	if (!key->asymmetric)
		ed25519_public_der(&key->ed25519, der);
	pem = pem_write_public(der, size);
	free(der);
	return pem;
}

bool key_verifies_oddly(const struct key *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what)
{
	return key->asymmetric && asymmetric_verifies_oddly(key->asymmetric, input, length,
					  signature, signature_size, ret_what);
}
