// Whatever an offer points at is copied into the pool of its bundle, so that both go at once.
// SPDX-License-Identifier: MIT
#include "verifier/record/kept.h"

#include "lib/base/growth.h"
#include "lib/base/pool.h"

#include <errno.h>

// Places as they are copied: most keys come from the file of the key before them, and name it by
// the same pointer.
struct places {
	struct pool *pool;
	const char *last, *copy;
};

static int copy_place(struct places *places, const char **place)
{
	if (*place && *place != places->last) {
		places->copy = pool_copy(places->pool, *place);
		if (!places->copy)
			return -ENOMEM;
		places->last = *place;
	}
	if (*place)
		*place = places->copy;
	return 0;
}

static int copy_candidates(struct places *places, struct registry_key *key)
{
	struct registry_candidate *others;

	if (!key->other_count) {
		key->others = NULL;
		return 0;
	}
	others = pool_array(places->pool, key->other_count, sizeof(*others));
	if (!others)
		return -ENOMEM;
	for (size_t i = 0; i < key->other_count; i++) {
		others[i] = key->others[i];
		if (copy_place(places, &others[i].origin.place) < 0)
			return -ENOMEM;
	}
	key->others = others;
	return 0;
}

static int copy_keys(struct pool *pool, const struct registry_offer *offer, uint64_t now_ms,
	const struct registry_key **ret_keys)
{
	size_t count = offer->bundle->key_count;
	struct registry_key *keys = pool_array(pool, count + 1, sizeof(*keys));
	struct places places = {.pool = pool};

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		keys[i] = offer->keys[i];
		keys[i].held_since_ms = now_ms;
		keys[i].name = pool_copy(pool, offer->keys[i].name);
		if (!keys[i].name || copy_place(&places, &keys[i].origin.place) < 0 ||
			copy_candidates(&places, &keys[i]) < 0)
			return -ENOMEM;
	}
	*ret_keys = keys;
	return 0;
}

static int copy_allowed(
	struct pool *pool, const struct bundle *bundle, const struct bundle_allowed **ret_allowed)
{
	struct bundle_allowed *allowed =
		pool_array(pool, bundle->allowed_count + 1, sizeof(*allowed));

	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->allowed_count; i++) {
		allowed[i].code = pool_copy(pool, bundle->allowed[i].code);
		allowed[i].key = pool_copy(pool, bundle->allowed[i].key);
		if (!allowed[i].code || !allowed[i].key)
			return -ENOMEM;
	}
	*ret_allowed = allowed;
	return 0;
}

int kept_new(const struct registry_offer *offer, uint64_t now_ms, struct kept **ret_kept)
{
	own(kept_release) struct kept *kept = calloc(1, sizeof(*kept));
	const struct bundle *bundle = offer->bundle;
	struct registry_entry *entry;

	if (!kept || !(kept->pool = pool_new()))
		return -ENOMEM;
	entry = &kept->entry;
	*entry = (struct registry_entry){
		.app = pool_copy(kept->pool, bundle->app),
		.group = pool_copy(kept->pool, bundle->group),
		.mode = pool_copy(kept->pool, bundle->mode),
		.program = pool_copy(kept->pool, bundle->program),
		.phase = bundle->phase,
		.hold = offer->hold,
		.uid = offer->uid,
		.gid = offer->gid,
		.pid = offer->hold == REGISTRY_STANDING ? 0 : offer->pid,
		.offered_ms = now_ms,
		.rotation_ms = bundle->rotation_ms,
		.key_count = bundle->key_count,
		.allowed_count = bundle->allowed_count,
	};
	if (!entry->app || !entry->group || !entry->mode || !entry->program ||
		copy_keys(kept->pool, offer, now_ms, &entry->keys) < 0 ||
		copy_allowed(kept->pool, bundle, &entry->allowed) < 0)
		return -ENOMEM;
	*ret_kept = take(&kept);
	return 0;
}

struct kept *kept_free(struct kept *kept)
{
	if (kept)
		pool_free(kept->pool);
	free(kept);
	return NULL;
}

void kept_release(struct kept **kept)
{
	*kept = kept_free(*kept);
}

// ---- lists

int kept_list_reserve(struct kept_list *list)
{
	return growth_room((void *)&list->items, &list->room, list->count, sizeof(struct kept *));
}

struct kept *kept_list_cut(struct kept_list *list, size_t index)
{
	struct kept *kept = list->items[index];

	list->count--;
	memmove(list->items + index, list->items + index + 1,
		(list->count - index) * sizeof(struct kept *));
	return kept;
}

void kept_list_done(struct kept_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		kept_free(list->items[i]);
	free(list->items);
}
