// RSA and ECDSA through OpenSSL's EVP. Everything is fetched once, when a key is made. A context
// serves one verification at a time: idle ones wait in a few atomic slots of the key, which is a
// lock less than OpenSSL takes to make a new one.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/asymmetric.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#define IDLE_MAX 8       // contexts that wait; more threads at once make and free their own
#define DER_MAX 160      // bytes of an ECDSA signature in DER: two integers of 67 and their heads
#define EXPONENT_BITS 32 // of RSA

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

// Writes r and s of full size as DER. Returns: its size, or 0.
static size_t to_der(const uint8_t *raw, size_t size, uint8_t out[static DER_MAX])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)(size / 2), NULL);
	BIGNUM *s = BN_bin2bn(raw + size / 2, (int)(size / 2), NULL);
	int length = 0;

	if (signature && r && s && ECDSA_SIG_set0(signature, r, s)) {
		r = s = NULL; // they are the signature's now
		length = i2d_ECDSA_SIG(signature, NULL);
		length = length > 0 && length <= DER_MAX ? i2d_ECDSA_SIG(signature, &out) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	return length > 0 ? (size_t)length : 0;
}

static bool to_raw(const uint8_t *der, size_t length, uint8_t *out, size_t size)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int half = (int)(size / 2);
	bool done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;

	ECDSA_SIG_free(signature);
	return done;
}

static bool verify_with(const struct asymmetric *key, struct context *context, const void *input,
	size_t length, const uint8_t *signature)
{
	uint8_t der[DER_MAX];
	size_t size = key->signature_size;
	struct digest right;

	if (!digest(key, context->hash, input, length, &right))
		return false;
	if (key->algorithm->family == ALGORITHM_ECDSA) {
		size = to_der(signature, size, der);
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
	uint8_t der[DER_MAX];
	bool is_der = key->algorithm->family == ALGORITHM_ECDSA;
	size_t size = is_der ? sizeof(der) : key->signature_size;

	if (EVP_PKEY_sign(sign, is_der ? der : ret_signature, &size, right->bytes, right->size) <=
		0)
		return false;
	return is_der ? to_raw(der, size, ret_signature, key->signature_size)
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

// ---- judging what OpenSSL made

static int refuse(struct err *err, enum key_result result, const char *what)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	return (int)result;
}

static int refuse_type(const struct asymmetric *key, struct err *err)
{
	const struct algorithm *algorithm = key->algorithm;

	(void)err_set(err, -EINVAL, NULL, "another type of key than %s needs", algorithm->name);
	(void)err_hint(err, "%s takes %s%s; or name the key's own algorithm", algorithm->name,
		algorithm->curve ? "an EC key on " : "an RSA key",
		algorithm->curve ? algorithm->curve : "");
	return KEY_E_TYPE;
}

// An exponent of 1 or an even one makes every signature true, or none.
static bool is_good_exponent(const EVP_PKEY *pair)
{
	BIGNUM *e = NULL;
	bool good = EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) &&
		    !BN_is_one(e) && BN_num_bits(e) <= EXPONENT_BITS;

	BN_free(e);
	return good;
}

static bool is_odd_modulus(const EVP_PKEY *pair)
{
	BIGNUM *n = NULL;
	bool odd = EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &n) && BN_is_odd(n);

	BN_free(n);
	return odd;
}

static int judge_rsa(struct asymmetric *key, struct err *err)
{
	int bits = EVP_PKEY_get_bits(key->pair);
	bool pss_only = EVP_PKEY_is_a(key->pair, "RSA-PSS");

	if (!EVP_PKEY_is_a(key->pair, "RSA") &&
		!(pss_only && key->algorithm->family == ALGORITHM_RSA_PSS))
		return refuse_type(key, err);
	if (bits < KEY_RSA_MIN) {
		(void)err_set(err, -EINVAL, NULL, "RSA keys under %d bits are refused (RFC 7518)",
			KEY_RSA_MIN);
		(void)err_hint(err, "openssl genrsa -out FILE 3072");
		return KEY_E_SHORT;
	}
	if (bits > KEY_RSA_MAX) {
		(void)err_set(err, -EINVAL, NULL, "RSA keys over %d bits are refused", KEY_RSA_MAX);
		(void)err_hint(err, "each verification would take a millisecond");
		return KEY_E_WEAK;
	}
	if (!is_good_exponent(key->pair))
		return refuse(
			err, KEY_E_WEAK, "the RSA exponent is not odd, or not from 3 to 2^32 - 1");
	if (!is_odd_modulus(key->pair))
		return refuse(err, KEY_E_WEAK, "the RSA modulus is even");
	key->signature_size = (size_t)(bits + 7) / 8;
	return KEY_OK;
}

// What OpenSSL calls the curves.
static const struct curve {
	const char *name, *group;
	size_t size; // bytes of a coordinate
} curves[] = {
	{"P-256", "prime256v1", 32},
	{"P-384", "secp384r1", 48},
	{"P-521", "secp521r1", 66},
};

static const struct curve *curve_of(const struct algorithm *algorithm)
{
	for (size_t i = 0; i < ARRAY_SIZE(curves) - 1; i++)
		if (strcmp(curves[i].name, algorithm->curve) == 0)
			return &curves[i];
	return &curves[ARRAY_SIZE(curves) - 1];
}

static bool is_on_curve(const EVP_PKEY *pair, const struct curve *curve)
{
	char group[64];
	int explicit = 0;

	if (!EVP_PKEY_is_a(pair, "EC") ||
		EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) <= 0)
		return false;
	// a curve spelt out may have the name's numbers, but somebody else's generator
	(void)EVP_PKEY_get_int_param(
		pair, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
	return explicit == 0 && strcmp(group, curve->group) == 0;
}

static int judge_ec(struct asymmetric *key, struct err *err)
{
	EVP_PKEY_CTX *check;
	bool good;

	if (!is_on_curve(key->pair, curve_of(key->algorithm)))
		return refuse_type(key, err);
	check = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
	good = check && EVP_PKEY_public_check(check) > 0 &&
	       (!key->has_private || EVP_PKEY_private_check(check) > 0);
	EVP_PKEY_CTX_free(check);
	if (!good)
		return refuse(err, KEY_E_WEAK, "the EC key is no point of its curve");
	key->signature_size = key->algorithm->signature_size;
	return KEY_OK;
}

// The first use makes what OpenSSL makes lazily, under locks; and a private key must belong to the
// public key that others verify with.
static int try_out(struct asymmetric *key, struct err *err)
{
	uint8_t signature[ALGORITHM_SIGNATURE_MAX] = {0};
	struct context *context = take_context(key);
	size_t size;

	if (!context)
		return refuse_type(key, err);
	give_context(key, context);
	if (!key->has_private) {
		ignore_result(asymmetric_verifies(key, "", 0, signature, key->signature_size));
		return KEY_OK;
	}
	if (asymmetric_sign(key, "", 0, signature, &size) == 0 &&
		asymmetric_verifies(key, "", 0, signature, size))
		return KEY_OK;
	return refuse(err, KEY_E_TYPE, "the private key does not belong to its public key");
}

// Takes over a pair that OpenSSL made, NULL where it could not.
static int adopt(const struct algorithm *algorithm, EVP_PKEY *pair, bool has_private,
	struct asymmetric **ret_key, struct err *err)
{
	char hash[16];
	struct asymmetric *key = calloc(1, sizeof(*key));
	int result;

	if (!key) {
		EVP_PKEY_free(pair);
		return err_set(err, -ENOMEM, NULL, "out of memory");
	}
	(void)snprintf(hash, sizeof(hash), "SHA2-%u", algorithm->hash_bits);
	key->algorithm = algorithm;
	key->pair = pair;
	key->has_private = has_private;
	key->hash = EVP_MD_fetch(NULL, hash, NULL);
	if (!key->hash)
		result = err_set(err, -ENOMEM, NULL, "out of memory");
	else
		result = algorithm->family == ALGORITHM_ECDSA ? judge_ec(key, err)
							      : judge_rsa(key, err);
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

// ---- from numbers

// Numbers on their way into OpenSSL, which borrows them until the key is made.
struct builder {
	OSSL_PARAM_BLD *params;
	BIGNUM *numbers[8];
	size_t count;
	bool failed;
};

static void push(struct builder *builder, const char *name, struct secret bytes)
{
	BIGNUM *number;

	if (bytes.length == 0)
		return;
	number = BN_bin2bn(secret_bytes(bytes), (int)bytes.length, NULL);
	builder->numbers[builder->count++] = number;
	if (!number || !OSSL_PARAM_BLD_push_BN(builder->params, name, number))
		builder->failed = true;
}

// Makes the pair of what was pushed. Returns: the pair, or NULL.
static EVP_PKEY *build(struct builder *builder, const char *type, bool has_private)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = builder->failed ? NULL : OSSL_PARAM_BLD_to_param(builder->params);
	EVP_PKEY *pair = NULL;

	if (params && context && EVP_PKEY_fromdata_init(context) > 0 &&
		EVP_PKEY_fromdata(context, &pair,
			has_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pair = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	for (size_t i = 0; i < builder->count; i++)
		BN_clear_free(builder->numbers[i]);
	OSSL_PARAM_BLD_free(builder->params);
	return pair;
}

static int of_rsa_numbers(const struct algorithm *algorithm, const struct asymmetric_numbers *in,
	struct asymmetric **ret_key, struct err *err)
{
	const struct {
		const char *name;
		struct secret bytes;
	} numbers[] = {
		{OSSL_PKEY_PARAM_RSA_N, in->n},
		{OSSL_PKEY_PARAM_RSA_E, in->e},
		{OSSL_PKEY_PARAM_RSA_D, in->d},
		{OSSL_PKEY_PARAM_RSA_FACTOR1, in->p},
		{OSSL_PKEY_PARAM_RSA_FACTOR2, in->q},
		{OSSL_PKEY_PARAM_RSA_EXPONENT1, in->dp},
		{OSSL_PKEY_PARAM_RSA_EXPONENT2, in->dq},
		{OSSL_PKEY_PARAM_RSA_COEFFICIENT1, in->qi},
	};
	struct builder builder = {.params = OSSL_PARAM_BLD_new()};
	EVP_PKEY *pair;

	if (!builder.params)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		// no number is longer than the modulus, whose length is judged before its use
		if (numbers[i].bytes.length > ASYMMETRIC_NUMBER_MAX * 2)
			builder.failed = true;
		else
			push(&builder, numbers[i].name, numbers[i].bytes);
	}
	if (builder.failed) {
		ignore_result(build(&builder, "RSA", false)); // frees; makes nothing
		return refuse(err, KEY_E_WEAK, "an RSA number is too long");
	}
	pair = build(&builder, "RSA", in->d.length > 0);
	if (!pair)
		return refuse(err, KEY_E_WEAK, "the numbers make no RSA key");
	return adopt(algorithm, pair, in->d.length > 0, ret_key, err);
}

static int of_ec_numbers(const struct algorithm *algorithm, const struct asymmetric_numbers *in,
	struct asymmetric **ret_key, struct err *err)
{
	const struct curve *curve = curve_of(algorithm);
	uint8_t point[1 + 2 * 66] = {POINT_CONVERSION_UNCOMPRESSED};
	struct builder builder = {0};
	EVP_PKEY *pair;

	if (in->x.length != curve->size || in->y.length != curve->size ||
		(in->d.length && in->d.length != curve->size))
		return refuse(err, KEY_E_ENCODING, "an EC number is not as long as its curve");
	memcpy(point + 1, secret_bytes(in->x), curve->size);
	memcpy(point + 1 + curve->size, secret_bytes(in->y), curve->size);
	builder.params = OSSL_PARAM_BLD_new();
	if (!builder.params)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	if (!OSSL_PARAM_BLD_push_utf8_string(
		    builder.params, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(
			builder.params, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->size))
		builder.failed = true;
	push(&builder, OSSL_PKEY_PARAM_PRIV_KEY, in->d);
	pair = build(&builder, "EC", in->d.length > 0);
	if (!pair)
		return refuse(err, KEY_E_WEAK, "the EC key is no point of its curve");
	return adopt(algorithm, pair, in->d.length > 0, ret_key, err);
}

int asymmetric_of_numbers(const struct algorithm *algorithm,
	const struct asymmetric_numbers *numbers, struct asymmetric **ret_key, struct err *err)
{
	int result = algorithm->family == ALGORITHM_ECDSA
			     ? of_ec_numbers(algorithm, numbers, ret_key, err)
			     : of_rsa_numbers(algorithm, numbers, ret_key, err);

	ERR_clear_error();
	return result;
}

// ---- from DER

static EVP_PKEY *read_pkcs8(const uint8_t **at, long length)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, at, length);
	EVP_PKEY *pair = info ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return pair;
}

static EVP_PKEY *read_der(enum asymmetric_form form, const uint8_t **at, long length)
{
	switch (form) {
	case ASYMMETRIC_SPKI:
		return d2i_PUBKEY(NULL, at, length);
	case ASYMMETRIC_PKCS8:
		return read_pkcs8(at, length);
	case ASYMMETRIC_RSA_PRIVATE:
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, at, length);
	case ASYMMETRIC_RSA_PUBLIC:
		return d2i_PublicKey(EVP_PKEY_RSA, NULL, at, length);
	default:
		return d2i_PrivateKey(EVP_PKEY_EC, NULL, at, length);
	}
}

int asymmetric_of_der(const struct algorithm *algorithm, enum asymmetric_form form,
	struct secret der, struct asymmetric **ret_key, struct err *err)
{
	const uint8_t *begin = secret_bytes(der), *at = begin;
	EVP_PKEY *pair = read_der(form, &at, (long)der.length);
	bool has_private = form != ASYMMETRIC_SPKI && form != ASYMMETRIC_RSA_PUBLIC;

	if (!pair || at != begin + der.length) {
		EVP_PKEY_free(pair);
		ERR_clear_error();
		return refuse(err, KEY_E_ENCODING,
			"what the PEM block holds is no key of the kind that its label says");
	}
	return adopt(algorithm, pair, has_private, ret_key, err);
}

static bool is_whole_certificate(struct secret bytes)
{
	const uint8_t *at = secret_bytes(bytes);
	X509 *certificate = d2i_X509(NULL, &at, (long)bytes.length);

	X509_free(certificate);
	return certificate && at == secret_bytes(bytes) + bytes.length;
}

bool asymmetric_is_public_der(struct secret bytes)
{
	const uint8_t *begin = secret_bytes(bytes), *at = begin;
	EVP_PKEY *pair;
	bool is;

	if (bytes.length == 0 || begin[0] != 0x30) // a SEQUENCE
		return false;
	pair = d2i_PUBKEY(NULL, &at, (long)bytes.length);
	is = pair != NULL;
	if (!is) {
		at = begin;
		pair = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)bytes.length);
		is = (pair && at == begin + bytes.length) || is_whole_certificate(bytes);
	}
	EVP_PKEY_free(pair);
	ERR_clear_error();
	return is;
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
		if (size <= ASYMMETRIC_NUMBER_MAX)
			written = BN_bn2binpad(number, out, (int)size);
	}
	BN_free(number);
	*ret_size = size;
	return written >= 0;
}

bool asymmetric_public(const struct asymmetric *key, struct asymmetric_public *ret_public)
{
	bool is_ec = key->algorithm->family == ALGORITHM_ECDSA;
	size_t size = is_ec ? curve_of(key->algorithm)->size : 0;

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
