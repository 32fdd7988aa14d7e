// The hash is drawn anew in each process; names are compared where hashes are the same.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/jsonnames.h"

#include <pthread.h>

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_draw(void)
{
	// Without random bytes hostile texts are read slower, and still rightly.
	ignore_result(getentropy(seed, sizeof(seed)));
}

void jsonnames_init(struct jsonnames *names)
{
	ignore_result(pthread_once(&seed_once, seed_draw)); // fails for no reason
	names->count = 0;
}

static uint32_t load_half(const char *at)
{
	uint32_t half;

	memcpy(&half, at, sizeof(half));
	return le32toh(half);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * seed[1];

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Up to eight bytes, zeros behind them.
static uint64_t load_short(const char *at, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)at;

	if (length == JSONSTRING_WORD)
		return jsonstring_word(at);
	if (length >= 4)
		return load_half(at) | (uint64_t)load_half(at + length - 4) << (length - 4) * 8;
	if (length == 0)
		return 0;
	return bytes[0] | (uint64_t)bytes[length / 2] << length / 2 * 8 |
	       (uint64_t)bytes[length - 1] << (length - 1) * 8;
}

static uint64_t plain_hash(struct jsonstring name, uint64_t hash)
{
	const char *at = name.text;
	size_t left = name.length;

	for (; left > JSONSTRING_WORD; left -= JSONSTRING_WORD, at += JSONSTRING_WORD)
		hash = mix(hash, jsonstring_word(at));
	return mix(hash, load_short(at, left)) + name.length;
}

// The same number as of the same name without escapes.
static uint64_t escaped_hash(struct jsonstring name, uint64_t hash)
{
	struct jsonstring_cursor cursor = jsonstring_begin(name);
	uint64_t word = 0;
	size_t length = 0;

	for (int byte = jsonstring_next(&cursor); byte >= 0; byte = jsonstring_next(&cursor)) {
		if (length > 0 && length % JSONSTRING_WORD == 0) {
			hash = mix(hash, word);
			word = 0;
		}
		word |= (uint64_t)byte << length++ % JSONSTRING_WORD * 8;
	}
	return mix(hash, word) + length;
}

static bool is_twice(const struct jsonnames *names, uint64_t hash, unsigned object,
	const struct jsonstring *name)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct jsonnames_name *other = &names->names[i];

		if (names->hashes[i] != hash)
			continue;
		if (other->object == object &&
			jsonstring_same(*name,
				(struct jsonstring){other->text, other->length, other->escaped}))
			return true;
	}
	return false;
}

enum strictjson_result jsonnames_add(
	struct jsonnames *names, unsigned object, const struct jsonstring *name)
{
	uint64_t hash = seed[0] + object;

	hash = name->escaped ? escaped_hash(*name, hash) : plain_hash(*name, hash);
	if (is_twice(names, hash, object, name))
		return STRICTJSON_E_DUPLICATE;
	if (names->count == STRICTJSON_MEMBERS_MAX)
		return STRICTJSON_E_LIMIT;
	names->hashes[names->count] = hash;
	names->names[names->count++] =
		(struct jsonnames_name){name->text, name->length, object, name->escaped};
	return STRICTJSON_OK;
}
