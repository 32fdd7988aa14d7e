// Open addressing with SipHash (libsodium) under a random key. The table holds only hashes and
// indices, so that a large one stays in the cache; the entries lie in the order they came.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"

#include <errno.h>
#include <sodium.h>

#define MAP_FIRST_ROOM 16u
#define MAP_ENTRIES_MAX (UINT32_MAX / 2)

struct entry {
	const char *name;
	size_t length, number;
};

struct slot {
	uint32_t hash;
	uint32_t index; // of the entry, from 1; 0: free
};

struct map {
	struct slot *slots;
	struct entry *entries;
	size_t count, room; // room of the slots, a power of two; that of the entries is 3/4 of it
	uint8_t key[crypto_shorthash_KEYBYTES];
};

static size_t entry_room(size_t room)
{
	return room / 4 * 3;
}

struct map *map_new(void)
{
	struct map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->room = MAP_FIRST_ROOM;
	map->slots = calloc(map->room, sizeof(*map->slots));
	map->entries = calloc(entry_room(map->room), sizeof(*map->entries));
	if (!map->slots || !map->entries)
		return map_free(map);
	crypto_shorthash_keygen(map->key);
	return map;
}

struct map *map_free(struct map *map)
{
	if (map) {
		free(map->slots);
		free(map->entries);
	}
	free(map);
	return NULL;
}

void map_release(struct map **map)
{
	*map = map_free(*map);
}

void map_clear(struct map *map)
{
	memset(map->slots, 0, map->room * sizeof(*map->slots));
	map->count = 0;
}

static uint32_t hash_of(const struct map *map, const char *name, size_t length)
{
	uint64_t hash;

	(void)crypto_shorthash((uint8_t *)&hash, (const uint8_t *)name, length, map->key);
	return (uint32_t)hash;
}

// The slot that holds the name, or the free one where it belongs.
static struct slot *slot_for(const struct map *map, uint32_t hash, const char *name, size_t length)
{
	size_t i = hash & (map->room - 1);

	for (; map->slots[i].index; i = (i + 1) & (map->room - 1)) {
		const struct entry *entry = &map->entries[map->slots[i].index - 1];

		if (map->slots[i].hash == hash && entry->length == length &&
			memcmp(entry->name, name, length) == 0)
			break;
	}
	return &map->slots[i];
}

size_t map_find(const struct map *map, const char *name, size_t length)
{
	const struct slot *slot = slot_for(map, hash_of(map, name, length), name, length);

	return slot->index ? map->entries[slot->index - 1].number : MAP_ABSENT;
}

static void move_slots(const struct map *map, struct slot *slots, size_t room)
{
	for (size_t i = 0; i < map->room; i++) {
		size_t to = map->slots[i].hash & (room - 1);

		if (!map->slots[i].index)
			continue;
		while (slots[to].index)
			to = (to + 1) & (room - 1);
		slots[to] = map->slots[i];
	}
}

static int grow(struct map *map)
{
	size_t room = map->room * 2;
	struct entry *entries = reallocarray(map->entries, entry_room(room), sizeof(*map->entries));
	struct slot *slots;

	if (!entries)
		return -ENOMEM;
	map->entries = entries;
	slots = calloc(room, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	move_slots(map, slots, room);
	free(map->slots);
	map->slots = slots;
	map->room = room;
	return 0;
}

int map_put(struct map *map, const char *name, size_t length, size_t number)
{
	uint32_t hash = hash_of(map, name, length);
	struct slot *slot = slot_for(map, hash, name, length);

	if (slot->index) {
		map->entries[slot->index - 1].number = number;
		return 0;
	}
	if (map->count == MAP_ENTRIES_MAX)
		return -ENOMEM;
	if (map->count == entry_room(map->room)) {
		if (grow(map) < 0)
			return -ENOMEM;
		slot = slot_for(map, hash, name, length);
	}
	map->entries[map->count++] = (struct entry){name, length, number};
	*slot = (struct slot){hash, (uint32_t)map->count};
	return 0;
}
