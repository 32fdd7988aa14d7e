// Open addressing with SipHash (libsodium) under a random key. The table holds only hashes and
// indices, so that a large one stays in the cache; the entries lie in the order they came. The
// first few are found by looking at each: most maps hold no more.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"

#include <errno.h>
#include <sodium.h>

#define MAP_FIRST_ROOM 16u
#define MAP_FEW 8u
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
	bool keyed;         // the key was drawn: when the first name is hashed
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
	return map->slots && map->entries ? map : map_free(map);
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
	if (map->count > MAP_FEW)
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

// One of the first entries.
// Returns: it, or NULL.
static struct entry *find_among_few(const struct map *map, const char *name, size_t length)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].length == length &&
			memcmp(map->entries[i].name, name, length) == 0)
			return &map->entries[i];
	return NULL;
}

// From here on the entries are found by their hash.
static void fill_slots(struct map *map)
{
	if (!map->keyed)
		crypto_shorthash_keygen(map->key);
	map->keyed = true;
	for (size_t i = 0; i < map->count; i++) {
		const struct entry *entry = &map->entries[i];
		uint32_t hash = hash_of(map, entry->name, entry->length);

		*slot_for(map, hash, entry->name, entry->length) =
			(struct slot){hash, (uint32_t)i + 1};
	}
}

size_t map_find(const struct map *map, const char *name, size_t length)
{
	const struct slot *slot;

	if (map->count <= MAP_FEW) {
		const struct entry *entry = find_among_few(map, name, length);

		return entry ? entry->number : MAP_ABSENT;
	}
	slot = slot_for(map, hash_of(map, name, length), name, length);
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

// Puts a name among the first few.
// Returns: whether it found its place there.
static bool put_among_few(struct map *map, const char *name, size_t length, size_t number)
{
	struct entry *entry = find_among_few(map, name, length);

	if (entry)
		entry->number = number;
	else if (map->count < MAP_FEW)
		map->entries[map->count++] = (struct entry){name, length, number};
	else
		return false;
	return true;
}

int map_put(struct map *map, const char *name, size_t length, size_t number)
{
	struct slot *slot;
	uint32_t hash;

	if (map->count <= MAP_FEW) {
		if (put_among_few(map, name, length, number))
			return 0;
		fill_slots(map);
	}
	hash = hash_of(map, name, length);
	slot = slot_for(map, hash, name, length);
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
