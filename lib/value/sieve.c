// A table by keyed hashes of the first eight bytes of each value, and in front of it a map of the
// first two, which most places of a text do not pass. Times tell how many values there are, at
// most.
// SPDX-License-Identifier: MIT
#include "lib/value/sieve.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"

#include <errno.h>
#include <sodium.h>

#define PAIRS 65536u
#define SLOTS_FIRST 64u // a power of two; a start holds few secrets, and each page costs it time
#define SHOWN_MAX 1024u // of a value as text_printable writes it

struct entry {
	uint64_t hash;
	struct secret value; // of length 0: free
	uint8_t *block;      // its bytes, when they are the sieve's own
	bool for_many;       // what more values begin with than are told apart
};

struct sieve {
	struct secret_arena *arena;
	uint8_t *pairs;        // a bit a pair
	size_t pairs_used;     // none is set in the bytes from here on
	struct entry *entries; // `slots`, at most half of them taken
	size_t slots, count;
	unsigned char key[crypto_shorthash_KEYBYTES];
};

static uint64_t hash_of(const struct sieve *sieve, const uint8_t *bytes)
{
	uint64_t hash;

	_Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "a hash is a word");
	(void)crypto_shorthash((unsigned char *)&hash, bytes, SIEVE_VALUE_MIN, sieve->key);
	return hash;
}

static size_t pair_of(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

struct sieve *sieve_new(struct secret_arena *arena)
{
	struct sieve *sieve = calloc(1, sizeof(*sieve));

	if (!sieve)
		return NULL;
	sieve->arena = arena;
	sieve->slots = SLOTS_FIRST;
	sieve->entries = (void *)secret_arena_take(arena, SLOTS_FIRST * sizeof(struct entry));
	sieve->pairs = secret_arena_take(arena, PAIRS / 8);
	if (!sieve->pairs || !sieve->entries)
		return sieve_free(sieve);
	crypto_shorthash_keygen(sieve->key);
	return sieve;
}

static void give_blocks(struct sieve *sieve)
{
	for (size_t i = 0; i < sieve->slots; i++)
		if (sieve->entries[i].block)
			secret_arena_give(sieve->arena, sieve->entries[i].block,
				sieve->entries[i].value.length);
}

void sieve_clear(struct sieve *sieve)
{
	give_blocks(sieve);
	sodium_memzero(sieve->entries, sieve->slots * sizeof(struct entry));
	sodium_memzero(sieve->pairs, sieve->pairs_used);
	sieve->pairs_used = 0;
	sieve->count = 0;
}

struct sieve *sieve_free(struct sieve *sieve)
{
	if (!sieve)
		return NULL;
	if (sieve->entries)
		give_blocks(sieve);
	secret_arena_give_used(sieve->arena, sieve->pairs, PAIRS / 8, sieve->pairs_used);
	secret_arena_give(
		sieve->arena, (uint8_t *)sieve->entries, sieve->slots * sizeof(struct entry));
	sodium_memzero(sieve, sizeof(*sieve));
	free(sieve);
	return NULL;
}

// The first free slot of a hash.
static struct entry *free_slot(struct entry *entries, size_t slots, uint64_t hash)
{
	size_t at = (size_t)hash & (slots - 1);

	while (entries[at].value.length)
		at = (at + 1) & (slots - 1);
	return &entries[at];
}

static int grow(struct sieve *sieve)
{
	size_t slots = sieve->slots * 2;
	struct entry *entries = (void *)secret_arena_take(sieve->arena, slots * sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < sieve->slots; i++)
		if (sieve->entries[i].value.length)
			*free_slot(entries, slots, sieve->entries[i].hash) = sieve->entries[i];
	secret_arena_give(sieve->arena, (uint8_t *)sieve->entries, sieve->slots * sizeof(*entries));
	sieve->entries = entries;
	sieve->slots = slots;
	return 0;
}

// Whether the value begins at a place of which `left` bytes are left, and `cut` where the dots
// begin that mark a text as cut.
static bool stands(struct secret value, const uint8_t *at, size_t left, size_t cut)
{
	if (value.length <= left && memcmp(secret_bytes(value), at, value.length) == 0)
		return true;
	return value.length > cut && cut >= SIEVE_CUT_MIN &&
	       memcmp(secret_bytes(value), at, cut) == 0;
}

// Whether nothing is to be added: the value is there, or so many begin alike that each text with
// their beginning holds one. Otherwise looking at them all would take whoever hands over thousands
// such values no effort, and us seconds.
static bool is_covered(struct sieve *sieve, uint64_t hash, struct secret value)
{
	size_t mask = sieve->slots - 1, alike = 0;
	struct entry *first = NULL;

	for (size_t at = (size_t)hash & mask; sieve->entries[at].value.length;
		at = (at + 1) & mask) {
		struct entry *entry = &sieve->entries[at];
		size_t length = entry->value.length;

		if (entry->hash != hash)
			continue;
		if (entry->for_many ||
			(length == value.length &&
				stands(entry->value, secret_bytes(value), length, length)))
			return true;
		first = first ? first : entry;
		alike++;
	}
	if (alike < SIEVE_ALIKE_MAX)
		return false;
	secret_arena_give(sieve->arena, first->block, first->block ? first->value.length : 0);
	first->block = secret_arena_take(sieve->arena, SIEVE_VALUE_MIN);
	if (!first->block)
		return false;
	memcpy(first->block, secret_bytes(value), SIEVE_VALUE_MIN);
	first->value = secret_view(first->block, SIEVE_VALUE_MIN);
	first->for_many = true;
	return true;
}

// `block` as struct entry has it; it is given back where it is not needed.
static int put(struct sieve *sieve, struct secret value, uint8_t *block)
{
	uint64_t hash = hash_of(sieve, secret_bytes(value));
	size_t pair = pair_of(secret_bytes(value));

	if (is_covered(sieve, hash, value)) {
		secret_arena_give(sieve->arena, block, block ? value.length : 0);
		return 0;
	}
	if (sieve->count == SIEVE_VALUES_MAX ||
		(2 * (sieve->count + 1) > sieve->slots && grow(sieve) < 0)) {
		secret_arena_give(sieve->arena, block, block ? value.length : 0);
		return -ENOMEM;
	}
	*free_slot(sieve->entries, sieve->slots, hash) = (struct entry){hash, value, block, false};
	sieve->pairs[pair / 8] |= (uint8_t)(1u << pair % 8);
	if (sieve->pairs_used <= pair / 8)
		sieve->pairs_used = pair / 8 + 1;
	sieve->count++;
	return 0;
}

static bool is_plain(struct secret value)
{
	const uint8_t *bytes = secret_bytes(value);

	for (size_t i = 0; i < value.length; i++)
		if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
			return false;
	return true;
}

// A value with control bytes is shown with their escapes.
static int add_shown(struct sieve *sieve, struct secret value)
{
	char text[SHOWN_MAX / 4 + 1], shown[SHOWN_MAX + 8];
	size_t length = value.length < sizeof(text) - 1 ? value.length : sizeof(text) - 1;
	uint8_t *block = NULL;
	int code = 0;

	memcpy(text, secret_bytes(value), length);
	text[length] = '\0';
	if (!memchr(text, '\0', length) &&
		strcmp(text_printable(shown, sizeof(shown), text), text) != 0) {
		length = strlen(shown);
		block = secret_arena_take(sieve->arena, length);
		if (block)
			memcpy(block, shown, length);
		code = block ? put(sieve, secret_view(block, length), block) : -ENOMEM;
	}
	sodium_memzero(text, sizeof(text));
	sodium_memzero(shown, sizeof(shown));
	return code;
}

int sieve_add(struct sieve *sieve, struct secret value)
{
	int code;

	if (value.length < SIEVE_VALUE_MIN)
		return 0;
	code = put(sieve, value, NULL);
	return code < 0 || is_plain(value) ? code : add_shown(sieve, value);
}

int sieve_add_bundle(struct sieve *sieve, const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];

		for (size_t j = 0; j < key->count && key->flags & BUNDLE_KEY_SECRET; j++)
			if (sieve_add(sieve, key->candidates[j].value) < 0)
				return -ENOMEM;
	}
	return 0;
}

// Everybody knows it, and our own texts have such words: "undefined" is no leak, and whoever calls
// "production" a secret does not silence each line that tells a mode.
static bool is_public(struct secret value)
{
	static const char *const ours[] = {"production", "localhost", "127.0.0.1", "samekeyd"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (value.length == strlen(ours[i]) &&
			memcmp(secret_bytes(value), ours[i], value.length) == 0)
			return true;
	return placeholder_is_undefined_text(value) || placeholder_is_known(value);
}

bool sieve_holds(const struct sieve *sieve, const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t mask = sieve->slots - 1, dots = strlen(TEXT_MORE);
	bool is_cut = length > dots && memcmp(text + length - dots, TEXT_MORE, dots) == 0;

	for (size_t i = 0; sieve->count && i + SIEVE_VALUE_MIN <= length; i++) {
		size_t pair = pair_of(bytes + i);
		uint64_t hash;

		if (!(sieve->pairs[pair / 8] >> pair % 8 & 1))
			continue;
		hash = hash_of(sieve, bytes + i);
		for (size_t at = (size_t)hash & mask; sieve->entries[at].value.length;
			at = (at + 1) & mask)
			if (sieve->entries[at].hash == hash &&
				stands(sieve->entries[at].value, bytes + i, length - i,
					length - i - (is_cut ? dots : 0)) &&
				(sieve->entries[at].for_many ||
					!is_public(sieve->entries[at].value)))
				return true;
	}
	return false;
}
