// Makes, writes and loads them.
// SPDX-License-Identifier: MIT
#include "tests/unit/pairs.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct secret_arena *pairs_arena;
static uint8_t *first_block;
static EVP_PKEY *made[PAIRS_KINDS];

static EVP_PKEY *make(enum pairs_kind kind)
{
	static const struct {
		size_t bits;       // of RSA
		const char *curve; // of EC
	} kinds[PAIRS_KINDS] = {
		[PAIRS_RSA_2048] = {2048, NULL},
		[PAIRS_RSA_2056] = {2056, NULL},
		[PAIRS_RSA_1024] = {1024, NULL},
		[PAIRS_EC_256] = {0, "P-256"},
		[PAIRS_EC_384] = {0, "P-384"},
		[PAIRS_EC_521] = {0, "P-521"},
		[PAIRS_EC_K1] = {0, "secp256k1"},
	};

	if (kinds[kind].bits)
		return EVP_RSA_gen(kinds[kind].bits);
	if (kinds[kind].curve)
		return EVP_EC_gen(kinds[kind].curve);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

EVP_PKEY *pairs_of(enum pairs_kind kind)
{
	if (!made[kind])
		made[kind] = make(kind);
	assert_non_null(made[kind]);
	return made[kind];
}

int pairs_set_up(void **state)
{
	(void)state;
	if (secret_arena_open(&(struct secret_options){0}, &pairs_arena, NULL) < 0)
		return -1;
	first_block = secret_arena_take(pairs_arena, 1);
	secret_arena_give(pairs_arena, first_block, 1);
	return 0;
}

void pairs_leave_nothing(void **state)
{
	uint8_t *block = secret_arena_take(pairs_arena, 1);

	(void)state;
	secret_arena_give(pairs_arena, block, 1);
	assert_ptr_equal(block, first_block);
}

int pairs_tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIRS_KINDS; i++)
		EVP_PKEY_free(made[i]);
	secret_arena_free(pairs_arena);
	return 0;
}

static int write_rsa_public(BIO *bio, EVP_PKEY *pair)
{
	uint8_t *der = NULL;
	int size = i2d_PublicKey(pair, &der), done = 0;

	if (size > 0)
		done = PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, size);
	OPENSSL_free(der);
	return done;
}

void pairs_write(EVP_PKEY *pair, enum pairs_form form, char out[static PAIRS_PEM_SIZE])
{
	BIO *bio = BIO_new(BIO_s_mem());
	const EVP_CIPHER *cipher = form >= PAIRS_ENCRYPTED ? EVP_aes_128_cbc() : NULL;
	int size, done = 0;

	if (form == PAIRS_PUBLIC)
		done = PEM_write_bio_PUBKEY(bio, pair);
	else if (form == PAIRS_RSA_PUBLIC)
		done = write_rsa_public(bio, pair);
	else if (form == PAIRS_PRIVATE || form == PAIRS_ENCRYPTED)
		done = PEM_write_bio_PKCS8PrivateKey(bio, pair, cipher, "pass", 4, NULL, NULL);
	else
		done = PEM_write_bio_PrivateKey_traditional(
			bio, pair, cipher, (const unsigned char *)"pass", 4, NULL, NULL);
	size = BIO_read(bio, out, PAIRS_PEM_SIZE - 1);
	BIO_free(bio);
	assert_true(done > 0 && size > 0);
	out[size] = '\0';
}

int pairs_load_pem(const char *pem, const char *algorithm, struct key **ret_key, struct err *err)
{
	const struct key_options options = {.encoding = KEY_PEM,
		.label = "JWT_KEY",
		.algorithm = algorithm ? algorithm_find(algorithm, strlen(algorithm)) : NULL};
	struct key *keys[KEY_SET_MAX];
	size_t count = 0;
	int result =
		key_load(secret_view(pem, strlen(pem)), &options, pairs_arena, keys, &count, err);

	assert_int_equal(count, result == KEY_OK);
	*ret_key = result == KEY_OK ? keys[0] : NULL;
	assert_int_equal(ERR_peek_error(), 0);
	return result;
}

struct key *pairs_load(enum pairs_kind pair, enum pairs_form form, const char *algorithm)
{
	char pem[PAIRS_PEM_SIZE];
	struct err err = ERR_NONE;
	struct key *key;
	int result;

	pairs_write(pairs_of(pair), form, pem);
	result = pairs_load_pem(pem, algorithm, &key, &err);
	if (result != KEY_OK)
		fail_msg("%s: %s", algorithm, err.what);
	return key;
}
