// Signatures by key pairs: each algorithm verifies what it signed, and no other form, padding,
// salt, length or range of a signature does.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/asymmetric.h"

#include "tests/unit/pairs.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- round trips

static const struct {
	const char *name;
	enum pairs_kind pair;
	size_t size;
	unsigned mutations;
} algorithms[] = {
	{"RS256", PAIRS_RSA_2048, 256, 1500},
	{"RS384", PAIRS_RSA_2056, 257, 500},
	{"RS512", PAIRS_RSA_2048, 256, 500},
	{"PS256", PAIRS_RSA_2048, 256, 1500},
	{"PS384", PAIRS_RSA_2048, 256, 500},
	{"PS512", PAIRS_RSA_2056, 257, 500},
	{"ES256", PAIRS_EC_256, 64, 1000},
	{"ES384", PAIRS_EC_384, 96, 100},
	{"ES512", PAIRS_EC_521, 132, 100},
	{"EdDSA", PAIRS_ED, 64, 4000},
};

struct signed_text {
	struct key *private, *public;
	uint8_t signature[ALGORITHM_SIGNATURE_MAX + 1];
	size_t size;
};

#define TEXT "eyJhbGciOiJ4In0.e30"
#define TEXT_LENGTH (sizeof(TEXT) - 1)

static struct signed_text sign_by(const char *algorithm, enum pairs_kind pair)
{
	struct signed_text made = {.private = pairs_load(pair, PAIRS_PRIVATE, algorithm),
		.public = pairs_load(pair, PAIRS_PUBLIC, algorithm)};

	assert_int_equal(key_sign(made.private, TEXT, TEXT_LENGTH, made.signature, &made.size), 0);
	return made;
}

static bool verifies(const struct signed_text *made)
{
	bool is = key_verifies(made->public, TEXT, TEXT_LENGTH, made->signature, made->size);

	assert_int_equal(ERR_peek_error(), 0);
	return is;
}

static void forget(struct signed_text *made)
{
	key_free(made->private);
	key_free(made->public);
}

static void every_algorithm_verifies_what_it_signed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		struct signed_text made = sign_by(algorithms[i].name, algorithms[i].pair);

		assert_int_equal(made.size, algorithms[i].size);
		if (!verifies(&made))
			fail_msg("%s does not verify", algorithms[i].name);
		assert_true(
			key_verifies(made.private, TEXT, TEXT_LENGTH, made.signature, made.size));
		assert_false(key_verifies(
			made.public, TEXT, TEXT_LENGTH - 1, made.signature, made.size));
		assert_false(key_can_sign(made.public));
		assert_int_equal(key_sign(made.public, "", 0, made.signature, &made.size), -1);
		forget(&made);
	}
}

// Tries a signature with every key; only the key at `own` may take it.
static void try_everywhere(const struct signed_text *made, size_t count, size_t own)
{
	for (size_t i = 0; i < count; i++)
		if (key_verifies(made[i].public, TEXT, TEXT_LENGTH, made[own].signature,
			    made[own].size) != (i == own))
			fail_msg("%s by %s", algorithms[own].name, algorithms[i].name);
}

static void no_algorithm_verifies_what_another_signed(void **state)
{
	struct signed_text made[ARRAY_SIZE(algorithms)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		made[i] = sign_by(algorithms[i].name, algorithms[i].pair);
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		try_everywhere(made, ARRAY_SIZE(algorithms), i);
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		forget(&made[i]);
}

static void a_signature_has_one_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		struct signed_text made = sign_by(algorithms[i].name, algorithms[i].pair);
		size_t right = made.size;

		made.signature[right] = 0;
		for (made.size = 0; made.size <= right + 1; made.size++)
			if (verifies(&made) != (made.size == right))
				fail_msg("%s of %zu bytes", algorithms[i].name, made.size);
		memmove(made.signature + 1, made.signature, right);
		made.signature[0] = 0;
		made.size = right + 1;
		if (verifies(&made))
			fail_msg("%s with a zero before it", algorithms[i].name);
		forget(&made);
	}
}

// Signs until a signature, or the r or s of one, begins with a zero, and leaves that one out.
static void a_leading_zero_is_part_of_it(void **state)
{
	static const struct {
		const char *algorithm;
		enum pairs_kind pair;
		size_t at; // which byte
	} places[] = {{"RS256", PAIRS_RSA_2048, 0}, {"PS256", PAIRS_RSA_2048, 0},
		{"ES256", PAIRS_EC_256, 0}, {"ES256", PAIRS_EC_256, 32}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct signed_text made = sign_by(places[i].algorithm, places[i].pair);
		uint8_t *at = made.signature + places[i].at;
		char text[16];
		int length;

		for (int n = 0; n < 10000; n++) {
			length = snprintf(text, sizeof(text), "%d", n);
			assert_int_equal(key_sign(made.private, text, (size_t)length,
						 made.signature, &made.size),
				0);
			if (*at == 0)
				break;
		}
		assert_int_equal(*at, 0);
		assert_true(
			key_verifies(made.public, text, (size_t)length, made.signature, made.size));
		memmove(at, at + 1, made.size - places[i].at - 1);
		assert_false(key_verifies(
			made.public, text, (size_t)length, made.signature, made.size - 1));
		forget(&made);
	}
}

// Changes one to three bytes, by something.
static void mutate(struct signed_text *made)
{
	uint32_t many = 1 + randombytes_uniform(3);

	for (uint32_t i = 0; i < many; i++)
		made->signature[randombytes_uniform((uint32_t)made->size)] ^=
			(uint8_t)(1 + randombytes_uniform(255));
}

// How many of `count` mutations verify.
static unsigned count_accepted(struct signed_text made, unsigned count)
{
	struct signed_text mutant;
	unsigned accepted = 0;

	while (count--) {
		mutant = made;
		mutate(&mutant);
		accepted += memcmp(mutant.signature, made.signature, made.size) != 0 &&
			    verifies(&mutant);
	}
	return accepted;
}

static void no_mutation_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		struct signed_text made = sign_by(algorithms[i].name, algorithms[i].pair);

		if (count_accepted(made, algorithms[i].mutations) > 0)
			fail_msg("%s: a mutation verifies", algorithms[i].name);
		assert_true(verifies(&made));
		forget(&made);
	}
}

// ---- ranges and forms of ECDSA

// The order of P-256.
static const uint8_t order_256[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF,
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3,
	0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

static void ecdsa_refuses_r_and_s_out_of_range(void **state)
{
	static const uint8_t zero[32] = {0};
	struct signed_text made = sign_by("ES256", PAIRS_EC_256), changed = made;

	(void)state;
	for (size_t half = 0; half <= 32; half += 32) {
		changed = made;
		memcpy(changed.signature + half, zero, 32);
		assert_false(verifies(&changed));
		memcpy(changed.signature + half, order_256, 32);
		assert_false(verifies(&changed));
		memset(changed.signature + half, 0xFF, 32);
		assert_false(verifies(&changed));
		memcpy(changed.signature + half, zero, 31);
		changed.signature[half + 31] = 1;
		assert_false(verifies(&changed));
	}
	memset(changed.signature, 0, 64); // CVE-2022-21449
	assert_false(verifies(&changed));
	memcpy(changed.signature, order_256, 32);
	memcpy(changed.signature + 32, order_256, 32);
	assert_false(verifies(&changed));
	forget(&made);
}

// RFC 7518 asks for no low s: a signature is no identity.
static void ecdsa_takes_the_other_s(void **state)
{
	struct signed_text made = sign_by("ES256", PAIRS_EC_256);
	BIGNUM *n = BN_bin2bn(order_256, 32, NULL), *s = BN_bin2bn(made.signature + 32, 32, NULL);

	(void)state;
	assert_true(n && s && BN_sub(s, n, s));
	assert_int_equal(BN_bn2binpad(s, made.signature + 32, 32), 32);
	assert_true(verifies(&made));
	BN_free(n);
	BN_free(s);
	forget(&made);
}

static void ecdsa_in_der_is_odd_and_does_not_verify(void **state)
{
	struct signed_text made = sign_by("ES256", PAIRS_EC_256);
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	uint8_t der[128], *end = der;
	const char *what = NULL;
	size_t size;

	(void)state;
	if (!numbers)
		abort();
	assert_int_equal(ECDSA_SIG_set0(numbers, BN_bin2bn(made.signature, 32, NULL),
				 BN_bin2bn(made.signature + 32, 32, NULL)),
		1);
	size = (size_t)i2d_ECDSA_SIG(numbers, &end);
	ECDSA_SIG_free(numbers);
	assert_false(key_verifies(made.public, TEXT, TEXT_LENGTH, der, size));
	assert_true(key_verifies_oddly(made.public, TEXT, TEXT_LENGTH, der, size, &what));
	assert_string_equal(what, "DER instead of r and s in full size");
	assert_false(key_verifies_oddly(
		made.public, TEXT, TEXT_LENGTH, made.signature, made.size, &what));
	der[size - 1] ^= 1;
	assert_false(key_verifies_oddly(made.public, TEXT, TEXT_LENGTH, der, size, &what));
	assert_int_equal(ERR_peek_error(), 0);
	forget(&made);
}

// ---- padding of RSA

// Signs as OpenSSL is told to, past what a key of ours would do.
static size_t sign_with(int padding, int salt, const char *hash, const char *mask_hash,
	uint8_t out[static ALGORITHM_SIGNATURE_MAX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *settings = NULL;
	size_t size = ALGORITHM_SIGNATURE_MAX;

	assert_int_equal(EVP_DigestSignInit_ex(context, &settings, hash, NULL, NULL,
				 pairs_of(PAIRS_RSA_2048), NULL),
		1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(settings, padding) > 0);
	if (padding == RSA_PKCS1_PSS_PADDING) {
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, salt) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md_name(settings, mask_hash, NULL) > 0);
	}
	assert_int_equal(
		EVP_DigestSign(context, out, &size, (const uint8_t *)TEXT, TEXT_LENGTH), 1);
	EVP_MD_CTX_free(context);
	return size;
}

static void rsa_padding_is_exactly_the_algorithms(void **state)
{
	static const struct {
		const char *what, *algorithm;
		int padding, salt;
		const char *hash, *mask_hash;
		bool verifies;
		const char *oddly; // how else it does, or NULL
	} ways[] = {
		{"PSS as it should be", "PS256", RSA_PKCS1_PSS_PADDING, 32, "SHA256", "SHA256",
			true, NULL},
		{"PSS without a salt", "PS256", RSA_PKCS1_PSS_PADDING, 0, "SHA256", "SHA256", false,
			"a PSS salt of another length than the hash"},
		{"PSS with a salt of 20 bytes", "PS256", RSA_PKCS1_PSS_PADDING, 20, "SHA256",
			"SHA256", false, "a PSS salt of another length than the hash"},
		{"PSS with a salt of 33 bytes", "PS256", RSA_PKCS1_PSS_PADDING, 33, "SHA256",
			"SHA256", false, "a PSS salt of another length than the hash"},
		{"PSS with the longest salt", "PS256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX,
			"SHA256", "SHA256", false, "a PSS salt of another length than the hash"},
		{"PSS with another mask hash", "PS256", RSA_PKCS1_PSS_PADDING, 32, "SHA256", "SHA1",
			false, NULL},
		{"PSS with another hash", "PS256", RSA_PKCS1_PSS_PADDING, 32, "SHA512", "SHA512",
			false, NULL},
		{"PKCS#1 for PS256", "PS256", RSA_PKCS1_PADDING, 0, "SHA256", NULL, false,
			"PKCS#1 v1.5 padding"},
		{"PKCS#1 as it should be", "RS256", RSA_PKCS1_PADDING, 0, "SHA256", NULL, true,
			NULL},
		{"PKCS#1 with another hash", "RS256", RSA_PKCS1_PADDING, 0, "SHA512", NULL, false,
			NULL},
		{"PKCS#1 with SHA-1", "RS256", RSA_PKCS1_PADDING, 0, "SHA1", NULL, false, NULL},
		{"PSS for RS256", "RS256", RSA_PKCS1_PSS_PADDING, 32, "SHA256", "SHA256", false,
			"PSS padding"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct key *key = pairs_load(PAIRS_RSA_2048, PAIRS_PUBLIC, ways[i].algorithm);
		uint8_t signature[ALGORITHM_SIGNATURE_MAX];
		size_t size = sign_with(
			ways[i].padding, ways[i].salt, ways[i].hash, ways[i].mask_hash, signature);
		const char *what = NULL;
		bool oddly;

		if (key_verifies(key, TEXT, TEXT_LENGTH, signature, size) != ways[i].verifies)
			fail_msg("%s", ways[i].what);
		oddly = key_verifies_oddly(key, TEXT, TEXT_LENGTH, signature, size, &what);
		if (oddly != (ways[i].oddly != NULL) || (oddly && strcmp(what, ways[i].oddly) != 0))
			fail_msg("%s: oddly %s", ways[i].what, what ? what : "not");
		key_free(key);
	}
}

// The number s + n says the same as s, and is refused.
static void rsa_refuses_numbers_over_the_modulus(void **state)
{
	struct signed_text made = sign_by("RS256", PAIRS_RSA_2048);
	BIGNUM *n = NULL, *s = NULL;
	int i = 0;

	(void)state;
	assert_true(EVP_PKEY_get_bn_param(pairs_of(PAIRS_RSA_2048), "n", &n));
	for (; i < 1000; i++) { // until there is room for the sum
		char text[16];
		int length = snprintf(text, sizeof(text), "%d", i);

		assert_int_equal(
			key_sign(made.private, text, (size_t)length, made.signature, &made.size),
			0);
		BN_free(s);
		s = BN_bin2bn(made.signature, 256, NULL);
		assert_true(s && BN_add(s, s, n));
		if (BN_num_bytes(s) > 256)
			continue;
		assert_int_equal(BN_bn2binpad(s, made.signature, 256), 256);
		assert_false(key_verifies(made.public, text, (size_t)length, made.signature, 256));
		break;
	}
	BN_free(s);
	BN_free(n);
	forget(&made);
}

// ---- threads

static void *verify_often(void *user)
{
	const struct signed_text *made = user;
	uint8_t wrong[ALGORITHM_SIGNATURE_MAX];
	size_t good = 0;

	memcpy(wrong, made->signature, made->size);
	wrong[7] ^= 1;
	for (int i = 0; i < 100; i++)
		good += key_verifies(
				made->public, TEXT, TEXT_LENGTH, made->signature, made->size) &&
			!key_verifies(made->public, TEXT, TEXT_LENGTH, wrong, made->size);
	return good == 100 ? user : NULL;
}

static void threads_share_a_key(void **state)
{
	static const size_t shared[] = {0, 3, 6, 9}; // RS256, PS256, ES256, EdDSA

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		struct signed_text made =
			sign_by(algorithms[shared[i]].name, algorithms[shared[i]].pair);
		pthread_t threads[12];
		void *good;

		for (size_t t = 0; t < ARRAY_SIZE(threads); t++)
			assert_int_equal(pthread_create(&threads[t], NULL, verify_often, &made), 0);
		for (size_t t = 0; t < ARRAY_SIZE(threads); t++) {
			assert_int_equal(pthread_join(threads[t], &good), 0);
			assert_ptr_equal(good, &made);
		}
		forget(&made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_verifies_what_it_signed),
		cmocka_unit_test(no_algorithm_verifies_what_another_signed),
		cmocka_unit_test(a_signature_has_one_length),
		cmocka_unit_test(a_leading_zero_is_part_of_it),
		cmocka_unit_test(no_mutation_verifies),
		cmocka_unit_test(ecdsa_refuses_r_and_s_out_of_range),
		cmocka_unit_test(ecdsa_takes_the_other_s),
		cmocka_unit_test(ecdsa_in_der_is_odd_and_does_not_verify),
		cmocka_unit_test(rsa_padding_is_exactly_the_algorithms),
		cmocka_unit_test(rsa_refuses_numbers_over_the_modulus),
		cmocka_unit_test(threads_share_a_key),
		cmocka_unit_test(pairs_leave_nothing),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, pairs_set_up, pairs_tear_down);
}
