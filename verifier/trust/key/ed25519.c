// Judges Ed25519 points and seeds, and calls libsodium. Its verification refuses S >= L and points
// of small order on its own.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/ed25519.h"

#include "lib/base/err.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <sodium.h>

_Static_assert(ED25519_SIZE == crypto_sign_PUBLICKEYBYTES, "libsodium's public key");
_Static_assert(ED25519_SIZE == crypto_sign_SEEDBYTES, "libsodium's seed");
_Static_assert(ED25519_SIGNATURE_SIZE == crypto_sign_BYTES, "libsodium's signature");

static int refuse(struct err *err, enum key_result result, const char *what)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	return (int)result;
}

static bool is_size(struct secret bytes)
{
	return bytes.length == 0 || bytes.length == ED25519_SIZE;
}

static int take_seed(
	struct ed25519 *key, struct secret seed, struct secret_arena *arena, struct err *err)
{
	key->pair = secret_arena_take(arena, crypto_sign_SECRETKEYBYTES);
	if (!key->pair)
		return err_no_memory(err);
	(void)crypto_sign_seed_keypair(key->public_key, key->pair, secret_bytes(seed));
	return KEY_OK;
}

int ed25519_init(struct ed25519 *key, struct secret public_key, struct secret seed,
	struct secret_arena *arena, struct err *err)
{
	int result;

	*key = (struct ed25519){0};
	if (!is_size(public_key) || !is_size(seed) || public_key.length + seed.length == 0)
		return refuse(err, KEY_E_ENCODING, "an Ed25519 key has 32 bytes");
	if (public_key.length)
		memcpy(key->public_key, secret_bytes(public_key), ED25519_SIZE);
	if (public_key.length && !crypto_core_ed25519_is_valid_point(key->public_key))
		return refuse(err, KEY_E_WEAK,
			"the Ed25519 key is no point of the main subgroup, or is not canonical");
	if (!seed.length)
		return KEY_OK;
	result = take_seed(key, seed, arena, err);
	if (result == KEY_OK && public_key.length &&
		memcmp(key->public_key, secret_bytes(public_key), ED25519_SIZE) != 0) {
		ed25519_done(key, arena);
		return refuse(
			err, KEY_E_TYPE, "the private key belongs to another public key than x");
	}
	return result;
}

void ed25519_done(struct ed25519 *key, struct secret_arena *arena)
{
	secret_arena_give(arena, key->pair, crypto_sign_SECRETKEYBYTES);
	key->pair = NULL;
}

// The only DER that an Ed25519 key has (RFC 8410 sections 4 and 7), but for attributes, which no
// tool writes.
static const struct {
	const char *before; // up to the seed, or to the public key where there is no seed
	size_t before_size;
	const char *between; // from the seed to the public key; NULL: there is no public key
	size_t between_size;
	bool has_seed;
} forms[] = {
	{"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00", 12, NULL, 0, false},
	{"\x30\x2E\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20", 16, NULL, 0, true},
	{"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20", 16, "\x81\x21\x00", 3,
		true},
};

bool ed25519_find(struct secret der, struct secret *ret_public_key, struct secret *ret_seed)
{
	const uint8_t *at = secret_bytes(der);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t between = forms[i].before_size + ED25519_SIZE;
		size_t after = between + forms[i].between_size;
		size_t size = forms[i].between ? after + ED25519_SIZE : between;

		if (der.length != size || memcmp(at, forms[i].before, forms[i].before_size) != 0)
			continue;
		if (forms[i].between &&
			memcmp(at + between, forms[i].between, forms[i].between_size) != 0)
			continue;
		*ret_seed = forms[i].has_seed ? secret_view(at + forms[i].before_size, ED25519_SIZE)
					      : SECRET_NONE;
		*ret_public_key = SECRET_NONE;
		if (forms[i].between)
			*ret_public_key = secret_view(at + after, ED25519_SIZE);
		else if (!forms[i].has_seed)
			*ret_public_key = secret_view(at + forms[i].before_size, ED25519_SIZE);
		return true;
	}
	return false;
}

bool ed25519_verifies(
	const struct ed25519 *key, const void *input, size_t length, const uint8_t *signature)
{
	return crypto_sign_verify_detached(signature, input, length, key->public_key) == 0;
}

void ed25519_sign(const struct ed25519 *key, const void *input, size_t length,
	uint8_t ret_signature[static ED25519_SIGNATURE_SIZE])
{
	(void)crypto_sign_detached(ret_signature, NULL, input, length, key->pair);
}

void ed25519_public_der(const struct ed25519 *key, uint8_t ret_der[static ED25519_DER_SIZE])
{
	static const uint8_t head[ED25519_DER_SIZE - ED25519_SIZE] = {
		0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};

	memcpy(ret_der, head, sizeof(head));
	memcpy(ret_der + sizeof(head), key->public_key, ED25519_SIZE);
}
