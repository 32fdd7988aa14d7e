// The session tokens of NextAuth v4 and Auth.js v5, opened and sealed. Keys and what HKDF and HMAC
// keep of them lie in the arena or on the stack and are wiped. AES is OpenSSL's: its contexts hold
// round keys in the ordinary heap during a call only and are cleansed when it frees them. A token's
// form and header are token.c's.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/jwe.h"

#include "verifier/trust/form/base64url.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

#define KEY_SIZE_MAX 64
#define IV_SIZE_MAX 16
#define TAG_SIZE_MAX 32
#define BLOCK_SIZE_MAX 16   // what padding adds at most
#define HEADER_SIZE_MAX 160 // of a header that we write
#define AAD_SIZE_MAX 214    // the same as base64url

// What RFC 7518 section 5 says about an enc. The MAC key is the first part of its key, the AES key
// the rest.
static const struct enc {
	const char *name, *cipher;
	size_t key_size, mac_key_size, iv_size, tag_size, block_size;
} encs[JWE_ENCS] = {
	[JWE_A256GCM] = {"A256GCM", "AES-256-GCM", 32, 0, 12, 16, 1},
	[JWE_A256CBC_HS512] = {"A256CBC-HS512", "AES-256-CBC", 64, 32, 16, 32, 16},
};

// What a library makes of a secret, and which enc it writes.
static const struct kind {
	const char *info;
	bool opens[JWE_ENCS];
	bool has_kid;
	enum jwe_enc seals;
} kinds[] = {
	[JWE_NEXTAUTH_V4] = {"NextAuth.js Generated Encryption Key", {[JWE_A256GCM] = true}, false,
		JWE_A256GCM},
	[JWE_AUTHJS_V5] = {"Auth.js Generated Encryption Key",
		{[JWE_A256GCM] = true, [JWE_A256CBC_HS512] = true}, true, JWE_A256CBC_HS512},
};

// What is derived from a secret; lies in the arena.
struct material {
	uint8_t keys[JWE_ENCS][KEY_SIZE_MAX];
	crypto_auth_hmacsha512_state mac; // of A256CBC-HS512, ready for the first byte
};

struct jwe_key {
	enum jwe_kind kind;
	EVP_CIPHER *ciphers[JWE_ENCS]; // fetched once; NULL where the kind has not the enc
	char ids[JWE_ENCS][JWE_KEY_ID_SIZE];
	struct secret_arena *arena;
	struct material *material;
};

const char *jwe_enc_name(enum jwe_enc enc)
{
	return encs[enc].name;
}

bool jwe_enc_find(const char *name, size_t length, enum jwe_enc *ret_enc)
{
	for (size_t i = 0; i < JWE_ENCS; i++) {
		if (strlen(encs[i].name) == length && memcmp(encs[i].name, name, length) == 0) {
			*ret_enc = (enum jwe_enc)i;
			return true;
		}
	}
	return false;
}

bool jwe_kind_has(enum jwe_kind kind, enum jwe_enc enc)
{
	return kinds[kind].opens[enc];
}

static void hash_text(crypto_auth_hmacsha256_state *state, const char *text)
{
	crypto_auth_hmacsha256_update(state, (const uint8_t *)text, strlen(text));
}

// HKDF-SHA256 (RFC 5869) whose info is `parts`, ended by NULL, one behind the other.
static void derive(
	struct secret secret, const char *salt, const char *const *parts, uint8_t *out, size_t size)
{
	uint8_t extracted[crypto_auth_hmacsha256_BYTES], block[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const uint8_t *)salt, strlen(salt));
	crypto_auth_hmacsha256_update(&state, secret_bytes(secret), secret.length);
	crypto_auth_hmacsha256_final(&state, extracted);
	for (size_t made = 0; made < size; made += sizeof(block)) {
		uint8_t counter = (uint8_t)(made / sizeof(block) + 1);

		crypto_auth_hmacsha256_init(&state, extracted, sizeof(extracted));
		if (made > 0)
			crypto_auth_hmacsha256_update(&state, block, sizeof(block));
		for (const char *const *part = parts; *part; part++)
			hash_text(&state, *part);
		crypto_auth_hmacsha256_update(&state, &counter, 1);
		crypto_auth_hmacsha256_final(&state, block);
		memcpy(out + made, block, sizeof(block)); // every size is a multiple of it
	}
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(extracted, sizeof(extracted));
	sodium_memzero(block, sizeof(block));
}

// The thumbprint of RFC 7638, with a hash as wide as the key.
static void identify(const uint8_t *key, size_t size, char ret_id[static JWE_KEY_ID_SIZE])
{
	static const char before[] = "{\"k\":\"", behind[] = "\",\"kty\":\"oct\"}";
	char jwk[sizeof(before) + JWE_KEY_ID_SIZE + sizeof(behind)];
	uint8_t digest[crypto_hash_sha512_BYTES];
	size_t length = sizeof(before) - 1;

	memcpy(jwk, before, length);
	sodium_bin2base64(
		jwk + length, JWE_KEY_ID_SIZE, key, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	length += strlen(jwk + length);
	memcpy(jwk + length, behind, sizeof(behind) - 1);
	length += sizeof(behind) - 1;
	if (size == crypto_hash_sha512_BYTES)
		crypto_hash_sha512(digest, (const uint8_t *)jwk, length);
	else
		crypto_hash_sha256(digest, (const uint8_t *)jwk, length);
	sodium_bin2base64(
		ret_id, JWE_KEY_ID_SIZE, digest, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(jwk, sizeof(jwk));
}

// Makes ready what one enc needs.
// Returns: whether OpenSSL has its cipher.
static bool add_enc(struct jwe_key *key, enum jwe_enc enc, struct secret secret, const char *salt)
{
	const struct kind *kind = &kinds[key->kind];
	const char *parts[] = {kind->info, " (", salt, ")", NULL};

	// v4 alone derives without a salt, and then without the parentheses
	if (key->kind == JWE_NEXTAUTH_V4 && !*salt)
		parts[1] = NULL;
	derive(secret, salt, parts, key->material->keys[enc], encs[enc].key_size);
	if (kind->has_kid)
		identify(key->material->keys[enc], encs[enc].key_size, key->ids[enc]);
	if (encs[enc].mac_key_size > 0)
		crypto_auth_hmacsha512_init(
			&key->material->mac, key->material->keys[enc], encs[enc].mac_key_size);
	key->ciphers[enc] = EVP_CIPHER_fetch(NULL, encs[enc].cipher, NULL);
	return key->ciphers[enc] != NULL;
}

static struct jwe_key *derive_all(
	enum jwe_kind kind, struct secret secret, const char *salt, struct secret_arena *arena)
{
	struct jwe_key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->kind = kind;
	key->arena = arena;
	key->material = (struct material *)secret_arena_take(arena, sizeof(*key->material));
	if (!key->material)
		return jwe_key_free(key);
	for (int enc = 0; enc < JWE_ENCS; enc++) {
		if (!jwe_kind_has(kind, (enum jwe_enc)enc))
			continue;
		if (!add_enc(key, (enum jwe_enc)enc, secret, salt)) {
			ERR_clear_error();
			return jwe_key_free(key);
		}
	}
	return key;
}

struct jwe_key *jwe_key_new(
	enum jwe_kind kind, struct secret secret, const char *salt, struct secret_arena *arena)
{
	return secret.length ? derive_all(kind, secret, salt, arena) : NULL;
}

struct jwe_key *jwe_key_of_nothing(enum jwe_kind kind, const char *salt, struct secret_arena *arena)
{
	return derive_all(kind, SECRET_NONE, salt, arena);
}

struct jwe_key *jwe_key_free(struct jwe_key *key)
{
	if (!key)
		return NULL;
	for (int enc = 0; enc < JWE_ENCS; enc++)
		EVP_CIPHER_free(key->ciphers[enc]);
	secret_arena_give(key->arena, (uint8_t *)key->material, sizeof(*key->material));
	free(key);
	return NULL;
}

const char *jwe_key_id(const struct jwe_key *key, enum jwe_enc enc)
{
	return key->ids[enc];
}

// The tag of A256CBC-HS512 (RFC 7518 section 5.2.2.1): the first half of this MAC.
static void compute_mac(const struct jwe_key *key, const struct jwe_parts *parts,
	uint8_t ret_mac[static crypto_auth_hmacsha512_BYTES])
{
	crypto_auth_hmacsha512_state state = key->material->mac;
	uint64_t bits = (uint64_t)parts->aad_length * 8;
	uint8_t big_endian[8];

	for (size_t i = 0; i < sizeof(big_endian); i++)
		big_endian[i] = (uint8_t)(bits >> (56 - 8 * i));
	crypto_auth_hmacsha512_update(&state, (const uint8_t *)parts->aad, parts->aad_length);
	crypto_auth_hmacsha512_update(&state, parts->iv, parts->iv_size);
	crypto_auth_hmacsha512_update(&state, parts->ciphertext, parts->ciphertext_size);
	crypto_auth_hmacsha512_update(&state, big_endian, sizeof(big_endian));
	crypto_auth_hmacsha512_final(&state, ret_mac);
	sodium_memzero(&state, sizeof(state));
}

static bool mac_is_good(const struct jwe_key *key, const struct jwe_parts *parts)
{
	uint8_t mac[crypto_auth_hmacsha512_BYTES];
	bool good;

	compute_mac(key, parts, mac);
	good = sodium_memcmp(mac, parts->tag, encs[JWE_A256CBC_HS512].tag_size) == 0;
	sodium_memzero(mac, sizeof(mac)); // of a forged token it would be the right one
	return good;
}

// Starts AES in one direction; GCM is given the protected header.
// Returns: the context, which the caller frees, or NULL.
static EVP_CIPHER_CTX *begin_aes(
	const struct jwe_key *key, enum jwe_enc enc, bool encrypts, const struct jwe_parts *parts)
{
	const uint8_t *aes_key = key->material->keys[enc] + encs[enc].mac_key_size;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int ignored;

	if (context &&
		EVP_CipherInit_ex2(
			context, key->ciphers[enc], aes_key, parts->iv, encrypts, NULL) == 1 &&
		(enc != JWE_A256GCM ||
			EVP_CipherUpdate(context, NULL, &ignored, (const uint8_t *)parts->aad,
				(int)parts->aad_length) == 1))
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

// Runs AES over all of the input; what GCM's tag or CBC's padding says comes at its end.
static bool finish_aes(
	EVP_CIPHER_CTX *context, const uint8_t *in, size_t in_size, uint8_t *out, size_t *ret_size)
{
	uint8_t last[BLOCK_SIZE_MAX];
	int size = 0, rest = 0;
	bool done =
		(in_size == 0 || EVP_CipherUpdate(context, out, &size, in, (int)in_size) == 1) &&
		EVP_CipherFinal_ex(context, last, &rest) == 1;

	if (done) {
		memcpy(out + size, last, (size_t)rest);
		*ret_size = (size_t)size + (size_t)rest;
	}
	sodium_memzero(last, sizeof(last));
	return done;
}

// Whether the parts have the sizes that the enc says.
static bool sizes_are_good(enum jwe_enc enc, const struct jwe_parts *parts)
{
	return parts->iv_size == encs[enc].iv_size && parts->tag_size == encs[enc].tag_size &&
	       parts->aad_length <= JWE_PART_MAX && parts->ciphertext_size <= JWE_PART_MAX &&
	       parts->ciphertext_size % encs[enc].block_size == 0 &&
	       (enc == JWE_A256GCM || parts->ciphertext_size > 0);
}

bool jwe_open(const struct jwe_key *key, enum jwe_enc enc, const struct jwe_parts *parts,
	uint8_t *out, size_t *ret_size)
{
	uint8_t tag[TAG_SIZE_MAX];
	EVP_CIPHER_CTX *context;
	bool good;

	if (!jwe_kind_has(key->kind, enc) || !sizes_are_good(enc, parts) ||
		(enc == JWE_A256CBC_HS512 && !mac_is_good(key, parts)))
		return false;
	context = begin_aes(key, enc, false, parts);
	memcpy(tag, parts->tag, parts->tag_size); // OpenSSL's parameter is not const
	good = context &&
	       (enc != JWE_A256GCM || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG,
					      (int)parts->tag_size, tag) == 1) &&
	       finish_aes(context, parts->ciphertext, parts->ciphertext_size, out, ret_size);
	EVP_CIPHER_CTX_free(context);
	if (!good) {
		sodium_memzero(out, parts->ciphertext_size); // GCM has decrypted by then
		ERR_clear_error();
	}
	return good;
}

// Encrypts into `out`, the tag behind the ciphertext, and completes the parts.
static bool encrypt(const struct jwe_key *key, enum jwe_enc enc, const void *claims, size_t length,
	struct jwe_parts *parts, uint8_t *out)
{
	uint8_t mac[crypto_auth_hmacsha512_BYTES];
	EVP_CIPHER_CTX *context = begin_aes(key, enc, true, parts);
	bool done = context && finish_aes(context, claims, length, out, &parts->ciphertext_size);
	uint8_t *tag = out + parts->ciphertext_size;

	parts->ciphertext = out;
	parts->tag = tag;
	parts->tag_size = encs[enc].tag_size;
	if (done && enc == JWE_A256GCM) {
		done = EVP_CIPHER_CTX_ctrl(
			       context, EVP_CTRL_AEAD_GET_TAG, (int)parts->tag_size, tag) == 1;
	} else if (done) {
		compute_mac(key, parts, mac);
		memcpy(tag, mac, parts->tag_size);
	}
	EVP_CIPHER_CTX_free(context);
	return done;
}

// Writes the header that the library writes, as it stands in a token.
// Returns: its length.
static size_t write_header(
	const struct jwe_key *key, enum jwe_enc enc, char ret_text[static AAD_SIZE_MAX])
{
	const char *id = key->ids[enc];
	char header[HEADER_SIZE_MAX];
	int length = snprintf(header, sizeof(header), "{\"alg\":\"dir\",\"enc\":\"%s\"%s%s%s}",
		encs[enc].name, *id ? ",\"kid\":\"" : "", id, *id ? "\"" : "");

	base64url_encode((const uint8_t *)header, (size_t)length, ret_text);
	return base64url_encoded_size((size_t)length);
}

// Writes the five parts; that of the encrypted key is empty.
static char *write_token(const struct jwe_parts *parts)
{
	const struct {
		const uint8_t *bytes;
		size_t size;
	} rest[] = {{NULL, 0}, {parts->iv, parts->iv_size},
		{parts->ciphertext, parts->ciphertext_size}, {parts->tag, parts->tag_size}};
	size_t length = parts->aad_length;
	char *token, *at;

	for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
		length += 1 + base64url_encoded_size(rest[i].size);
	token = malloc(length + 1);
	if (!token)
		return NULL;
	memcpy(token, parts->aad, parts->aad_length);
	at = token + parts->aad_length;
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		*at++ = '.';
		base64url_encode(rest[i].bytes, rest[i].size, at);
		at += base64url_encoded_size(rest[i].size);
	}
	*at = '\0';
	return token;
}

char *jwe_seal(const struct jwe_key *key, const void *claims, size_t length)
{
	enum jwe_enc enc = kinds[key->kind].seals;
	own_free uint8_t *out = NULL;
	char aad[AAD_SIZE_MAX];
	uint8_t iv[IV_SIZE_MAX];
	struct jwe_parts parts = {.aad = aad, .iv = iv, .iv_size = encs[enc].iv_size};

	if (length > JWE_PART_MAX - BLOCK_SIZE_MAX)
		return NULL;
	out = malloc(length + BLOCK_SIZE_MAX + TAG_SIZE_MAX);
	if (!out)
		return NULL;
	parts.aad_length = write_header(key, enc, aad);
	randombytes_buf(iv, parts.iv_size);
	if (!encrypt(key, enc, claims, length, &parts, out)) {
		ERR_clear_error();
		return NULL;
	}
	return write_token(&parts);
}
