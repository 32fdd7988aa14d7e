// A keyring that runs out of memory at any allocation: it has the old keys or says that it has
// none, and the next change brings the new ones. Nothing of a key is left behind.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keyring.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "tests/unit/mishap.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECRET "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5"
#define CALLS_MAX 1000

static const char *const cookies[] = {"authjs.session-token"};

static const struct profile_source sources[] = {
	{.app = "web", .key = "AUTH_SECRET", .options = {.label = "AUTH_SECRET", .kid = "a"}}};

static const struct profile_source session_sources[] = {
	{.app = "web", .key = "AUTH_SECRET", .options = {.label = "AUTH_SECRET"}}};

static const struct profile_rules rules[] = {
	{.name = "api", .sources = sources, .source_count = 1}, {.name = "session",
									.kind = PROFILE_AUTHJS_V5,
									.cookies = {cookies, 1},
									.sources = session_sources,
									.source_count = 1}};

static void put(struct vault *vault, uint64_t id)
{
	struct pool *pool = pool_new();
	struct bundle_key *keys = pool_array(pool, 1, sizeof(*keys));
	struct candidate *winner = pool_take(pool, sizeof(*winner));
	const struct bundle bundle = {.app = "web", .keys = keys, .key_count = 1};
	uint8_t *block = secret_arena_take(vault_arena(vault), 64);
	struct vault_bundle *kept;
	struct vault_snapshot *prepared;

	if (!keys || !winner || !block)
		abort();
	memcpy(block, SECRET, strlen(SECRET));
	winner->value = secret_view(block, strlen(SECRET));
	*keys = (struct bundle_key){.name = "AUTH_SECRET", .candidates = winner, .count = 1};
	kept = vault_bundle_new(vault, &bundle, block, 64, pool);
	prepared = vault_prepare(vault, kept);
	assert_non_null(prepared);
	vault_put(vault, prepared, id);
	vault_bundle_unref(kept);
}

static void expect_usable(const struct keyring *keyring)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		assert_true(keyring_at(keyring, i)->usable);
		assert_int_equal(keyring_at(keyring, i)->key_count, 1);
	}
}

// What a profile without its key says; a profile that had its key before still has it.
static void expect_honest(const struct keyring *keyring, bool after_failure)
{
	for (size_t i = 0; i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);

		assert_true(profile->usable || (after_failure && *profile->fault));
		assert_int_equal(profile->key_count, profile->usable ? 1 : 0);
	}
}

static void a_bundle_that_cannot_be_taken_is_taken_with_the_next_change(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t at = 1; failed && at < CALLS_MAX; at++) {
		struct vault *vault;
		struct vault_snapshot *snapshot;
		struct keyring *keyring;
		int code;

		assert_int_equal(vault_open(16u << 20, &vault, NULL), 0);
		keyring = keyring_new(vault_arena(vault), vault);
		assert_non_null(keyring);
		assert_int_equal(keyring_configure(keyring, rules, ARRAY_SIZE(rules), NULL), 0);
		put(vault, 1);
		snapshot = vault_now(vault);
		mishap_arm(&(struct mishap){.kinds = MISHAP_MEMORY, .at = at, .reason = ENOMEM});
		code = keyring_refresh(keyring, snapshot);
		failed = mishap_disarm();
		expect_honest(keyring, code < 0);
		assert_int_equal(keyring_refresh(keyring, snapshot), 0);
		expect_usable(keyring);
		vault_snapshot_unref(snapshot);
		keyring_free(keyring);
		vault_close(vault);
	}
	assert_false(failed);
}

static void rules_that_cannot_be_taken_change_nothing(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t at = 1; failed && at < CALLS_MAX; at++) {
		struct vault *vault;
		struct vault_snapshot *snapshot;
		struct keyring *keyring;
		int code;

		assert_int_equal(vault_open(16u << 20, &vault, NULL), 0);
		keyring = keyring_new(vault_arena(vault), vault);
		assert_non_null(keyring);
		put(vault, 1);
		snapshot = vault_now(vault);
		assert_int_equal(keyring_configure(keyring, rules, 1, snapshot), 0);
		mishap_arm(&(struct mishap){.kinds = MISHAP_MEMORY, .at = at, .reason = ENOMEM});
		code = keyring_configure(keyring, rules, ARRAY_SIZE(rules), snapshot);
		failed = mishap_disarm();
		assert_true(code == 0 || (code == -ENOMEM && failed));
		assert_int_equal(keyring_size(keyring), code == 0 ? 2 : 1);
		assert_true(keyring_at(keyring, 0)->usable);
		assert_int_equal(keyring_refresh(keyring, snapshot), 0);
		expect_honest(keyring, false);
		vault_snapshot_unref(snapshot);
		keyring_free(keyring);
		vault_close(vault);
	}
	assert_false(failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_that_cannot_be_taken_is_taken_with_the_next_change),
		cmocka_unit_test(rules_that_cannot_be_taken_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
