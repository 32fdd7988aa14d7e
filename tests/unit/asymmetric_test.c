// Key pairs: what of PEM is a key, for which algorithm, and that whatever form a pair is read
// from, it is the same key.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/asymmetric.h"

#include "lib/base/err.h"
#include "tests/unit/pairs.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const result_names[] = {
	"good", "empty", "placeholder", "short", "encoding", "type", "weak", "use"};

// ---- loading

static const struct {
	const char *what;
	enum pairs_kind pair;
	enum pairs_form form;
	const char *algorithm;
	int result;
} forms[] = {
	{"RSA, public", PAIRS_RSA_2048, PAIRS_PUBLIC, "RS256", KEY_OK},
	{"RSA, private", PAIRS_RSA_2048, PAIRS_PRIVATE, "PS512", KEY_OK},
	{"RSA, private, in RSA's own form", PAIRS_RSA_2048, PAIRS_TRADITIONAL, "RS384", KEY_OK},
	{"RSA, public, in RSA's own form", PAIRS_RSA_2048, PAIRS_RSA_PUBLIC, "RS512", KEY_OK},
	{"RSA of a length that is no power of two", PAIRS_RSA_2056, PAIRS_PRIVATE, "RS256", KEY_OK},
	{"EC, public", PAIRS_EC_256, PAIRS_PUBLIC, "ES256", KEY_OK},
	{"EC, private", PAIRS_EC_384, PAIRS_PRIVATE, "ES384", KEY_OK},
	{"EC, private, in EC's own form", PAIRS_EC_521, PAIRS_TRADITIONAL, "ES512", KEY_OK},
	{"Ed25519, public", PAIRS_ED, PAIRS_PUBLIC, "EdDSA", KEY_OK},
	{"Ed25519, private", PAIRS_ED, PAIRS_PRIVATE, "Ed25519", KEY_OK},
	{"RSA of 1024 bits", PAIRS_RSA_1024, PAIRS_PUBLIC, "RS256", KEY_E_SHORT},
	{"RSA of 1024 bits, private", PAIRS_RSA_1024, PAIRS_PRIVATE, "PS256", KEY_E_SHORT},
	{"a PEM key without an algorithm", PAIRS_RSA_2048, PAIRS_PUBLIC, NULL, KEY_E_TYPE},
	{"an RSA public key for HMAC", PAIRS_RSA_2048, PAIRS_PUBLIC, "HS256", KEY_E_TYPE},
	{"an RSA key for ES256", PAIRS_RSA_2048, PAIRS_PUBLIC, "ES256", KEY_E_TYPE},
	{"an RSA key for EdDSA", PAIRS_RSA_2048, PAIRS_PRIVATE, "EdDSA", KEY_E_TYPE},
	{"an EC key for RS256", PAIRS_EC_256, PAIRS_PUBLIC, "RS256", KEY_E_TYPE},
	{"an EC key for PS256", PAIRS_EC_256, PAIRS_PRIVATE, "PS256", KEY_E_TYPE},
	{"an EC key of another curve", PAIRS_EC_384, PAIRS_PUBLIC, "ES256", KEY_E_TYPE},
	{"an EC key of a curve that no algorithm has", PAIRS_EC_K1, PAIRS_PUBLIC, "ES256",
		KEY_E_TYPE},
	{"an Ed25519 key for RS256", PAIRS_ED, PAIRS_PUBLIC, "RS256", KEY_E_TYPE},
	{"an Ed25519 key for ES256", PAIRS_ED, PAIRS_PRIVATE, "ES256", KEY_E_TYPE},
	{"an encrypted private key", PAIRS_RSA_2048, PAIRS_ENCRYPTED, "RS256", KEY_E_TYPE},
	{"an encrypted private key in RSA's own form", PAIRS_RSA_2048, PAIRS_LOCKED, "RS256",
		KEY_E_TYPE},
	{"an encrypted Ed25519 key", PAIRS_ED, PAIRS_ENCRYPTED, "EdDSA", KEY_E_TYPE},
};

static void a_pem_key_fits_its_algorithm_or_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char pem[PAIRS_PEM_SIZE];
		struct err err = ERR_NONE;
		struct key *key;
		int result;

		pairs_write(pairs_of(forms[i].pair), forms[i].form, pem);
		result = pairs_load_pem(pem, forms[i].algorithm, &key, &err);
		if (result != forms[i].result)
			fail_msg("%s: %s, not %s: %s", forms[i].what, result_names[result],
				result_names[forms[i].result], err.what);
		if (result != KEY_OK)
			assert_true(strlen(err.what) > 0 && strlen(err.hint) > 0);
		key_free(key);
	}
}

// Whatever form a pair is read from, it is the same key.
static void every_form_gives_the_same_key(void **state)
{
	static const struct {
		enum pairs_kind pair;
		const char *algorithm;
		enum pairs_form forms[4];
		size_t count;
	} kinds[] = {
		{PAIRS_RSA_2048, "RS256",
			{PAIRS_PUBLIC, PAIRS_PRIVATE, PAIRS_TRADITIONAL, PAIRS_RSA_PUBLIC}, 4},
		{PAIRS_EC_256, "ES256", {PAIRS_PUBLIC, PAIRS_PRIVATE, PAIRS_TRADITIONAL}, 3},
		{PAIRS_ED, "EdDSA", {PAIRS_PUBLIC, PAIRS_PRIVATE}, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct key *first = pairs_load(kinds[i].pair, PAIRS_PUBLIC, kinds[i].algorithm);

		assert_false(key_can_sign(first));
		for (size_t j = 1; j < kinds[i].count; j++) {
			enum pairs_form form = kinds[i].forms[j];
			struct key *key = pairs_load(kinds[i].pair, form, kinds[i].algorithm);

			assert_string_equal(key_id(key), key_id(first));
			assert_int_equal(key_can_sign(key), form != PAIRS_RSA_PUBLIC);
			key_free(key);
		}
		key_free(first);
	}
}

// ---- keys that OpenSSL would take

static void wrap_der(
	const char *label, const uint8_t *der, size_t size, char out[static PAIRS_PEM_SIZE])
{
	char digits[PAIRS_PEM_SIZE / 2];

	(void)sodium_bin2base64(digits, sizeof(digits), der, size, sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(out, PAIRS_PEM_SIZE, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label,
		digits, label);
}

static void what_stands_behind_the_der_is_refused(void **state)
{
	static const struct {
		enum pairs_kind pair;
		const char *algorithm;
	} kinds[] = {{PAIRS_RSA_2048, "RS256"}, {PAIRS_EC_256, "ES256"}, {PAIRS_ED, "EdDSA"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint8_t der[1024], *end = der;
		char pem[PAIRS_PEM_SIZE];
		struct key *key;
		size_t size = (size_t)i2d_PUBKEY(pairs_of(kinds[i].pair), &end);

		assert_true(size < sizeof(der));
		der[size] = 0;
		wrap_der("PUBLIC KEY", der, size, pem);
		assert_int_equal(pairs_load_pem(pem, kinds[i].algorithm, &key, NULL), KEY_OK);
		key_free(key);
		wrap_der("PUBLIC KEY", der, size + 1, pem);
		assert_true(pairs_load_pem(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
		wrap_der("PUBLIC KEY", der, size - 1, pem);
		assert_true(pairs_load_pem(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
		wrap_der("PRIVATE KEY", der, size, pem);
		assert_true(pairs_load_pem(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
	}
}

// CVE-2020-0601: a curve that is spelt out may have another generator.
static void a_curve_spelt_out_is_refused(void **state)
{
	EVP_PKEY *pair = EVP_PKEY_dup(pairs_of(PAIRS_EC_256));
	char pem[PAIRS_PEM_SIZE];
	struct key *key;

	(void)state;
	if (!pair)
		abort();
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pair, "encoding", "explicit"), 1);
	pairs_write(pair, PAIRS_PUBLIC, pem);
	assert_int_equal(pairs_load_pem(pem, "ES256", &key, NULL), KEY_E_TYPE);
	pairs_write(pair, PAIRS_PRIVATE, pem);
	assert_int_equal(pairs_load_pem(pem, "ES256", &key, NULL), KEY_E_TYPE);
	EVP_PKEY_free(pair);
}

// A key of the type id-RSASSA-PSS, for one hash if it says so.
static EVP_PKEY *make_pss_only(const char *hash)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pair = NULL;

	if (!context || EVP_PKEY_keygen_init(context) <= 0)
		abort();
	assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) > 0);
	if (hash) {
		assert_true(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(context, hash, NULL) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(context, hash) > 0);
	}
	assert_true(EVP_PKEY_keygen(context, &pair) > 0);
	EVP_PKEY_CTX_free(context);
	return pair;
}

static void a_key_for_pss_alone_does_pss_alone(void **state)
{
	static const struct {
		const char *hash, *algorithm;
		int result;
	} kinds[] = {{NULL, "PS256", KEY_OK}, {NULL, "RS256", KEY_E_TYPE},
		{"SHA512", "PS512", KEY_OK}, {"SHA512", "PS256", KEY_E_TYPE}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		EVP_PKEY *pair = make_pss_only(kinds[i].hash);
		char pem[PAIRS_PEM_SIZE];
		struct key *key;

		pairs_write(pair, i % 2 ? PAIRS_PUBLIC : PAIRS_PRIVATE, pem);
		assert_int_equal(
			pairs_load_pem(pem, kinds[i].algorithm, &key, NULL), kinds[i].result);
		key_free(key);
		EVP_PKEY_free(pair);
	}
}

// An RSA public key of a modulus of `bits`, from a JWK: nobody waits for a pair of this length.
static int load_rsa_of(size_t bits)
{
	const struct key_options options = {
		.encoding = KEY_JWK, .algorithm = algorithm_find("RS256", 5)};
	uint8_t modulus[4096];
	char digits[6000], jwk[6200];
	struct key *keys[KEY_SET_MAX];
	size_t count;
	int result;

	assert_true(bits / 8 <= sizeof(modulus));
	randombytes_buf(modulus, bits / 8);
	modulus[0] |= 0x80;
	modulus[bits / 8 - 1] |= 1;
	(void)sodium_bin2base64(digits, sizeof(digits), modulus, bits / 8,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	(void)snprintf(jwk, sizeof(jwk), "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}", digits);
	result = key_load(secret_view(jwk, strlen(jwk)), &options, pairs_arena, keys, &count, NULL);
	if (result == KEY_OK)
		key_free(keys[0]);
	return result;
}

static void rsa_has_2048_to_8192_bits(void **state)
{
	(void)state;
	assert_int_equal(load_rsa_of(1024), KEY_E_SHORT);
	assert_int_equal(load_rsa_of(2040), KEY_E_SHORT);
	assert_int_equal(load_rsa_of(2048), KEY_OK);
	assert_int_equal(load_rsa_of(8192), KEY_OK);
	assert_int_equal(load_rsa_of(8200), KEY_E_WEAK);
	assert_int_equal(load_rsa_of(16384), KEY_E_WEAK);
	assert_int_equal(load_rsa_of(32768), KEY_E_WEAK);
}

// ---- threads

// A public key that lost its PEM lines is still no HMAC key.
static void the_der_of_a_public_key_is_no_hmac_key(void **state)
{
	static const enum pairs_kind kinds[] = {PAIRS_RSA_2048, PAIRS_EC_256, PAIRS_ED};
	const struct key_options options = {.encoding = KEY_BASE64, .label = "K"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct key *keys[KEY_SET_MAX];
		struct err err = ERR_NONE;
		uint8_t *der = NULL;
		int size = i2d_PUBKEY(pairs_of(kinds[i]), &der);
		char digits[1024];
		size_t count;

		assert_true(size > 0);
		(void)sodium_bin2base64(
			digits, sizeof(digits), der, (size_t)size, sodium_base64_VARIANT_ORIGINAL);
		OPENSSL_free(der);
		assert_int_equal(key_load(secret_view(digits, strlen(digits)), &options,
					 pairs_arena, keys, &count, &err),
			KEY_E_TYPE);
		assert_string_equal(err.what, "the bytes of an HMAC key are a public key");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pem_key_fits_its_algorithm_or_is_refused),
		cmocka_unit_test(every_form_gives_the_same_key),
		cmocka_unit_test(what_stands_behind_the_der_is_refused),
		cmocka_unit_test(a_curve_spelt_out_is_refused),
		cmocka_unit_test(a_key_for_pss_alone_does_pss_alone),
		cmocka_unit_test(rsa_has_2048_to_8192_bits),
		cmocka_unit_test(the_der_of_a_public_key_is_no_hmac_key),
		cmocka_unit_test(pairs_leave_nothing),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, pairs_set_up, pairs_tear_down);
}
