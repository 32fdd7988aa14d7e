// "1:KEYID:" and eight hex digits a key.
// SPDX-License-Identifier: MIT
#include "loader/resolve/given.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"

#include <endian.h>
#include <errno.h>
#include <sodium.h>

#define HASH_DIGITS 8

struct given {
	uint32_t *hashes; // sorted
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool read_hash(const char *at, uint32_t *ret_hash)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < HASH_DIGITS; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = at[i] ? strchr(digits, at[i]) : NULL;

		if (!digit)
			return false;
		hash = hash << 4 | (uint32_t)(digit - digits);
	}
	*ret_hash = hash;
	return true;
}

int given_read(const char *text, const struct fingerprint_key *key, struct pool *pool,
	const struct given **ret_given)
{
	const char *id = fingerprint_key_id(key);
	struct given *given;
	size_t count;

	*ret_given = NULL;
	if (!text || !text_starts(text, "1:") || !text_starts(text + 2, id) ||
		text[2 + strlen(id)] != ':')
		return 0;
	text += 3 + strlen(id);
	count = strlen(text) / HASH_DIGITS;
	given = pool_take(pool, sizeof(*given));
	if (!given || !(given->hashes = pool_array(pool, count, sizeof(*given->hashes))))
		return -ENOMEM;
	while (given->count < count &&
		read_hash(text + given->count * HASH_DIGITS, &given->hashes[given->count]))
		given->count++;
	qsort(given->hashes, given->count, sizeof(*given->hashes), compare);
	*ret_given = given;
	return 0;
}

bool given_has(const struct given *given, const struct fingerprint_key *key, const char *name,
	struct secret value)
{
	uint32_t hash;

	if (!given || !given->count)
		return false;
	hash = fingerprint_given(key, name, value);
	return bsearch(&hash, given->hashes, given->count, sizeof(hash), compare) != NULL;
}

char *given_begin(const struct fingerprint_key *key, size_t count, struct pool *pool)
{
	size_t room = sizeof(GIVEN_VARIABLE "=1::") + strlen(fingerprint_key_id(key)) +
		      count * HASH_DIGITS;
	char *text = pool_take(pool, room);

	if (text)
		(void)snprintf(text, room, GIVEN_VARIABLE "=1:%s:", fingerprint_key_id(key));
	return text;
}

char *given_append(
	char *end, const struct fingerprint_key *key, const char *name, struct secret value)
{
	uint32_t hash = htobe32(fingerprint_given(key, name, value));

	_Static_assert(HASH_DIGITS == 2 * sizeof(hash), "as %08x writes it");
	(void)sodium_bin2hex(end, HASH_DIGITS + 1, (const unsigned char *)&hash, sizeof(hash));
	return end + HASH_DIGITS;
}
