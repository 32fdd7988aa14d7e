// Proofs by libsodium's HMAC, where the verifier's are by OpenSSL's hash.
// SPDX-License-Identifier: MIT
#include "tests/unit/attesting.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/attest.h"
#include "verifier/record/attestations.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/outcome.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

uint64_t attesting_now_ms = 1000000;

uint64_t clock_steady_ms(void)
{
	return attesting_now_ms;
}

uint64_t clock_steady_ns(void)
{
	return attesting_now_ms * 1000000;
}

int64_t clock_wall_ms(void)
{
	return INT64_C(1800000000000);
}

static const struct registry_fail fails[] = {{FINDING_ATTESTED, "NEXTAUTH_SECRET"}};
static const struct registry_rules rules = {
	.fails = fails, .fail_count = ARRAY_SIZE(fails), .live_max = 16, .dead_max = 4};

static const struct attesting_value build[] = {
	{"NEXTAUTH_SECRET", ".env.ci", "", BUILT, CANDIDATE_WINNER},
};
static const struct attesting_value web[] = {
	{"ETLS_REFRESH", ".env", "", REFRESH, CANDIDATE_WINNER},
	{"NEXTAUTH_SECRET", ".env.production", "", SECRET, CANDIDATE_WINNER},
	{"NEXTAUTH_SECRET", ".env", "", OLDER, CANDIDATE_SHADOWED},
	{"NEXTAUTH_SECRET", ".env.production", "docker, podman", "\"" SECRET "\"",
		CANDIDATE_READING},
	{"NEXTAUTH_SECRET_PREVIOUS", ".env", "", PREVIOUS, CANDIDATE_WINNER},
	{"NOTHING", "", "", NULL, CANDIDATE_WINNER},
};

static void *need(void *made)
{
	if (!made)
		abort();
	return made;
}

uint64_t attesting_offer(struct attesting *shop, const struct bundle *as, uid_t uid, pid_t pid,
	const struct attesting_value *values, size_t count)
{
	struct pool *pool = need(pool_new());
	struct candidate *candidates = need(pool_array(pool, count, sizeof(*candidates)));
	struct bundle_key *keys = need(pool_array(pool, count, sizeof(*keys)));
	struct bundle bundle = *as;
	struct registry_offer offer = {.bundle = &bundle, .uid = uid, .pid = pid};
	struct diag *diag = need(diag_new());
	struct vault_snapshot *next;
	struct vault_bundle *kept;
	struct registry_key *records;
	uint64_t id;

	bundle.group = bundle.mode = bundle.program = "shop";
	bundle.root = "/srv/shop";
	bundle.keys = keys;
	for (size_t i = 0; i < count; i++) {
		candidates[i] = (struct candidate){.kind = values[i].kind,
			.origin = {SOURCE_DOTENV, values[i].place, 3, 1},
			.dialects = values[i].dialects};
		if (!i || !text_equal(values[i - 1].key, values[i].key))
			keys[bundle.key_count++] = (struct bundle_key){values[i].key,
				BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT, &candidates[i], 0};
		if (!values[i].value)
			continue;
		assert_int_equal(secret_copy(vault_arena(shop->vault), values[i].value,
					 strlen(values[i].value), &candidates[i].value),
			0);
		keys[bundle.key_count - 1].count++;
	}
	assert_int_equal(outcome_of(&bundle, shop->key, shop->pool, &records), 0);
	offer.keys = records;
	assert_int_equal(registry_offer(shop->registry, &offer, attesting_now_ms, diag, &id),
		REGISTRY_ACCEPTED);
	kept = need(vault_bundle_new(shop->vault, &bundle, NULL, 0, pool));
	next = need(vault_prepare(shop->vault, kept));
	vault_put(shop->vault, next, id);
	vault_bundle_unref(kept);
	diag_free(diag);
	return id;
}

void attesting_open(struct attesting *shop)
{
	*shop = (struct attesting){
		.pool = need(pool_new()), .registry = need(registry_new(&rules))};
	shop->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	assert_int_equal(secret_arena_open(NULL, &shop->arena, NULL), 0);
	assert_int_equal(vault_open(4u << 20, &shop->vault, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, shop->arena, &shop->key, NULL), 0);
	shop->keyring = need(keyring_new(shop->arena, NULL));
	attesting_offer(shop, &(struct bundle){.app = "web", .phase = BUNDLE_PHASE_BUILD}, WEB_UID,
		WEB_PID - 1, build, ARRAY_SIZE(build));
	attesting_offer(
		shop, &(struct bundle){.app = "web"}, WEB_UID, WEB_PID, web, ARRAY_SIZE(web));
	shop->answers = (struct answers){.registry = shop->registry,
		.key = shop->key,
		.keyring = shop->keyring,
		.vault = shop->vault,
		.attestor = need(attest_new(&shop->log)),
		.attestations = need(attestations_new())};
}

void attesting_close(struct attesting *shop)
{
	attest_free(shop->answers.attestor);
	attestations_free(shop->answers.attestations);
	registry_free(shop->registry);
	keyring_free(shop->keyring);
	vault_close(shop->vault);
	fingerprint_key_free(shop->key);
	secret_arena_free(shop->arena);
	pool_free(shop->pool);
	(void)close(shop->log.fd);
}

static void add(crypto_auth_hmacsha256_state *state, const char *text)
{
	size_t length = strlen(text);
	const uint8_t size[] = {0, 0, (uint8_t)(length >> 8), (uint8_t)length};

	crypto_auth_hmacsha256_update(state, size, sizeof(size));
	crypto_auth_hmacsha256_update(state, (const uint8_t *)text, length);
}

void attesting_prove(const uint8_t nonce[ATTEST_NONCE_SIZE], const char *app, const char *key,
	const char *value, uint8_t ret_proof[ATTEST_PROOF_SIZE])
{
	own_free uint8_t *text = need(malloc(strlen(value) + sizeof(ATTEST_LABEL)));
	uint8_t k[crypto_hash_sha256_BYTES];
	crypto_auth_hmacsha256_state state;

	memcpy(text, ATTEST_LABEL, sizeof(ATTEST_LABEL));
	memcpy(text + sizeof(ATTEST_LABEL), value, strlen(value));
	crypto_hash_sha256(k, text, sizeof(ATTEST_LABEL) + strlen(value));
	crypto_auth_hmacsha256_init(&state, k, sizeof(k));
	crypto_auth_hmacsha256_update(&state, nonce, ATTEST_NONCE_SIZE);
	add(&state, app);
	add(&state, key);
	crypto_auth_hmacsha256_final(&state, ret_proof);
}
