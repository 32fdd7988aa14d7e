// Entries in a heap of their ends, the first to end on top, and a table of open addressing that
// finds them by a keyed hash of the name: strangers choose names, so the key is random, and 128
// bits stand for the name itself. Room for all is reserved at the first entry and becomes memory
// only as it is written to: nothing is ever copied to grow.
// SPDX-License-Identifier: MIT
#include "verifier/record/revocations.h"

#include <errno.h>
#include <sodium.h>

#define SLOTS (UINT32_C(1) << 19) // at most two of five are taken
#define SLOT_MASK (SLOTS - 1)

_Static_assert(REVOCATIONS_MAX < SLOTS / 2, "a search finds an empty slot soon");

struct entry {
	uint64_t hash[2];
	int64_t until_wall_ms;
	uint32_t place; // in the heap
};

struct revocations {
	unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
	struct entry *entries; // without gaps
	uint32_t *heap;        // indexes of entries
	uint32_t *slots;       // indexes of entries plus 1; 0: empty
	uint32_t count;
	int64_t settled_wall_ms; // the last time that we were told
	uint64_t lost;
	bool awaited; // nobody has told them yet
};

struct revocations *revocations_new(void)
{
	struct revocations *revocations = calloc(1, sizeof(*revocations));

	if (!revocations)
		return NULL;
	randombytes_buf(revocations->key, sizeof(revocations->key));
	revocations->settled_wall_ms = INT64_MIN;
	return revocations;
}

struct revocations *revocations_free(struct revocations *revocations)
{
	if (!revocations)
		return NULL;
	free(revocations->entries);
	free(revocations->heap);
	free(revocations->slots);
	sodium_memzero(revocations, sizeof(*revocations));
	free(revocations);
	return NULL;
}

void revocations_await(struct revocations *revocations)
{
	revocations->awaited = true;
}

void revocations_told(struct revocations *revocations)
{
	revocations->awaited = false;
}

bool revocations_are_known(const struct revocations *revocations)
{
	return !revocations->awaited;
}

static int reserve(struct revocations *it)
{
	if (it->slots)
		return 0;
	it->entries = calloc(REVOCATIONS_MAX, sizeof(*it->entries));
	it->heap = calloc(REVOCATIONS_MAX, sizeof(*it->heap));
	it->slots = calloc(SLOTS, sizeof(*it->slots));
	if (it->entries && it->heap && it->slots)
		return 0;
	free(it->entries);
	free(it->heap);
	free(it->slots);
	it->entries = NULL;
	it->heap = it->slots = NULL;
	return -ENOMEM;
}

// ---- the table

static void hash_name(
	const struct revocations *it, const char *name, size_t length, uint64_t ret_hash[static 2])
{
	_Static_assert(crypto_shorthash_siphashx24_BYTES == 2 * sizeof(uint64_t), "128 bits");

	(void)crypto_shorthash_siphashx24((unsigned char *)ret_hash, (const unsigned char *)name,
		length, it->key); // cannot fail
}

// The slot that holds the hash, or the empty one where it would be.
static uint32_t find_slot(const struct revocations *it, const uint64_t hash[static 2])
{
	uint32_t slot = (uint32_t)hash[0] & SLOT_MASK;

	for (; it->slots[slot]; slot = (slot + 1) & SLOT_MASK) {
		const struct entry *entry = &it->entries[it->slots[slot] - 1];

		if (entry->hash[0] == hash[0] && entry->hash[1] == hash[1])
			break;
	}
	return slot;
}

// Empties a slot and moves up what stands behind it and would not be found any more.
static void empty_slot(struct revocations *it, uint32_t slot)
{
	uint32_t next = slot;

	for (;;) {
		uint32_t home;

		it->slots[slot] = 0;
		do {
			next = (next + 1) & SLOT_MASK;
			if (!it->slots[next])
				return;
			home = (uint32_t)it->entries[it->slots[next] - 1].hash[0] & SLOT_MASK;
		} while (((next - home) & SLOT_MASK) < ((next - slot) & SLOT_MASK));
		it->slots[slot] = it->slots[next];
		slot = next;
	}
}

// ---- the heap

static int64_t end_at(const struct revocations *it, uint32_t place)
{
	return it->entries[it->heap[place]].until_wall_ms;
}

static void put_at(struct revocations *it, uint32_t place, uint32_t index)
{
	it->heap[place] = index;
	it->entries[index].place = place;
}

static void sift_up(struct revocations *it, uint32_t place)
{
	uint32_t index = it->heap[place];

	while (place) {
		uint32_t above = (place - 1) / 2;

		if (end_at(it, above) <= it->entries[index].until_wall_ms)
			break;
		put_at(it, place, it->heap[above]);
		place = above;
	}
	put_at(it, place, index);
}

static void sift_down(struct revocations *it, uint32_t place)
{
	uint32_t index = it->heap[place];

	for (;;) {
		uint32_t below = 2 * place + 1;

		if (below + 1 < it->count && end_at(it, below + 1) < end_at(it, below))
			below++;
		if (below >= it->count || end_at(it, below) >= it->entries[index].until_wall_ms)
			break;
		put_at(it, place, it->heap[below]);
		place = below;
	}
	put_at(it, place, index);
}

// Forgets the one that ends first; the last entry takes its place in the array.
static void drop_first(struct revocations *it)
{
	uint32_t index = it->heap[0], last = it->count - 1;

	empty_slot(it, find_slot(it, it->entries[index].hash));
	it->count = last;
	if (last) {
		put_at(it, 0, it->heap[last]);
		sift_down(it, 0);
	}
	if (index == last)
		return;
	it->slots[find_slot(it, it->entries[last].hash)] = index + 1;
	it->heap[it->entries[last].place] = index;
	it->entries[index] = it->entries[last];
}

// ---- all

// Whether the new one is to be noted: the one that ends first is forgotten, and that may be it.
static bool make_room(struct revocations *it, int64_t until_wall_ms)
{
	int64_t first = end_at(it, 0) < until_wall_ms ? end_at(it, 0) : until_wall_ms;

	it->lost += first > it->settled_wall_ms ? 1 : 0;
	if (first == until_wall_ms)
		return false;
	drop_first(it);
	return true;
}

int revocations_add(
	struct revocations *revocations, const char *name, size_t length, int64_t until_wall_ms)
{
	struct revocations *it = revocations;
	uint64_t hash[2];
	uint32_t slot;

	if (reserve(it) < 0)
		return -ENOMEM;
	hash_name(it, name, length, hash);
	slot = find_slot(it, hash);
	if (it->slots[slot]) {
		struct entry *entry = &it->entries[it->slots[slot] - 1];

		if (entry->until_wall_ms < until_wall_ms) {
			entry->until_wall_ms = until_wall_ms;
			sift_down(it, entry->place);
		}
		return 0;
	}
	if (it->count == REVOCATIONS_MAX) {
		if (!make_room(it, until_wall_ms))
			return 0;
		slot = find_slot(it, hash); // others may have moved
	}
	it->entries[it->count] =
		(struct entry){.hash = {hash[0], hash[1]}, .until_wall_ms = until_wall_ms};
	it->slots[slot] = it->count + 1;
	put_at(it, it->count, it->count);
	it->count++;
	sift_up(it, it->count - 1);
	return 0;
}

bool revocations_has(
	const struct revocations *revocations, const char *name, size_t length, int64_t now_wall_ms)
{
	uint64_t hash[2];
	uint32_t found;

	if (!revocations->count)
		return false;
	hash_name(revocations, name, length, hash);
	found = revocations->slots[find_slot(revocations, hash)];
	return found &&
	       revocations->entries[found - 1].until_wall_ms > now_wall_ms - REVOCATIONS_LINGER_MS;
}

void revocations_settle(struct revocations *revocations, int64_t now_wall_ms)
{
	revocations->settled_wall_ms = now_wall_ms;
	for (unsigned i = 0; i < REVOCATIONS_SETTLED_MAX && revocations->count; i++) {
		if (end_at(revocations, 0) > now_wall_ms - REVOCATIONS_LINGER_MS)
			return;
		drop_first(revocations);
	}
}

size_t revocations_size(const struct revocations *revocations)
{
	return revocations->count;
}

uint64_t revocations_lost(const struct revocations *revocations)
{
	return revocations->lost;
}
