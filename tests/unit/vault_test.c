// The vault: values live as long as somebody holds them, a snapshot never changes, and memory is
// wiped and comes back.
// SPDX-License-Identifier: MIT
#include "verifier/trust/vault.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MEMORY (16u * 1024 * 1024)

static struct vault *open_vault(void)
{
	struct vault *vault;

	assert_int_equal(vault_open(MEMORY, &vault, NULL), 0);
	return vault;
}

// A bundle of one app whose block holds `fill`.
static struct vault_bundle *bundle_of(struct vault *vault, const char *app, char fill, uint8_t **at)
{
	const struct bundle bundle = {.app = app};
	uint8_t *block = secret_arena_take(vault_arena(vault), 64);
	struct vault_bundle *kept;

	assert_non_null(block);
	memset(block, fill, 64);
	*at = block;
	kept = vault_bundle_new(vault, &bundle, block, 64, pool_new());
	assert_non_null(kept);
	return kept;
}

static void put(struct vault *vault, const char *app, uint64_t id, uint8_t **at)
{
	struct vault_bundle *bundle = bundle_of(vault, app, 'x', at);
	struct vault_snapshot *prepared = vault_prepare(vault, bundle);

	assert_non_null(prepared);
	vault_put(vault, prepared, id);
	vault_bundle_unref(bundle);
}

static void a_snapshot_never_changes(void **state)
{
	struct vault *vault = open_vault();
	struct vault_snapshot *before, *after;
	uint8_t *first, *second;
	uint64_t id;

	(void)state;
	put(vault, "web", 1, &first);
	before = vault_now(vault);
	put(vault, "ws", 2, &second);
	assert_int_equal(vault_drop(vault, 1), 0);
	after = vault_now(vault);

	assert_int_equal(vault_snapshot_size(before), 1);
	assert_string_equal(vault_snapshot_at(before, 0, &id)->app, "web");
	assert_int_equal(id, 1);
	assert_int_equal(first[0], 'x'); // held by the snapshot
	assert_int_equal(vault_snapshot_size(after), 1);
	assert_string_equal(vault_snapshot_at(after, 0, &id)->app, "ws");
	assert_int_equal(id, 2);

	vault_snapshot_unref(before);
	assert_int_equal(first[0], 0); // wiped with the last reference
	vault_snapshot_unref(after);
	vault_close(vault);
}

static void a_bundle_that_is_refused_leaves_nothing(void **state)
{
	struct vault *vault = open_vault();
	uint8_t *block;
	struct vault_bundle *bundle = bundle_of(vault, "web", 'x', &block);
	struct vault_snapshot *now;

	(void)state;
	vault_bundle_unref(bundle);
	assert_int_equal(block[0], 0);
	now = vault_now(vault);
	assert_int_equal(vault_snapshot_size(now), 0);
	vault_snapshot_unref(now);
	vault_close(vault);
}

static void what_is_prepared_shows_when_it_is_put(void **state)
{
	struct vault *vault = open_vault();
	struct vault_snapshot *now, *prepared;
	struct vault_bundle *bundle;
	uint8_t *block;

	(void)state;
	bundle = bundle_of(vault, "web", 'x', &block);
	prepared = vault_prepare(vault, bundle);
	now = vault_now(vault);
	assert_int_equal(vault_snapshot_size(now), 0);
	vault_snapshot_unref(now);
	vault_snapshot_unref(prepared); // given back: nothing has changed
	now = vault_now(vault);
	assert_int_equal(vault_snapshot_size(now), 0);
	vault_snapshot_unref(now);
	assert_int_equal(vault_drop(vault, 99), 0); // an id that is not there
	vault_bundle_unref(bundle);
	vault_close(vault);
}

static void memory_comes_back(void **state)
{
	struct vault *vault = open_vault();
	uint8_t *first, *block;

	(void)state;
	put(vault, "web", 1, &first);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(vault_drop(vault, 1), 0);
		put(vault, "web", 1, &block);
		assert_ptr_equal(block, first);
	}
	vault_close(vault);
}

static bool holds(struct vault *vault, const char *text)
{
	return vault_holds(vault, text, strlen(text));
}

static void what_is_hidden_is_looked_for_until_it_is_forgotten(void **state)
{
	struct vault *vault = open_vault();
	const struct secret token = secret_view("token-of-callers", 16);
	const struct secret password = secret_view("pass\nword", 9),
			    same = secret_view("token-of-callers", 16);
	uint8_t *block;

	(void)state;
	assert_int_equal(vault_hide(vault, SECRET_NONE), 0);
	assert_false(holds(vault, "path=/v1/token-of-callers"));
	assert_int_equal(vault_hide(vault, token), 0);
	assert_int_equal(vault_hide(vault, password), 0);
	assert_true(holds(vault, "path=/v1/token-of-callers"));
	assert_true(holds(vault, "as it is shown: pass\\x0aword"));
	assert_false(holds(vault, "token-of-others"));
	put(vault, "web", 1, &block);
	assert_true(holds(vault, "path=/v1/token-of-callers"));
	vault_forget(vault, token);
	vault_forget(vault, SECRET_NONE);
	assert_false(holds(vault, "path=/v1/token-of-callers"));
	assert_true(holds(vault, "pass\nword"));
	assert_int_equal(vault_hide(vault, token), 0);
	assert_int_equal(vault_hide(vault, same), 0);
	vault_forget(vault, token);
	assert_true(holds(vault, "path=/v1/token-of-callers"));
	vault_forget(vault, same);
	vault_forget(vault, password);
	assert_false(holds(vault, "path=/v1/token-of-callers pass\nword"));
	vault_close(vault);
}

// A bundle of one secret value.
static struct vault_bundle *bundle_with(struct vault *vault, const char *value)
{
	size_t length = strlen(value);
	uint8_t *block = secret_arena_take(vault_arena(vault), length);
	struct pool *pool = pool_new();
	struct candidate *candidate = pool_array(pool, 1, sizeof(*candidate));
	struct bundle_key *key = pool_array(pool, 1, sizeof(*key));
	const struct bundle bundle = {.app = "web", .keys = key, .key_count = 1};
	struct vault_bundle *kept;

	if (!block || !candidate || !key)
		abort();
	memcpy(block, value, length);
	candidate->value = secret_view(block, length);
	*key = (struct bundle_key){.name = "A_SECRET",
		.flags = BUNDLE_KEY_SECRET,
		.candidates = candidate,
		.count = 1};
	kept = vault_bundle_new(vault, &bundle, block, length, pool);
	assert_non_null(kept);
	return kept;
}

static void a_value_is_found_as_long_as_its_bundle_is_held(void **state)
{
	static const char *const values[] = {"8-bytes.", "a-value-of-somebody"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct vault *vault = open_vault();
		struct vault_bundle *before = bundle_with(vault, "the-value-before"), *bundle;
		size_t length = strlen(values[i]);
		uint8_t *again;

		assert_int_equal(vault_hide(vault, secret_view("a-token", 7)), 0);
		for (int lines = 0; lines < 20; lines++) // the sieve is made
			assert_false(holds(vault, "a line that shows nothing"));
		bundle = bundle_with(vault, values[i]);
		assert_true(holds(vault, values[i]));
		assert_true(holds(vault, "the-value-before"));
		for (int lines = 0; lines < 20; lines++)
			assert_false(holds(vault, "a line that shows nothing"));
		assert_true(holds(vault, values[i]));
		vault_bundle_unref(bundle);
		again = secret_arena_take(vault_arena(vault), length);
		memcpy(again, values[i], length); // where it was, but of nobody
		assert_false(holds(vault, values[i]));
		secret_arena_give(vault_arena(vault), again, length);
		assert_true(holds(vault, "the-value-before"));
		vault_bundle_unref(before);
		vault_close(vault);
	}
}

// However much was written since the last change: first each value is looked at, then the sieve is
// made.
static void a_value_is_found_before_and_behind_any_number_of_lines(void **state)
{
	static const char *const values[] = {"a-value-of-somebody", "pass\nword-of-another",
		"z\xc3\xbcrich-of-a-third", "as-the-log-shows\x7fit"};
	static const char *const texts[] = {"path=/a-value-of-somebody/else",
		"shown: pass\\x0aword-of-another", "z\xc3\xbcrich-of-a-third",
		"as-the-log-shows\\x7fit"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		for (size_t lines = 0; lines < 20; lines++) {
			struct vault *vault = open_vault();

			assert_int_equal(
				vault_hide(vault, secret_view(values[i], strlen(values[i]))), 0);
			for (size_t j = 0; j < lines; j++)
				assert_false(holds(vault, "a line that shows nothing"));
			assert_true(holds(vault, texts[i]));
			assert_false(holds(vault, "a line that shows nothing"));
			vault_close(vault);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_never_changes),
		cmocka_unit_test(a_bundle_that_is_refused_leaves_nothing),
		cmocka_unit_test(what_is_prepared_shows_when_it_is_put),
		cmocka_unit_test(memory_comes_back),
		cmocka_unit_test(what_is_hidden_is_looked_for_until_it_is_forgotten),
		cmocka_unit_test(a_value_is_found_as_long_as_its_bundle_is_held),
		cmocka_unit_test(a_value_is_found_before_and_behind_any_number_of_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
