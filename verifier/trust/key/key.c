// A key's life, what it is, and what is done with it by the family of its algorithm. It is loaded
// by key_load.c; the mathematics are elsewhere.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/key.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/asymmetric.h"
#include "verifier/trust/key/ed25519.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/key/keybody.h"
#include "verifier/trust/key/keypair.h"
#include "verifier/trust/key/pem.h"

#include <errno.h>

const char *const key_encodings[] = {"text", "base64", "base64url", "hex", "jwk", "pem", NULL};
const char *const key_states[] = {"active", "pending", "retiring", "retired", NULL};

// ---- its life

struct key *key_new(const struct algorithm *algorithm, const struct key_options *options,
	const char *id, struct secret_arena *arena)
{
	struct key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->algorithm = algorithm;
	key->arena = arena;
	key->given_id = id != NULL;
	key->id = id ? strdup(id) : NULL;
	key->label = strdup(options->label ? options->label : "");
	return (id && !key->id) || !key->label ? key_free(key) : key;
}

struct key *key_free(struct key *key)
{
	if (!key)
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

// ---- what it is

const struct algorithm *key_algorithm(const struct key *key)
{
	return key->algorithm;
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
	return key->shown.type ? jwk_public_text(&key->shown, key->algorithm->name, key->id) : NULL;
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

bool key_verifies_as(const struct key *key, const struct algorithm *algorithm, const void *input,
	size_t length, const uint8_t *signature, size_t signature_size)
{
	struct asymmetric *other = NULL;
	uint8_t *der = NULL;
	size_t size = key->asymmetric ? asymmetric_public_der(key->asymmetric, &der) : 0;
	struct err err = {0};
	bool verifies = size &&
			asymmetric_of_der(algorithm, KEYPAIR_SPKI, secret_view(der, size), &other,
				&err) == KEY_OK &&
			asymmetric_verifies(other, input, length, signature, signature_size);

	asymmetric_free(other);
	free(der);
	return verifies;
}

bool key_verifies_oddly(const struct key *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what)
{
	return key->asymmetric && asymmetric_verifies_oddly(key->asymmetric, input, length,
					  signature, signature_size, ret_what);
}
