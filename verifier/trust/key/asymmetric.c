// RSA and ECDSA through OpenSSL's EVP. Everything is fetched once, when a key is made. A context
// serves one verification at a time: idle ones wait in a few atomic slots of the key, which is a
// lock less than OpenSSL takes to make a new one.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/asymmetric.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/ecdsaform.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#define IDLE_MAX 8 // contexts that wait; more threads at once make and free their own

// What one verification needs.
struct context {
	EVP_MD_CTX *hash;
	EVP_PKEY_CTX *verify;
};

struct asymmetric {
	const struct algorithm *algorithm;
	EVP_PKEY *pair;
	EVP_MD *hash;
	size_t signature_size;
	bool has_private;
	_Atomic(struct context *) idle[IDLE_MAX];
};

// ---- settings of an operation

enum operation { VERIFY, SIGN };

// How RSA pads; of ECDSA nothing.
struct padding {
	int kind, salt; // RSA_PKCS1_PADDING and so on; 0: none
};

static struct padding padding_of(const struct algorithm *algorithm)
{
	switch (algorithm->family) {
	case ALGORITHM_RSA_PKCS1:
		return (struct padding){RSA_PKCS1_PADDING, 0};
	case ALGORITHM_RSA_PSS:
		return (struct padding){RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST};
	default:
		return (struct padding){0, 0};
	}
}

// Makes OpenSSL's context for one operation. Returns: it, or NULL when the key is not made for it.
static EVP_PKEY_CTX *make_operation(
	const struct asymmetric *key, enum operation operation, struct padding padding)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
	bool made = context && (operation == SIGN ? EVP_PKEY_sign_init(context)
						  : EVP_PKEY_verify_init(context)) > 0;

	if (made && padding.kind)
		made = EVP_PKEY_CTX_set_rsa_padding(context, padding.kind) > 0;
	made = made && EVP_PKEY_CTX_set_signature_md(context, key->hash) > 0;
	if (made && padding.kind == RSA_PKCS1_PSS_PADDING)
		made = EVP_PKEY_CTX_set_rsa_mgf1_md(context, key->hash) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, padding.salt) > 0;
	if (made)
		return context;
	EVP_PKEY_CTX_free(context);
	return NULL;
}

// ---- contexts

static struct context *free_context(struct context *context)
{
	if (context) {
		EVP_MD_CTX_free(context->hash);
		EVP_PKEY_CTX_free(context->verify);
	}
	free(context);
	return NULL;
}

static struct context *make_context(const struct asymmetric *key)
{
	struct context *context = calloc(1, sizeof(*context));

	if (!context)
		return NULL;
	context->hash = EVP_MD_CTX_new();
	context->verify = make_operation(key, VERIFY, padding_of(key->algorithm));
	return context->hash && context->verify ? context : free_context(context);
}

// The slots are a cache: who holds a key may change them.
static _Atomic(struct context *) *slots(const struct asymmetric *key)
{
	return ((struct asymmetric *)(uintptr_t)key)->idle;
}

static struct context *take_context(const struct asymmetric *key)
{
	for (size_t i = 0; i < IDLE_MAX; i++) {
		_Atomic(struct context *) *slot = &slots(key)[i];
		struct context *context = atomic_load_explicit(slot, memory_order_relaxed);

		if (context)
			context = atomic_exchange_explicit(slot, NULL, memory_order_acquire);
		if (context)
			return context;
	}
	return make_context(key);
}

static void give_context(const struct asymmetric *key, struct context *context)
{
	for (size_t i = 0; i < IDLE_MAX; i++) {
		struct context *none = NULL;

		if (atomic_compare_exchange_strong_explicit(&slots(key)[i], &none, context,
			    memory_order_release, memory_order_relaxed))
			return;
	}
	free_context(context);
}

// ---- verifying and signing

struct digest {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned size;
};

static bool digest(const struct asymmetric *key, EVP_MD_CTX *hash, const void *input, size_t length,
	struct digest *ret_digest)
{
	return EVP_DigestInit_ex2(hash, key->hash, NULL) > 0 &&
	       EVP_DigestUpdate(hash, input, length) > 0 &&
	       EVP_DigestFinal_ex(hash, ret_digest->bytes, &ret_digest->size) > 0;
}

static bool verify_with(const struct asymmetric *key, struct context *context, const void *input,
	size_t length, const uint8_t *signature)
{
	uint8_t der[ECDSAFORM_DER_MAX];
	size_t size = key->signature_size;
	struct digest right;

	if (!digest(key, context->hash, input, length, &right))
		return false;
	if (key->algorithm->family == ALGORITHM_ECDSA) {
		size = ecdsaform_to_der(signature, size, der);
		signature = der;
	}
	return size && EVP_PKEY_verify(context->verify, signature, size, right.bytes,
			       right.size) == 1; // less than 1 is a failure, too
}

bool asymmetric_verifies(const struct asymmetric *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size)
{
	struct context *context;
	bool verifies;

	if (signature_size != key->signature_size)
		return false;
	context = take_context(key);
	verifies = context && verify_with(key, context, input, length, signature);
	if (context)
		give_context(key, context);
	ERR_clear_error();
	return verifies;
}

// Tries one other way, with contexts of its own: it is rare.
static bool verifies_by(const struct asymmetric *key, struct padding padding,
	const struct digest *right, const uint8_t *signature, size_t size)
{
	EVP_PKEY_CTX *context = make_operation(key, VERIFY, padding);
	bool verifies = context &&
			EVP_PKEY_verify(context, signature, size, right->bytes, right->size) == 1;

	EVP_PKEY_CTX_free(context);
	return verifies;
}

bool asymmetric_verifies_oddly(const struct asymmetric *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what)
{
	static const struct {
		enum algorithm_family family;
		struct padding padding;
		const char *what;
	} ways[] = {
		{ALGORITHM_RSA_PKCS1, {RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_AUTO}, "PSS padding"},
		{ALGORITHM_RSA_PSS, {RSA_PKCS1_PADDING, 0}, "PKCS#1 v1.5 padding"},
		{ALGORITHM_RSA_PSS, {RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_AUTO},
			"a PSS salt of another length than the hash"},
		{ALGORITHM_ECDSA, {0, 0}, "DER instead of r and s in full size"},
	};
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	const char *what = NULL;
	struct digest right;

	if (hash && digest(key, hash, input, length, &right))
		for (size_t i = 0; i < ARRAY_SIZE(ways) && !what; i++)
			if (ways[i].family == key->algorithm->family &&
				verifies_by(
					key, ways[i].padding, &right, signature, signature_size))
				what = ways[i].what;
	EVP_MD_CTX_free(hash);
	ERR_clear_error();
	if (what && asymmetric_verifies(key, input, length, signature, signature_size))
		return false; // nothing odd about it
	if (what)
		*ret_what = what;
	return what != NULL;
}

bool asymmetric_can_sign(const struct asymmetric *key)
{
	return key->has_private;
}

// Signs a digest; of ECDSA in DER first.
static bool sign_with(const struct asymmetric *key, EVP_PKEY_CTX *sign, const struct digest *right,
	uint8_t *ret_signature)
{
	uint8_t der[ECDSAFORM_DER_MAX];
	bool is_der = key->algorithm->family == ALGORITHM_ECDSA;
	size_t size = is_der ? sizeof(der) : key->signature_size;

	if (EVP_PKEY_sign(sign, is_der ? der : ret_signature, &size, right->bytes, right->size) <=
		0)
		return false;
	return is_der ? ecdsaform_to_raw(der, size, ret_signature, key->signature_size)
		      : size == key->signature_size;
}

int asymmetric_sign(const struct asymmetric *key, const void *input, size_t length,
	uint8_t *ret_signature, size_t *ret_size)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	EVP_PKEY_CTX *sign = make_operation(key, SIGN, padding_of(key->algorithm));
	struct digest right;
	bool done = hash && sign && digest(key, hash, input, length, &right) &&
		    sign_with(key, sign, &right, ret_signature);

	EVP_PKEY_CTX_free(sign);
	EVP_MD_CTX_free(hash);
	ERR_clear_error();
	if (!done)
		return -EIO;
	*ret_size = key->signature_size;
	return 0;
}

// ---- making

// The first use makes what OpenSSL makes lazily, under locks; and a private key must belong to the
// public key that others verify with.
static int try_out(struct asymmetric *key, struct err *err)
{
	uint8_t signature[ALGORITHM_SIGNATURE_MAX] = {0};
	struct context *context = take_context(key);
	size_t size;

	if (!context)
		return keypair_refuse_type(key->algorithm, err);
	give_context(key, context);
	if (!key->has_private) {
		ignore_result(asymmetric_verifies(key, "", 0, signature, key->signature_size));
		return KEY_OK;
	}
	if (asymmetric_sign(key, "", 0, signature, &size) == 0 &&
		asymmetric_verifies(key, "", 0, signature, size))
		return KEY_OK;
	(void)err_set(err, -EINVAL, NULL, "the private key does not belong to its public key");
	return KEY_E_TYPE;
}

// Takes over a pair.
static int adopt(const struct algorithm *algorithm, EVP_PKEY *pair, bool has_private,
	struct asymmetric **ret_key, struct err *err)
{
	char hash[16];
	struct asymmetric *key = calloc(1, sizeof(*key));
	int result;

	if (!key) {
		EVP_PKEY_free(pair);
		return err_no_memory(err);
	}
	(void)snprintf(hash, sizeof(hash), "SHA2-%u", algorithm->hash_bits);
	key->algorithm = algorithm;
	key->pair = pair;
	key->has_private = has_private;
	key->hash = EVP_MD_fetch(NULL, hash, NULL);
	if (!key->hash)
		result = err_no_memory(err);
	else
		result = keypair_judge(pair, algorithm, has_private, &key->signature_size, err);
	if (result == KEY_OK)
		result = try_out(key, err);
	ERR_clear_error();
	if (result == KEY_OK)
		*ret_key = key;
	else
		asymmetric_free(key);
	return result;
}

struct asymmetric *asymmetric_free(struct asymmetric *key)
{
	if (!key)
		return NULL;
	for (size_t i = 0; i < IDLE_MAX; i++)
		free_context(atomic_load(&key->idle[i]));
	EVP_MD_free(key->hash);
	EVP_PKEY_free(key->pair);
	free(key);
	return NULL;
}

int asymmetric_of_numbers(const struct algorithm *algorithm, const struct keypair_numbers *numbers,
	struct asymmetric **ret_key, struct err *err)
{
	EVP_PKEY *pair;
	int result = keypair_of_numbers(algorithm, numbers, &pair, err);

	return result == KEY_OK ? adopt(algorithm, pair, numbers->d.length > 0, ret_key, err)
				: result;
}

int asymmetric_of_der(const struct algorithm *algorithm, enum keypair_form form, struct secret der,
	struct asymmetric **ret_key, struct err *err)
{
	EVP_PKEY *pair;
	int result = keypair_of_der(form, der, &pair, err);

	return result == KEY_OK
		       ? adopt(algorithm, pair, keypair_form_is_private(form), ret_key, err)
		       : result;
}

// ---- what others may see

static bool write_number(
	const struct asymmetric *key, const char *name, size_t size, uint8_t *out, size_t *ret_size)
{
	BIGNUM *number = NULL;
	int written = -1;

	if (EVP_PKEY_get_bn_param(key->pair, name, &number)) {
		if (size == 0)
			size = (size_t)BN_num_bytes(number);
		if (size <= KEYPAIR_NUMBER_MAX)
			written = BN_bn2binpad(number, out, (int)size);
	}
	BN_free(number);
	*ret_size = size;
	return written >= 0;
}

bool asymmetric_public(const struct asymmetric *key, struct asymmetric_public *ret_public)
{
	bool is_ec = key->algorithm->family == ALGORITHM_ECDSA;
	size_t size = is_ec ? key->signature_size / 2 : 0;

	return write_number(key, is_ec ? OSSL_PKEY_PARAM_EC_PUB_X : OSSL_PKEY_PARAM_RSA_E, size,
		       ret_public->first, &ret_public->first_size) &&
	       write_number(key, is_ec ? OSSL_PKEY_PARAM_EC_PUB_Y : OSSL_PKEY_PARAM_RSA_N, size,
		       ret_public->second, &ret_public->second_size);
}

size_t asymmetric_public_der(const struct asymmetric *key, uint8_t **ret_der)
{
	int size = i2d_PUBKEY(key->pair, NULL);
	uint8_t *der = size > 0 ? malloc((size_t)size) : NULL, *end = der;

	if (!der || i2d_PUBKEY(key->pair, &end) != size) {
		ERR_clear_error();
		free(der);
		return 0;
	}
	*ret_der = der;
	return (size_t)size;
}
