// Key pairs: what of PEM is a key, that each algorithm verifies what it signed, and that no other
// form, padding, salt, length or range of a signature does.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/asymmetric.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define PEM_SIZE 16384

static struct secret_arena *arena;

static const char *const result_names[] = {
	"good", "empty", "placeholder", "short", "encoding", "type", "weak", "use"};

// ---- pairs, made once by OpenSSL

enum pair { RSA_2048, RSA_2056, RSA_1024, EC_256, EC_384, EC_521, EC_K1, ED, PAIRS };
static EVP_PKEY *pairs[PAIRS];

static int make_pairs(void **state)
{
	(void)state;
	pairs[RSA_2048] = EVP_RSA_gen(2048);
	pairs[RSA_2056] = EVP_RSA_gen(2056);
	pairs[RSA_1024] = EVP_RSA_gen(1024);
	pairs[EC_256] = EVP_EC_gen("P-256");
	pairs[EC_384] = EVP_EC_gen("P-384");
	pairs[EC_521] = EVP_EC_gen("P-521");
	pairs[EC_K1] = EVP_EC_gen("secp256k1");
	pairs[ED] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	for (size_t i = 0; i < PAIRS; i++)
		if (!pairs[i])
			return -1;
	return secret_arena_open(&(struct secret_options){0}, &arena, NULL);
}

static int free_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIRS; i++)
		EVP_PKEY_free(pairs[i]);
	secret_arena_free(arena);
	return 0;
}

enum form { PUBLIC, PRIVATE, TRADITIONAL, ENCRYPTED, LOCKED, RSA_PUBLIC };

static int write_rsa_public(BIO *bio, EVP_PKEY *pair)
{
	uint8_t *der = NULL;
	int size = i2d_PublicKey(pair, &der), done = 0;

	if (size > 0)
		done = PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, size);
	OPENSSL_free(der);
	return done;
}

// Writes a pair as PEM, in one of its forms.
static void write_pem(EVP_PKEY *pair, enum form form, char out[static PEM_SIZE])
{
	BIO *bio = BIO_new(BIO_s_mem());
	const EVP_CIPHER *cipher = form >= ENCRYPTED ? EVP_aes_128_cbc() : NULL;
	int size, done = 0;

	if (form == PUBLIC)
		done = PEM_write_bio_PUBKEY(bio, pair);
	else if (form == RSA_PUBLIC)
		done = write_rsa_public(bio, pair);
	else if (form == PRIVATE || form == ENCRYPTED)
		done = PEM_write_bio_PKCS8PrivateKey(bio, pair, cipher, "pass", 4, NULL, NULL);
	else
		done = PEM_write_bio_PrivateKey_traditional(
			bio, pair, cipher, (const unsigned char *)"pass", 4, NULL, NULL);
	size = BIO_read(bio, out, PEM_SIZE - 1);
	BIO_free(bio);
	assert_true(done > 0 && size > 0);
	out[size] = '\0';
}

static int load(const char *pem, const char *algorithm, struct key **ret_key, struct err *err)
{
	const struct key_options options = {.encoding = KEY_PEM,
		.label = "JWT_KEY",
		.algorithm = algorithm ? algorithm_find(algorithm, strlen(algorithm)) : NULL};
	struct key *keys[KEY_SET_MAX];
	size_t count = 0;
	int result = key_load(secret_view(pem, strlen(pem)), &options, arena, keys, &count, err);

	assert_int_equal(count, result == KEY_OK);
	*ret_key = result == KEY_OK ? keys[0] : NULL;
	assert_int_equal(ERR_peek_error(), 0);
	return result;
}

static struct key *load_pair(enum pair pair, enum form form, const char *algorithm)
{
	char pem[PEM_SIZE];
	struct err err = ERR_NONE;
	struct key *key;
	int result;

	write_pem(pairs[pair], form, pem);
	result = load(pem, algorithm, &key, &err);
	if (result != KEY_OK)
		fail_msg("%s: %s", algorithm, err.what);
	return key;
}

// ---- loading

static const struct {
	const char *what;
	enum pair pair;
	enum form form;
	const char *algorithm;
	int result;
} forms[] = {
	{"RSA, public", RSA_2048, PUBLIC, "RS256", KEY_OK},
	{"RSA, private", RSA_2048, PRIVATE, "PS512", KEY_OK},
	{"RSA, private, in RSA's own form", RSA_2048, TRADITIONAL, "RS384", KEY_OK},
	{"RSA, public, in RSA's own form", RSA_2048, RSA_PUBLIC, "RS512", KEY_OK},
	{"RSA of a length that is no power of two", RSA_2056, PRIVATE, "RS256", KEY_OK},
	{"EC, public", EC_256, PUBLIC, "ES256", KEY_OK},
	{"EC, private", EC_384, PRIVATE, "ES384", KEY_OK},
	{"EC, private, in EC's own form", EC_521, TRADITIONAL, "ES512", KEY_OK},
	{"Ed25519, public", ED, PUBLIC, "EdDSA", KEY_OK},
	{"Ed25519, private", ED, PRIVATE, "Ed25519", KEY_OK},
	{"RSA of 1024 bits", RSA_1024, PUBLIC, "RS256", KEY_E_SHORT},
	{"RSA of 1024 bits, private", RSA_1024, PRIVATE, "PS256", KEY_E_SHORT},
	{"a PEM key without an algorithm", RSA_2048, PUBLIC, NULL, KEY_E_TYPE},
	{"an RSA public key for HMAC", RSA_2048, PUBLIC, "HS256", KEY_E_TYPE},
	{"an RSA key for ES256", RSA_2048, PUBLIC, "ES256", KEY_E_TYPE},
	{"an RSA key for EdDSA", RSA_2048, PRIVATE, "EdDSA", KEY_E_TYPE},
	{"an EC key for RS256", EC_256, PUBLIC, "RS256", KEY_E_TYPE},
	{"an EC key for PS256", EC_256, PRIVATE, "PS256", KEY_E_TYPE},
	{"an EC key of another curve", EC_384, PUBLIC, "ES256", KEY_E_TYPE},
	{"an EC key of a curve that no algorithm has", EC_K1, PUBLIC, "ES256", KEY_E_TYPE},
	{"an Ed25519 key for RS256", ED, PUBLIC, "RS256", KEY_E_TYPE},
	{"an Ed25519 key for ES256", ED, PRIVATE, "ES256", KEY_E_TYPE},
	{"an encrypted private key", RSA_2048, ENCRYPTED, "RS256", KEY_E_TYPE},
	{"an encrypted private key in RSA's own form", RSA_2048, LOCKED, "RS256", KEY_E_TYPE},
	{"an encrypted Ed25519 key", ED, ENCRYPTED, "EdDSA", KEY_E_TYPE},
};

static void a_pem_key_fits_its_algorithm_or_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char pem[PEM_SIZE];
		struct err err = ERR_NONE;
		struct key *key;
		int result;

		write_pem(pairs[forms[i].pair], forms[i].form, pem);
		result = load(pem, forms[i].algorithm, &key, &err);
		if (result != forms[i].result)
			fail_msg("%s: %s, not %s: %s", forms[i].what, result_names[result],
				result_names[forms[i].result], err.what);
		if (result != KEY_OK)
			assert_true(strlen(err.what) > 0 && strlen(err.hint) > 0);
		key_unref(key);
	}
}

// Whatever form a pair is read from, it is the same key.
static void every_form_gives_the_same_key(void **state)
{
	static const struct {
		enum pair pair;
		const char *algorithm;
		enum form forms[4];
		size_t count;
	} kinds[] = {
		{RSA_2048, "RS256", {PUBLIC, PRIVATE, TRADITIONAL, RSA_PUBLIC}, 4},
		{EC_256, "ES256", {PUBLIC, PRIVATE, TRADITIONAL}, 3},
		{ED, "EdDSA", {PUBLIC, PRIVATE}, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct key *first = load_pair(kinds[i].pair, PUBLIC, kinds[i].algorithm);

		assert_false(key_can_sign(first));
		for (size_t j = 1; j < kinds[i].count; j++) {
			enum form form = kinds[i].forms[j];
			struct key *key = load_pair(kinds[i].pair, form, kinds[i].algorithm);

			assert_string_equal(key_id(key), key_id(first));
			assert_int_equal(key_can_sign(key), form != RSA_PUBLIC);
			key_unref(key);
		}
		key_unref(first);
	}
}

// ---- keys that OpenSSL would take

static void wrap_der(const char *label, const uint8_t *der, size_t size, char out[static PEM_SIZE])
{
	char digits[PEM_SIZE / 2];

	(void)sodium_bin2base64(digits, sizeof(digits), der, size, sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(
		out, PEM_SIZE, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, digits, label);
}

static void what_stands_behind_the_der_is_refused(void **state)
{
	static const struct {
		enum pair pair;
		const char *algorithm;
	} kinds[] = {{RSA_2048, "RS256"}, {EC_256, "ES256"}, {ED, "EdDSA"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint8_t der[1024], *end = der;
		char pem[PEM_SIZE];
		struct key *key;
		size_t size = (size_t)i2d_PUBKEY(pairs[kinds[i].pair], &end);

		assert_true(size < sizeof(der));
		der[size] = 0;
		wrap_der("PUBLIC KEY", der, size, pem);
		assert_int_equal(load(pem, kinds[i].algorithm, &key, NULL), KEY_OK);
		key_unref(key);
		wrap_der("PUBLIC KEY", der, size + 1, pem);
		assert_true(load(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
		wrap_der("PUBLIC KEY", der, size - 1, pem);
		assert_true(load(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
		wrap_der("PRIVATE KEY", der, size, pem);
		assert_true(load(pem, kinds[i].algorithm, &key, NULL) != KEY_OK);
	}
}

// CVE-2020-0601: a curve that is spelt out may have another generator.
static void a_curve_spelt_out_is_refused(void **state)
{
	EVP_PKEY *pair = EVP_PKEY_dup(pairs[EC_256]);
	char pem[PEM_SIZE];
	struct key *key;

	(void)state;
	if (!pair)
		abort();
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pair, "encoding", "explicit"), 1);
	write_pem(pair, PUBLIC, pem);
	assert_int_equal(load(pem, "ES256", &key, NULL), KEY_E_TYPE);
	write_pem(pair, PRIVATE, pem);
	assert_int_equal(load(pem, "ES256", &key, NULL), KEY_E_TYPE);
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
		char pem[PEM_SIZE];
		struct key *key;

		write_pem(pair, i % 2 ? PUBLIC : PRIVATE, pem);
		assert_int_equal(load(pem, kinds[i].algorithm, &key, NULL), kinds[i].result);
		key_unref(key);
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
	result = key_load(secret_view(jwk, strlen(jwk)), &options, arena, keys, &count, NULL);
	if (result == KEY_OK)
		key_unref(keys[0]);
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

// ---- round trips

static const struct {
	const char *name;
	enum pair pair;
	size_t size;
	unsigned mutations;
} algorithms[] = {
	{"RS256", RSA_2048, 256, 1500},
	{"RS384", RSA_2056, 257, 500},
	{"RS512", RSA_2048, 256, 500},
	{"PS256", RSA_2048, 256, 1500},
	{"PS384", RSA_2048, 256, 500},
	{"PS512", RSA_2056, 257, 500},
	{"ES256", EC_256, 64, 1000},
	{"ES384", EC_384, 96, 100},
	{"ES512", EC_521, 132, 100},
	{"EdDSA", ED, 64, 4000},
};

struct signed_text {
	struct key *private, *public;
	uint8_t signature[ALGORITHM_SIGNATURE_MAX + 1];
	size_t size;
};

#define TEXT "eyJhbGciOiJ4In0.e30"
#define TEXT_LENGTH (sizeof(TEXT) - 1)

static struct signed_text sign_by(const char *algorithm, enum pair pair)
{
	struct signed_text made = {.private = load_pair(pair, PRIVATE, algorithm),
		.public = load_pair(pair, PUBLIC, algorithm)};

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
	key_unref(made->private);
	key_unref(made->public);
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
		enum pair pair;
		size_t at; // which byte
	} places[] = {{"RS256", RSA_2048, 0}, {"PS256", RSA_2048, 0}, {"ES256", EC_256, 0},
		{"ES256", EC_256, 32}};

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
	struct signed_text made = sign_by("ES256", EC_256), changed = made;

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
	struct signed_text made = sign_by("ES256", EC_256);
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
	struct signed_text made = sign_by("ES256", EC_256);
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

	assert_int_equal(
		EVP_DigestSignInit_ex(context, &settings, hash, NULL, NULL, pairs[RSA_2048], NULL),
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
		struct key *key = load_pair(RSA_2048, PUBLIC, ways[i].algorithm);
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
		key_unref(key);
	}
}

// The number s + n says the same as s, and is refused.
static void rsa_refuses_numbers_over_the_modulus(void **state)
{
	struct signed_text made = sign_by("RS256", RSA_2048);
	BIGNUM *n = NULL, *s = NULL;
	int i = 0;

	(void)state;
	assert_true(EVP_PKEY_get_bn_param(pairs[RSA_2048], "n", &n));
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

// A public key that lost its PEM lines is still no HMAC key.
static void the_der_of_a_public_key_is_no_hmac_key(void **state)
{
	static const enum pair kinds[] = {RSA_2048, EC_256, ED};
	const struct key_options options = {.encoding = KEY_BASE64, .label = "K"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct key *keys[KEY_SET_MAX];
		struct err err = ERR_NONE;
		uint8_t *der = NULL;
		int size = i2d_PUBKEY(pairs[kinds[i]], &der);
		char digits[1024];
		size_t count;

		assert_true(size > 0);
		(void)sodium_bin2base64(
			digits, sizeof(digits), der, (size_t)size, sodium_base64_VARIANT_ORIGINAL);
		OPENSSL_free(der);
		assert_int_equal(key_load(secret_view(digits, strlen(digits)), &options, arena,
					 keys, &count, &err),
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
		cmocka_unit_test(the_der_of_a_public_key_is_no_hmac_key),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
