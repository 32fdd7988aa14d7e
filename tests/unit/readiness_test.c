// A clock that was never set, where tokens are judged by it.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/readiness.h"

#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is_insane(const struct keyring *keyring, int64_t wall_ms)
{
	static const struct registry_rules rules;
	static const struct readiness_life life;
	struct registry *registry = registry_new(&rules);
	own(pool_release) struct pool *pool = pool_new();
	struct readiness readiness;
	bool found = false;

	if (!registry || !pool ||
		readiness_judge(&(struct readiness_question){.registry = registry,
					.keyring = keyring,
					.life = &life,
					.wall_ms = wall_ms},
			pool, &readiness) != 0)
		abort();
	for (size_t i = 0; i < readiness.reason_count; i++)
		found = found || strcmp(readiness.reasons[i].code, "clock-insane") == 0;
	assert_false(found && readiness.ready);
	registry_free(registry);
	return found;
}

static void a_clock_that_was_never_set(void **state)
{
	static const struct profile_source source = {
		.file = "/nonexistent", .options = {.label = "/nonexistent"}};
	static const struct profile_rules rules = {
		.name = "p", .sources = &source, .source_count = 1};
	struct vault *vault = NULL;
	struct vault_snapshot *snapshot;
	struct keyring *keyring;

	(void)state;
	if (vault_open(1u << 20, &vault, NULL) < 0)
		abort();
	keyring = keyring_new(vault_arena(vault));
	snapshot = vault_now(vault);
	if (!keyring)
		abort();
	assert_false(is_insane(keyring, 0)); // nobody is judged
	assert_int_equal(keyring_configure(keyring, &rules, 1, snapshot), 0);
	assert_true(is_insane(keyring, 0));
	assert_true(is_insane(keyring, READINESS_WALL_MIN_MS - 1));
	assert_false(is_insane(keyring, READINESS_WALL_MIN_MS));
	vault_snapshot_unref(snapshot);
	keyring_free(keyring);
	vault_close(vault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_was_never_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
