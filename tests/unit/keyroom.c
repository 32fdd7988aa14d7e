// Offers as samekeyd does, without its sockets.
// SPDX-License-Identifier: MIT
#include "tests/unit/keyroom.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void keyroom_open(struct keyroom *room)
{
	*room = (struct keyroom){0};
	assert_int_equal(vault_open(16u * 1024 * 1024, &room->vault, NULL), 0);
	room->keyring = keyring_new(vault_arena(room->vault), room->vault);
	assert_non_null(room->keyring);
}

void keyroom_close(struct keyroom *room)
{
	keyring_free(room->keyring);
	vault_close(room->vault);
}

void keyroom_refresh(struct keyroom *room)
{
	struct vault_snapshot *snapshot = vault_now(room->vault);

	assert_int_equal(keyring_refresh(room->keyring, snapshot), 0);
	vault_snapshot_unref(snapshot);
}

void keyroom_configure(struct keyroom *room, const struct profile_rules *rules, size_t count)
{
	struct vault_snapshot *snapshot = vault_now(room->vault);

	assert_int_equal(keyring_configure(room->keyring, rules, count, snapshot), 0);
	vault_snapshot_unref(snapshot);
}

static struct vault_bundle *make_bundle(struct keyroom *room, const char *app,
	enum bundle_phase phase, const struct keyroom_given *given, size_t count)
{
	struct pool *pool = pool_new();
	struct bundle_key *keys = pool_array(pool, count + 1, sizeof(*keys));
	struct candidate *winners = pool_array(pool, count + 1, sizeof(*winners));
	const struct bundle bundle = {
		.app = app, .phase = phase, .root = "/", .keys = keys, .key_count = count};
	uint8_t *block = secret_arena_take(vault_arena(room->vault), 4096);
	size_t used = 0;

	if (!keys || !winners || !block)
		abort();
	for (size_t i = 0; i < count; i++) {
		size_t length = given[i].value ? strlen(given[i].value) : 0;

		keys[i] = (struct bundle_key){.name = given[i].name,
			.candidates = &winners[i],
			.count = given[i].value != NULL};
		memcpy(block + used, given[i].value ? given[i].value : "", length);
		winners[i].value = secret_view(block + used, length);
		used += length;
	}
	return vault_bundle_new(room->vault, &bundle, block, 4096, pool);
}

uint64_t keyroom_offer_phase(struct keyroom *room, const char *app, enum bundle_phase phase,
	const struct keyroom_given *given, size_t count)
{
	struct vault_bundle *bundle = make_bundle(room, app, phase, given, count);
	struct vault_snapshot *prepared = vault_prepare(room->vault, bundle);

	assert_non_null(prepared);
	vault_put(room->vault, prepared, ++room->id);
	vault_bundle_unref(bundle);
	keyroom_refresh(room);
	return room->id;
}

uint64_t keyroom_offer(struct keyroom *room, const char *app, const char *key, const char *value)
{
	const struct keyroom_given given[] = {{key, value}};

	return keyroom_offer_phase(room, app, BUNDLE_PHASE_START, given, 1);
}

void keyroom_end(struct keyroom *room, uint64_t id)
{
	assert_int_equal(vault_drop(room->vault, id), 0);
	keyroom_refresh(room);
}

const struct profile_source keyroom_web_key = {
	.app = "web", .key = "AUTH_SECRET", .options = {.label = "AUTH_SECRET"}};

const struct profile_rules keyroom_session = {
	.name = "session", .sources = &keyroom_web_key, .source_count = 1};

const struct profile *keyroom_at(const struct keyroom *room, size_t index)
{
	return keyring_at(room->keyring, index);
}

void keyroom_expect_unusable(const struct keyroom *room, const char *fault)
{
	const struct profile *profile = keyroom_at(room, 0);

	assert_false(profile->usable);
	assert_int_equal(profile->key_count, 0);
	assert_string_equal(profile->fault, fault);
}

bool keyroom_has_secret(const struct keyroom *room, size_t index, const char *secret)
{
	const struct key_options options = {.label = "", .allow_short = true};
	uint8_t mac[ALGORITHM_SIGNATURE_MAX];
	struct key *keys[KEY_SET_MAX];
	size_t count, size;
	bool fits;

	assert_int_equal(key_load(secret_view(secret, strlen(secret)), &options,
				 vault_arena(room->vault), keys, &count, NULL),
		KEY_OK);
	assert_int_equal(key_sign(keys[0], "x", 1, mac, &size), 0);
	fits = key_verifies(keyroom_at(room, 0)->keys[index].key, "x", 1, mac, size);
	key_free(keys[0]);
	return fits;
}
