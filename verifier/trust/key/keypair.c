// Key pairs through OpenSSL's EVP: what it accepts is judged again, by what a JWS needs.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/keypair.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define EXPONENT_BITS 32 // of RSA

// ---- judging

static int refuse(struct err *err, enum key_result result, const char *what)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	return (int)result;
}

int keypair_refuse_type(const struct algorithm *algorithm, struct err *err)
{
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

static int judge_rsa(const EVP_PKEY *pair, const struct algorithm *algorithm,
	size_t *ret_signature_size, struct err *err)
{
	int bits = EVP_PKEY_get_bits(pair);
	bool pss_only = EVP_PKEY_is_a(pair, "RSA-PSS");

	if (!EVP_PKEY_is_a(pair, "RSA") && !(pss_only && algorithm->family == ALGORITHM_RSA_PSS))
		return keypair_refuse_type(algorithm, err);
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
	if (!is_good_exponent(pair))
		return refuse(
			err, KEY_E_WEAK, "the RSA exponent is not odd, or not from 3 to 2^32 - 1");
	if (!is_odd_modulus(pair))
		return refuse(err, KEY_E_WEAK, "the RSA modulus is even");
	*ret_signature_size = (size_t)(bits + 7) / 8;
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

static int judge_ec(const EVP_PKEY *pair, const struct algorithm *algorithm, bool has_private,
	size_t *ret_signature_size, struct err *err)
{
	EVP_PKEY_CTX *check;
	bool good;

	if (!is_on_curve(pair, curve_of(algorithm)))
		return keypair_refuse_type(algorithm, err);
	check = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)(uintptr_t)pair, NULL);
	good = check && EVP_PKEY_public_check(check) > 0 &&
	       (!has_private || EVP_PKEY_private_check(check) > 0);
	EVP_PKEY_CTX_free(check);
	if (!good)
		return refuse(err, KEY_E_WEAK, "the EC key is no point of its curve");
	*ret_signature_size = algorithm->signature_size;
	return KEY_OK;
}

int keypair_judge(const EVP_PKEY *pair, const struct algorithm *algorithm, bool has_private,
	size_t *ret_signature_size, struct err *err)
{
	int result = algorithm->family == ALGORITHM_ECDSA
			     ? judge_ec(pair, algorithm, has_private, ret_signature_size, err)
			     : judge_rsa(pair, algorithm, ret_signature_size, err);

	ERR_clear_error();
	return result;
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

static int of_rsa_numbers(const struct keypair_numbers *in, EVP_PKEY **ret_pair, struct err *err)
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

	if (!builder.params)
		return err_no_memory(err);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		// no number is longer than the modulus, whose length is judged before its use
		if (numbers[i].bytes.length > KEYPAIR_NUMBER_MAX * 2)
			builder.failed = true;
		else
			push(&builder, numbers[i].name, numbers[i].bytes);
	}
	if (builder.failed) {
		ignore_result(build(&builder, "RSA", false)); // frees; makes nothing
		return refuse(err, KEY_E_WEAK, "an RSA number is too long");
	}
	*ret_pair = build(&builder, "RSA", in->d.length > 0);
	return *ret_pair ? KEY_OK : refuse(err, KEY_E_WEAK, "the numbers make no RSA key");
}

static int of_ec_numbers(const struct algorithm *algorithm, const struct keypair_numbers *in,
	EVP_PKEY **ret_pair, struct err *err)
{
	const struct curve *curve = curve_of(algorithm);
	uint8_t point[1 + 2 * 66] = {POINT_CONVERSION_UNCOMPRESSED};
	struct builder builder = {0};

	if (in->x.length != curve->size || in->y.length != curve->size ||
		(in->d.length && in->d.length != curve->size))
		return refuse(err, KEY_E_ENCODING, "an EC number is not as long as its curve");
	memcpy(point + 1, secret_bytes(in->x), curve->size);
	memcpy(point + 1 + curve->size, secret_bytes(in->y), curve->size);
	builder.params = OSSL_PARAM_BLD_new();
	if (!builder.params)
		return err_no_memory(err);
	if (!OSSL_PARAM_BLD_push_utf8_string(
		    builder.params, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(
			builder.params, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->size))
		builder.failed = true;
	push(&builder, OSSL_PKEY_PARAM_PRIV_KEY, in->d);
	*ret_pair = build(&builder, "EC", in->d.length > 0);
	return *ret_pair ? KEY_OK : refuse(err, KEY_E_WEAK, "the EC key is no point of its curve");
}

int keypair_of_numbers(const struct algorithm *algorithm, const struct keypair_numbers *numbers,
	EVP_PKEY **ret_pair, struct err *err)
{
	int result = algorithm->family == ALGORITHM_ECDSA
			     ? of_ec_numbers(algorithm, numbers, ret_pair, err)
			     : of_rsa_numbers(numbers, ret_pair, err);

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

static EVP_PKEY *read_der(enum keypair_form form, const uint8_t **at, long length)
{
	switch (form) {
	case KEYPAIR_SPKI:
		return d2i_PUBKEY(NULL, at, length);
	case KEYPAIR_PKCS8:
		return read_pkcs8(at, length);
	case KEYPAIR_RSA_PRIVATE:
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, at, length);
	case KEYPAIR_RSA_PUBLIC:
		return d2i_PublicKey(EVP_PKEY_RSA, NULL, at, length);
	default:
		return d2i_PrivateKey(EVP_PKEY_EC, NULL, at, length);
	}
}

bool keypair_form_is_private(enum keypair_form form)
{
	return form != KEYPAIR_SPKI && form != KEYPAIR_RSA_PUBLIC;
}

int keypair_of_der(enum keypair_form form, struct secret der, EVP_PKEY **ret_pair, struct err *err)
{
	const uint8_t *begin = secret_bytes(der), *at = begin;
	EVP_PKEY *pair = read_der(form, &at, (long)der.length);

	ERR_clear_error();
	if (!pair || at != begin + der.length) {
		EVP_PKEY_free(pair);
		return refuse(err, KEY_E_ENCODING,
			"what the PEM block holds is no key of the kind that its label says");
	}
	*ret_pair = pair;
	return KEY_OK;
}

static bool is_whole_certificate(struct secret bytes)
{
	const uint8_t *at = secret_bytes(bytes);
	X509 *certificate = d2i_X509(NULL, &at, (long)bytes.length);

	X509_free(certificate);
	return certificate && at == secret_bytes(bytes) + bytes.length;
}

bool keypair_is_public_der(struct secret bytes)
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
