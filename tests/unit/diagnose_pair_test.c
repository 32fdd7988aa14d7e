// Goal: what a key pair signed in another form than its algorithm has, and a public key that was
// taken for a secret, are named as that.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "tests/unit/world.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

struct pair_world {
	struct world *world;
	EVP_PKEY *pair;
	char pem[4096];
	struct profile_source source;
	struct profile_rules rules;
};

static struct pair_world *pair_world(EVP_PKEY *pair, const char *algorithm)
{
	static struct pair_world only;
	struct pair_world *of = &only;
	const struct offered pem = {"PAIR", CANDIDATE_WINNER, "key.pem", 0, "", of->pem};
	BIO *bio = world_need(BIO_new(BIO_s_mem()));

	only = (struct pair_world){.pair = world_need(pair)};
	assert_int_equal(PEM_write_bio_PUBKEY(bio, pair), 1);
	assert_true(BIO_read(bio, of->pem, sizeof(of->pem) - 1) > 100);
	BIO_free(bio);
	of->source = (struct profile_source){.app = "pair",
		.key = "PAIR",
		.options = {.label = "PAIR",
			.encoding = KEY_PEM,
			.algorithm = algorithm_find(algorithm, strlen(algorithm))}};
	of->rules =
		(struct profile_rules){.name = "pair", .sources = &of->source, .source_count = 1};
	of->world = world_of(NULL, 0);
	world_offer(of->world, "pair", BUNDLE_PHASE_START, &pem, 1);
	vault_snapshot_unref(of->world->snapshot);
	of->world->snapshot = vault_now(of->world->vault);
	assert_int_equal(
		keyring_configure(of->world->keyring, &of->rules, 1, of->world->snapshot), 0);
	return of;
}

static void pair_end(struct pair_world *of)
{
	world_end(of->world);
	EVP_PKEY_free(of->pair);
}

// Signed by OpenSSL's rules: ECDSA is DER then, RSA has this padding.
static const char *pair_signed(
	struct pair_world *of, const char *header, const EVP_MD *hash, int padding)
{
	char *token = world_need(pool_take(of->world->pool, TOKEN_MAX));
	size_t used = world_put64(token, header, strlen(header)), size = 1024;
	EVP_MD_CTX *context = world_need(EVP_MD_CTX_new());
	EVP_PKEY_CTX *options = NULL;
	uint8_t signature[1024];

	token[used++] = '.';
	used += world_put64(token + used, FINE, strlen(FINE));
	assert_int_equal(EVP_DigestSignInit(context, &options, hash, NULL, of->pair), 1);
	if (padding)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, padding), 1);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_int_equal(
			EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
	assert_int_equal(
		EVP_DigestSign(context, signature, &size, (const uint8_t *)token, used), 1);
	EVP_MD_CTX_free(context);
	token[used++] = '.';
	world_put64(token + used, signature, size);
	return token;
}

static void odd_forms_of_key_pairs(void **state)
{
	static const struct {
		const char *algorithm, *header;
		int padding;
		const char *text; // of the finding; NULL: it is good
	} cases[] = {
		{"ES256", "{\"alg\":\"ES256\"}", 0, "not the form of ES256: DER"},
		{"RS256", "{\"alg\":\"RS256\"}", RSA_PKCS1_PADDING, NULL},
		{"RS256", "{\"alg\":\"RS256\"}", RSA_PKCS1_PSS_PADDING,
			"not the form of RS256: PSS"},
		{"PS256", "{\"alg\":\"PS256\"}", RSA_PKCS1_PADDING,
			"not the form of PS256: PKCS#1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EVP_PKEY *pair = cases[i].padding ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
		struct pair_world *of = pair_world(pair, cases[i].algorithm);
		struct diagnosis diagnosis = world_ask(of->world, NULL,
			pair_signed(of, cases[i].header, EVP_sha256(), cases[i].padding));
		const struct remark *remark = world_remark_of(&diagnosis, "signature-form");

		assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
		assert_string_equal(diagnosis.signer.key, "PAIR");
		assert_string_equal(diagnosis.signer.origin, "/srv/shop/key.pem");
		assert_int_equal(diagnosis.verified, !cases[i].text);
		assert_int_equal(remark != NULL, cases[i].text != NULL);
		if (remark && cases[i].text)
			world_holds(cases[i].algorithm, remark->text, cases[i].text);
		if (remark && cases[i].padding) // not by the thumbprint, which nobody knows
			world_holds(cases[i].algorithm, diagnosis.detail, "not signed with PAIR (");
		diagnose_done(&diagnosis);
		pair_end(of);
	}
}

static void another_algorithm_of_the_same_pair(void **state)
{
	static const struct {
		const char *key, *header, *hash;
		int padding;
		const char *text;
	} cases[] = {
		{"RS256", "{\"alg\":\"PS256\"}", "SHA256", RSA_PKCS1_PSS_PADDING,
			"the signature is PS256, the key of profile pair is RS256"},
		{"RS256", "{\"alg\":\"RS512\"}", "SHA512", RSA_PKCS1_PADDING,
			"the signature is RS512, the key of profile pair is RS256"},
		{"PS384", "{\"alg\":\"RS256\"}", "SHA256", RSA_PKCS1_PADDING,
			"the signature is RS256, the key of profile pair is PS384"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair_world *of = pair_world(EVP_RSA_gen(2048), cases[i].key);
		struct diagnosis diagnosis = world_ask(of->world, NULL,
			pair_signed(of, cases[i].header, EVP_get_digestbyname(cases[i].hash),
				cases[i].padding));
		const struct remark *remark = world_remark_of(&diagnosis, "hash-size");

		assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
		assert_string_equal(diagnosis.signer.key, "PAIR");
		assert_false(diagnosis.verified);
		assert_non_null(remark);
		world_holds(cases[i].header, remark->text, cases[i].text);
		assert_null(world_remark_of(&diagnosis, "signature-form"));
		assert_null(world_remark_of(&diagnosis, "unknown-key"));
		diagnose_done(&diagnosis);
		pair_end(of);
	}
}

static void a_public_key_as_a_secret(void **state)
{
	struct pair_world *of = pair_world(EVP_EC_gen("P-256"), "ES256");
	struct diagnosis diagnosis =
		world_ask(of->world, NULL, world_signed_with(of->world, of->pem));

	(void)state;
	assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
	assert_false(diagnosis.verified);
	assert_non_null(world_remark_of(&diagnosis, "anybody-can-sign"));
	assert_null(world_remark_of(&diagnosis, "hash-size"));
	diagnose_done(&diagnosis);
	pair_end(of);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_forms_of_key_pairs),
		cmocka_unit_test(another_algorithm_of_the_same_pair),
		cmocka_unit_test(a_public_key_as_a_secret),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
