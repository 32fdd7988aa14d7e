// A list of keys and a map over it. Judges nothing.
// SPDX-License-Identifier: MIT
#include "loader/read/found.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"

#include <errno.h>

struct found_set {
	struct pool *pool;
	struct map *map;
	struct pool_list keys; // struct found_key *
};

struct found_set *found_new(struct pool *pool)
{
	struct found_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->pool = pool;
	set->map = map_new();
	return set->map ? set : found_free(set);
}

struct found_set *found_free(struct found_set *set)
{
	if (set)
		map_free(set->map);
	free(set);
	return NULL;
}

struct found_key *found_key(struct found_set *set, const char *name, size_t length)
{
	size_t index = map_find(set->map, name, length);
	struct found_key *key, **slot;

	if (index != MAP_ABSENT)
		return found_at(set, index);
	key = pool_take(set->pool, sizeof(*key));
	if (!key || !(key->name = pool_text(set->pool, name, length)))
		return NULL;
	slot = pool_push(set->pool, &set->keys, sizeof(struct found_key *));
	if (!slot)
		return NULL;
	*slot = key;
	if (map_put(set->map, key->name, length, set->keys.count - 1) < 0) {
		set->keys.count--;
		return NULL;
	}
	return key;
}

struct found_key *found_find(const struct found_set *set, const char *name)
{
	size_t index = map_find(set->map, name, strlen(name));

	return index == MAP_ABSENT ? NULL : found_at(set, index);
}

int found_add(struct found_set *set, struct found_key *key, const struct found *value)
{
	struct found *copy = pool_take(set->pool, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *value;
	copy->next = NULL;
	if (key->last)
		key->last->next = copy;
	else
		key->first = copy;
	key->last = copy;
	return 0;
}

size_t found_count(const struct found_set *set)
{
	return set->keys.count;
}

struct found_key *found_at(const struct found_set *set, size_t index)
{
	return ((struct found_key **)set->keys.items)[index];
}
