// Open addressing with SipHash (libsodium) under a random key.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"

#include <errno.h>
#include <sodium.h>

#define MAP_FIRST_ROOM 16u

struct slot {
	const char *name; // NULL: free
	size_t length, number;
	uint64_t hash;
};

struct map {
	struct slot *slots;
	size_t count, room; // room is a power of two
	uint8_t key[crypto_shorthash_KEYBYTES];
};

struct map *map_new(void)
{
	struct map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->slots = calloc(MAP_FIRST_ROOM, sizeof(*map->slots));
	map->room = MAP_FIRST_ROOM;
	if (!map->slots)
		return map_free(map);
	crypto_shorthash_keygen(map->key);
	return map;
}

struct map *map_free(struct map *map)
{
	if (map)
		free(map->slots);
	free(map);
	return NULL;
}

void map_release(struct map **map)
{
	*map = map_free(*map);
}

static uint64_t hash_of(const struct map *map, const char *name, size_t length)
{
	uint64_t hash;

	(void)crypto_shorthash((uint8_t *)&hash, (const uint8_t *)name, length, map->key);
	return hash;
}

// The slot that holds the name, or the free one where it belongs.
static struct slot *slot_for(
	struct slot *slots, size_t room, uint64_t hash, const char *name, size_t length)
{
	size_t i = hash & (room - 1);

	while (slots[i].name && (slots[i].hash != hash || slots[i].length != length ||
					memcmp(slots[i].name, name, length) != 0))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

size_t map_find(const struct map *map, const char *name, size_t length)
{
	const struct slot *slot =
		slot_for(map->slots, map->room, hash_of(map, name, length), name, length);

	return slot->name ? slot->number : MAP_ABSENT;
}

static int grow(struct map *map)
{
	size_t room = map->room * 2;
	struct slot *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->room; i++) {
		const struct slot *old = &map->slots[i];

		if (old->name)
			*slot_for(slots, room, old->hash, old->name, old->length) = *old;
	}
	free(map->slots);
	map->slots = slots;
	map->room = room;
	return 0;
}

int map_put(struct map *map, const char *name, size_t length, size_t number)
{
	uint64_t hash = hash_of(map, name, length);
	struct slot *slot;

	if (map->count * 4 >= map->room * 3 && grow(map) < 0)
		return -ENOMEM;
	slot = slot_for(map->slots, map->room, hash, name, length);
	if (!slot->name)
		map->count++;
	*slot = (struct slot){name, length, number, hash};
	return 0;
}
