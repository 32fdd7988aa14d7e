// Goes through the registry from its newest entry on, and remembers the labels of what it has.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/keycensus.h"

#include "lib/base/map.h"
#include "verifier/record/registry.h"

#include <errno.h>

// Longer than any labels of one sample: four names, and what is short.
#define IDENTITY_SIZE (4 * (BUNDLE_NAME_MAX + 1) + 128)

struct identity {
	char text[IDENTITY_SIZE];
	size_t length;
};

struct collecting {
	const struct keycensus_request *request;
	struct pool *pool;
	struct map *seen; // labels that are counted already
	struct keycensus *census;
	size_t looks;
	bool no_memory;
};

// Notes labels, which hold no control character but those between them.
// Returns: whether they are new.
static bool is_new(struct collecting *collecting, const struct identity *identity)
{
	size_t length = identity->length;
	char *kept;

	if (map_find(collecting->seen, identity->text, length) != MAP_ABSENT)
		return false;
	kept = pool_text(collecting->pool, identity->text, length);
	if (!kept || map_put(collecting->seen, kept, length, 1) < 0)
		collecting->no_memory = true;
	return true;
}

static void keep(struct collecting *collecting, struct pool_list *list, size_t max,
	const void *item, size_t size)
{
	void *kept;

	if (list->count >= max) {
		collecting->census->truncated = true;
		return;
	}
	kept = pool_push(collecting->pool, list, size);
	if (kept)
		memcpy(kept, item, size);
	else
		collecting->no_memory = true;
}

static char *add_part(char *at, const char *part)
{
	size_t length = strlen(part);

	memcpy(at, part, length);
	at[length] = '\n';
	return at + length + 1;
}

// The labels of a sample of one kind; each of them is a name or short, so there is room.
static void identify(struct identity *identity, const char *kind,
	const struct registry_entry *entry, const char *key, const char *more)
{
	char *at = add_part(identity->text, kind);

	at = add_part(at, entry->group);
	at = add_part(at, entry->app);
	at = add_part(at, bundle_phase_text(entry->phase));
	at = add_part(at, key);
	at = add_part(at, more);
	identity->length = (size_t)(at - identity->text);
}

// Returns: whether the key has a sample of its own now, that no newer bundle gave it.
static bool collect_secret(struct collecting *collecting, const struct keycensus_row *held)
{
	char value[FINGERPRINT_TEXT_SIZE + 32];
	struct keycensus_row kept = *held;
	struct identity identity;

	*add_part(add_part(value, held->key->fingerprint), source_text(held->key->origin.source)) =
		'\0';
	identify(&identity, "value", held->entry, held->key->name, value);
	if (!is_new(collecting, &identity))
		return false;
	identify(&identity, "secret", held->entry, held->key->name, "");
	kept.newest = is_new(collecting, &identity);
	keep(collecting, &collecting->census->secrets, KEYCENSUS_SECRETS_MAX, &kept, sizeof(kept));
	return true;
}

// The secrets of a bundle, `share` of them that have no sample yet.
static void collect_secrets(
	struct collecting *collecting, const struct registry_entry *entry, size_t share)
{
	size_t taken = 0;

	for (size_t i = 0; i < entry->key_count; i++) {
		const struct keycensus_row held = {.entry = entry, .key = &entry->keys[i]};

		if (!(held.key->flags & BUNDLE_KEY_SECRET) || !held.key->has_value)
			continue;
		if (taken >= share)
			return;
		if (collecting->census->secrets.count >= KEYCENSUS_SECRETS_MAX ||
			collecting->looks >= KEYCENSUS_LOOKS_MAX) {
			collecting->census->truncated = true;
			return;
		}
		collecting->looks++;
		taken += collect_secret(collecting, &held);
	}
}

// What the loader told as a conflict, and the first source that it is with.
static void collect_conflict(struct collecting *collecting, struct keycensus_row held)
{
	struct identity identity;

	if (!(held.key->flags & BUNDLE_KEY_CONFLICT))
		return;
	for (size_t i = 0; held.key->has_value && i < held.key->other_count; i++) {
		const struct registry_candidate *other = &held.key->others[i];

		if (other->kind != CANDIDATE_SHADOWED || !other->differs || other->empty ||
			other->origin.source == SOURCE_DEFAULT ||
			other->origin.source == held.key->origin.source)
			continue;
		held.shadowed = other->origin.source;
		identify(&identity, "conflict", held.entry, held.key->name, "");
		if (is_new(collecting, &identity))
			keep(collecting, &collecting->census->conflicts, KEYCENSUS_FINDINGS_MAX,
				&held, sizeof(held));
		return;
	}
}

static void collect_entry(struct collecting *collecting, const struct registry_entry *entry)
{
	const struct keycensus_row bundle = {.entry = entry};
	struct identity identity;

	identify(&identity, "bundle", entry, "", "");
	if (is_new(collecting, &identity))
		keep(collecting, &collecting->census->bundles, SIZE_MAX, &bundle, sizeof(bundle));
	for (size_t i = 0; i < entry->key_count; i++)
		if (entry->keys[i].other_count)
			collect_conflict(collecting,
				(struct keycensus_row){.entry = entry, .key = &entry->keys[i]});
}

static void collect_drift(struct collecting *collecting)
{
	for (size_t i = 0; i < collecting->request->drift_count; i++) {
		const struct registry_drift *drift = &collecting->request->drift[i];
		struct identity identity;
		char *at = add_part(identity.text, "drift");

		at = add_part(at, drift->newer->group);
		at = add_part(at, drift->newer_key->name);
		at = add_part(at, finding_kind(drift->finding)->code);
		identity.length = (size_t)(at - identity.text);
		if (is_new(collecting, &identity))
			keep(collecting, &collecting->census->drift, KEYCENSUS_FINDINGS_MAX, &drift,
				sizeof(const struct registry_drift *));
	}
}

// Every bundle gets its share first, then the room that is left goes to the newest.
static void collect(struct collecting *collecting)
{
	struct registry *registry = collecting->request->registry;
	size_t live = 0;

	for (size_t i = registry_size(registry); i-- > 0;) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->dead)
			continue;
		live++;
		collect_entry(collecting, entry);
	}
	if (!collecting->request->names || !live)
		return;
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = registry_size(registry); i-- > 0;)
			if (!registry_at(registry, i)->dead)
				collect_secrets(collecting, registry_at(registry, i),
					round ? SIZE_MAX : KEYCENSUS_SECRETS_MAX / live);
	collect_drift(collecting);
}

int keycensus_take(
	const struct keycensus_request *request, struct pool *pool, struct keycensus *ret_census)
{
	own(map_release) struct map *seen = map_new();
	struct keycensus census = {0};
	struct collecting collecting = {
		.request = request, .pool = pool, .seen = seen, .census = &census};

	if (!seen)
		return -ENOMEM;
	collect(&collecting);
	if (collecting.no_memory)
		return -ENOMEM;
	*ret_census = census;
	return 0;
}
