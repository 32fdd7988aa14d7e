// A clock that was never set, where tokens are judged by it; keys of living apps; a store of
// sessions that is away.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/readiness.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "tests/unit/offering.h"
#include "verifier/record/registry.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"
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
	keyring = keyring_new(vault_arena(vault), vault);
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

// ---- keys of the living

struct flagged_case {
	const char *name, *allow, *code; // code: of the only reason, or ""
	uint32_t flags;
	bool is_empty, is_build, has_ended;
};

static const struct flagged_case flagged_cases[] = {
	{.name = "a value without fault", .code = ""},
	{.name = "an error that nobody allowed", .flags = BUNDLE_KEY_BAD, .code = "bad-key"},
	{.name = "an error that was allowed", .flags = BUNDLE_KEY_BAD, .allow = "weak", .code = ""},
	{.name = "an error, of an app that has ended",
		.flags = BUNDLE_KEY_BAD,
		.has_ended = true,
		.code = ""},
	{.name = "an error, of a build", .flags = BUNDLE_KEY_BAD, .is_build = true, .code = ""},
	{.name = "no value, and none is required", .is_empty = true, .code = ""},
	{.name = "no value, and one is required",
		.flags = BUNDLE_KEY_REQUIRED,
		.is_empty = true,
		.code = "missing"},
	{.name = "no value, which was allowed",
		.flags = BUNDLE_KEY_REQUIRED,
		.is_empty = true,
		.allow = "missing",
		.code = ""},
	{.name = "no value, where the loader found empty ones alone, which was allowed",
		.flags = BUNDLE_KEY_REQUIRED | BUNDLE_KEY_BAD,
		.is_empty = true,
		.allow = "all-empty",
		.code = ""},
	{.name = "no value, where something else was allowed",
		.flags = BUNDLE_KEY_REQUIRED,
		.is_empty = true,
		.allow = "weak",
		.code = "missing"},
	{.name = "a value that is required", .flags = BUNDLE_KEY_REQUIRED, .code = ""},
};

static void check_flagged(const struct flagged_case *row)
{
	static const struct readiness_life life;
	struct registry *registry = registry_new(&offering_rules);
	const struct offering_step step = OFFERING_STEP("web", row->is_empty ? "" : "v",
		"/srv/.env", row->flags, "", .allow = row->allow, .build = row->is_build);
	own(diag_release) struct diag *diag = diag_new();
	own(pool_release) struct pool *pool = pool_new();
	struct vault *vault = NULL;
	struct keyring *keyring;
	struct readiness readiness;
	uint64_t id;

	if (vault_open(1u << 20, &vault, NULL) < 0)
		abort();
	keyring = keyring_new(vault_arena(vault), vault);
	if (!registry || !diag || !pool || !keyring ||
		offering_offer(registry, &step, 41, diag, &id) != REGISTRY_ACCEPTED)
		fail_msg("%s: not accepted", row->name);
	if (row->has_ended)
		registry_mark_dead(registry, id);
	if (readiness_judge(&(struct readiness_question){.registry = registry,
				    .keyring = keyring,
				    .life = &life,
				    .wall_ms = READINESS_WALL_MIN_MS},
		    pool, &readiness) != 0)
		abort();
	if (readiness.reason_count != (*row->code ? 1 : 0) || readiness.ready == !!*row->code ||
		(*row->code && strcmp(readiness.reasons->code, row->code) != 0))
		fail_msg("%s: %zu reasons, the first one %s", row->name, readiness.reason_count,
			readiness.reason_count ? readiness.reasons->code : "-");
	registry_free(registry);
	keyring_free(keyring);
	vault_close(vault);
}

static void what_a_living_app_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flagged_cases); i++)
		check_flagged(&flagged_cases[i]);
}

// ---- sessions

struct judged {
	bool ready;
	char reason[32], warning[32]; // codes of the first ones, or ""
	char text[256];               // of the reason
};

static struct judged judge_store(
	const struct ledger_state *store, const struct revocations *revocations, uint64_t now_ms)
{
	static const struct registry_rules rules;
	static const struct readiness_life life;
	struct registry *registry = registry_new(&rules);
	own(pool_release) struct pool *pool = pool_new();
	struct vault *vault = NULL;
	struct judged judged = {0};
	struct readiness readiness;
	struct keyring *keyring;

	if (vault_open(1u << 20, &vault, NULL) < 0)
		abort();
	keyring = keyring_new(vault_arena(vault), vault);
	if (!registry || !pool || !keyring ||
		readiness_judge(&(struct readiness_question){.registry = registry,
					.keyring = keyring,
					.life = &life,
					.store = store,
					.revocations = revocations,
					.now_ms = now_ms,
					.wall_ms = READINESS_WALL_MIN_MS},
			pool, &readiness) != 0)
		abort();
	judged.ready = readiness.ready;
	if (readiness.reason_count) {
		(void)snprintf(judged.reason, sizeof(judged.reason), "%s", readiness.reasons->code);
		(void)snprintf(judged.text, sizeof(judged.text), "%s", readiness.reasons->text);
	}
	if (readiness.warning_count)
		(void)snprintf(
			judged.warning, sizeof(judged.warning), "%s", readiness.warnings->code);
	registry_free(registry);
	keyring_free(keyring);
	vault_close(vault);
	return judged;
}

static void a_store_that_is_away(void **state)
{
	struct ledger_state store = {.up = true, .why = "the disk is full"};
	struct judged judged = judge_store(&store, NULL, 60000);

	(void)state;
	assert_true(judged.ready && !*judged.warning);
	store.up = false;
	store.away_since_steady_ms = 55000;
	judged = judge_store(&store, NULL, 60000);
	assert_false(judged.ready);
	assert_string_equal(judged.reason, "store-away");
	assert_string_equal(
		judged.text, "the store of sessions has been away for 5 s: the disk is full");
	judged = judge_store(NULL, NULL, 60000);
	assert_true(judged.ready);
}

static void a_store_that_would_forget(void **state)
{
	const struct ledger_state store = {.up = true, .warning = "appendonly is off"};
	struct judged judged = judge_store(&store, NULL, 0);

	(void)state;
	assert_true(judged.ready);
	assert_string_equal(judged.warning, "store-unsafe");
}

static void revocations_that_cannot_be_read(void **state)
{
	const struct ledger_state store = {.up = true, .unread = 2};
	struct judged judged = judge_store(&store, NULL, 0);

	(void)state;
	assert_true(judged.ready);
	assert_string_equal(judged.warning, "revocations-unread");
}

static void revocations_that_were_forgotten(void **state)
{
	struct revocations *revocations = revocations_new();
	char name[16];

	(void)state;
	if (!revocations)
		abort();
	for (int i = 0; i <= REVOCATIONS_MAX; i++) {
		if (i == REVOCATIONS_MAX)
			assert_string_equal(judge_store(NULL, revocations, 0).warning, "");
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(
			revocations_add(revocations, name, strlen(name), INT64_MAX - i), 0);
	}
	assert_string_equal(judge_store(NULL, revocations, 0).warning, "revocations-lost");
	revocations_free(revocations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_was_never_set),
		cmocka_unit_test(what_a_living_app_holds),
		cmocka_unit_test(a_store_that_is_away),
		cmocka_unit_test(a_store_that_would_forget),
		cmocka_unit_test(revocations_that_cannot_be_read),
		cmocka_unit_test(revocations_that_were_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
